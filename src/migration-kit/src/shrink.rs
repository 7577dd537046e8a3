//! The shortest life that still shows a problem.

use crate::act::{Act, Stretch};
use crate::life::{End, Life};
use crate::problem::Problem;
use crate::setting::Setting;

/// Lives that are lived to find it at most.
const TRIES: usize = 300;

/// What was found, and the fewest acts known to show it.
pub(crate) struct Shown {
    pub problem: Problem,
    pub acts: Vec<Act>,
    pub tries: usize,
}

/// Leaves out what can be left out of `acts`, which show `problem`: halves first, then smaller parts, down to one act.
pub(crate) fn shrink(setting: &Setting, first: usize, problem: Problem, acts: Vec<Act>) -> Shown {
    let mut shown = Shown {
        problem,
        acts,
        tries: 0,
    };
    let mut part = shown.acts.len() / 2;
    while part > 0 && shown.tries < TRIES {
        let mut shorter = false;
        // The last act is the one that shows it.
        let mut at = 0;
        while at + part < shown.acts.len() && shown.tries < TRIES {
            let (head, tail) = (&shown.acts[..at], &shown.acts[at + part..]);
            let rest = [head, tail].concat();
            shown.tries += 1;
            match still_shown(setting, first, &shown.problem, &rest) {
                Some((problem, acts)) => {
                    (shown.problem, shown.acts) = (problem, acts);
                    shorter = true;
                }
                None => at += part,
            }
        }
        if !(shorter && part == 1) {
            part /= 2;
        }
    }
    shown
}

/// The like of `problem`, and the acts up to it, if `acts` show one.
fn still_shown(
    setting: &Setting,
    first: usize,
    problem: &Problem,
    acts: &[Act],
) -> Option<(Problem, Vec<Act>)> {
    let stretches: Vec<Stretch> = acts.iter().copied().map(Into::into).collect();
    let mut life = Life::begin(setting, first).ok()?;
    match life.live(&stretches) {
        Err(End::Problem(found)) if found.is_like(problem) => Some((found, life.acts)),
        _ => None,
    }
}
