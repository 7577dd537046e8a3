//! Waiting for a canister's move: by its timers, as on chain, or by its step method alone.

use std::time::Duration;

use candid::encode_args;
use canister_host::MessageReport;
use canister_questions::NO_ARGUMENT;
use canister_questions::words::reason;
use serde::Serialize;

use super::canister::{Canister, told};
use super::migration::Standing;

/// The update method by which a module that was built with this library does one step of its move.
pub const STEP_METHOD: &str = "<ic-stable-migration> step";

/// Least and most time that passes on the canister's clock from one look at its move to the next.
const TICK: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];

/// Looks at a move that does not get on before it is given up.
const STALLED: u64 = 1_000;

/// Looks at a move before it is given up.
const PATIENCE: u64 = 1_000_000;

/// Ticks after the end of a move in which the timer that carried it may run out.
const RUN_OUT: u64 = 5;

/// Calls to others that are named.
const NAMED: usize = 5;

/// A move that was waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Moved {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it is not done.
    pub reason: Option<String>,
    /// Messages that ran.
    pub messages: u64,
    /// Messages that trapped.
    pub traps: u64,
    /// What the last trap said.
    pub last_trap: Option<String>,
    /// Instructions of all messages.
    pub instructions: u64,
    /// Instructions of the largest.
    pub largest_message: u64,
    /// Seconds on the canister's clock.
    pub seconds: u64,
    /// Calls to other canisters, the first of each kind; they are refused here.
    pub calls_refused: Vec<String>,
    /// Heap pages at its end.
    pub heap_pages: u64,
    /// Stable pages at its end.
    pub stable_pages: u64,
}

/// How a move ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything is where it belongs.
    #[default]
    Done,
    /// It rests, because a controller paused it.
    Paused,
    /// It is not done, and will not be.
    Unfinished,
}

impl Moved {
    fn count(&mut self, canister: &Canister, messages: &[MessageReport]) {
        for message in messages {
            self.messages += 1;
            self.instructions += message.instructions;
            self.largest_message = self.largest_message.max(message.instructions);
            if let Some(trap) = &message.trap {
                self.traps += 1;
                self.last_trap = Some(reason(&trap.message));
            }
            let calls = message.calls.iter();
            for (callee, method) in calls.filter(|(callee, _)| *callee != canister.lone.id) {
                let call = format!("{method} of {callee}");
                if self.calls_refused.len() < NAMED && !self.calls_refused.contains(&call) {
                    self.calls_refused.push(call);
                }
            }
        }
    }

    fn ended(mut self, canister: &Canister, outcome: Outcome, why: Option<String>) -> Self {
        self.outcome = outcome;
        self.reason = why.map(|why| match &self.last_trap {
            None => why,
            Some(trap) => format!("{why}; the last trap said: {trap}"),
        });
        if let Ok((heap, stable)) = canister.pages() {
            (self.heap_pages, self.stable_pages) = (heap, stable);
        }
        self
    }

    fn given_up(self, canister: &Canister, why: impl Into<String>) -> Self {
        self.ended(canister, Outcome::Unfinished, Some(why.into()))
    }
}

/// A move that is looked at again and again: whether it gets on.
#[derive(Default)]
struct Watch {
    looks: u64,
    idle: u64,
    steps: Option<u64>,
}

impl Watch {
    /// Why it is time to give up, if it is.
    fn look(&mut self, steps: u64) -> Option<String> {
        self.looks += 1;
        self.idle = match self.steps == Some(steps) {
            true => self.idle + 1,
            false => 0,
        };
        self.steps = Some(steps);
        if self.idle > STALLED {
            return Some(format!("{STALLED} times in a row no step was done"));
        }
        (self.looks > PATIENCE).then(|| format!("it is not done after {PATIENCE} looks"))
    }
}

impl Canister {
    /// Lets time pass, and timers and heartbeats run, until the move is done, fails, rests or stands still. None
    /// where there is no move to wait for.
    ///
    /// # Errors
    /// A sentence, if the journal cannot be read.
    pub fn wait(&mut self) -> Result<Option<Moved>, String> {
        if self.standing()? == Standing::Done {
            return Ok(None);
        }
        let mut moved = Moved::default();
        let mut watch = Watch::default();
        let heart = self.exports("canister_heartbeat")?;
        loop {
            let give_up = match self.standing()? {
                Standing::Done => break,
                Standing::Paused => return Ok(Some(moved.ended(self, Outcome::Paused, None))),
                Standing::Failed(why) => Some(why),
                Standing::UnderWay(steps) => watch.look(steps),
            };
            let timer = self.timer()?;
            let give_up = give_up.or_else(|| {
                let nothing = timer.is_none() && !heart;
                nothing.then(|| "no timer is set that would carry it on".to_owned())
            });
            if let Some(why) = give_up {
                return Ok(Some(moved.given_up(self, why)));
            }
            let until = timer.unwrap_or(0).saturating_sub(self.lone.host.time());
            let until = Duration::from_nanos(until).clamp(TICK[0], TICK[1]);
            self.pass(if heart { TICK[0] } else { until }, &mut moved);
        }
        for _ in 0..RUN_OUT {
            let soon = self.lone.host.time() + TICK[0].as_nanos() as u64;
            if self.timer()?.is_some_and(|due| due <= soon) {
                self.pass(TICK[0], &mut moved);
            }
        }
        Ok(Some(moved.ended(self, Outcome::Done, None)))
    }

    fn pass(&mut self, time: Duration, moved: &mut Moved) {
        self.lone.host.advance_time(time);
        moved.seconds += time.as_secs();
        let messages = self.lone.host.tick();
        moved.count(self, &messages);
    }

    /// Does the steps of the move by calling `method` of the canister, as the canister itself, and lets nothing
    /// else run: no timer, no heartbeat, and no call to another canister. None where there is no move to do.
    ///
    /// The library's own method is told when a step trapped, so that the next is smaller; another ends the move
    /// with its first trap.
    ///
    /// # Errors
    /// A sentence, if the journal cannot be read.
    pub fn step_through(&mut self, method: &str) -> Result<Option<Moved>, String> {
        if self.standing()? == Standing::Done {
            return Ok(None);
        }
        let mut moved = Moved::default();
        let mut watch = Watch::default();
        let export = format!("canister_update {method}");
        let mut trap = None;
        loop {
            let give_up = match self.standing()? {
                Standing::Done => return Ok(Some(moved.ended(self, Outcome::Done, None))),
                Standing::Paused => return Ok(Some(moved.ended(self, Outcome::Paused, None))),
                Standing::Failed(why) => Some(why),
                Standing::UnderWay(_) if !self.exports(&export)? => Some(format!(
                    "the module has no update method \"{method}\" that would do a step: build it with this version \
                     of ic-stable-migration, or name its own with --step"
                )),
                Standing::UnderWay(_) if trap.is_some() && method != STEP_METHOD => {
                    Some(format!("a call of {method} trapped"))
                }
                Standing::UnderWay(steps) => watch.look(steps),
            };
            if let Some(why) = give_up {
                return Ok(Some(moved.given_up(self, why)));
            }
            let argument = match trap.take() {
                None => NO_ARGUMENT.to_vec(),
                Some(trap) => encode_args((Some(trap),)).map_err(|error| error.to_string())?,
            };
            let outcome = self
                .lone
                .host
                .call(self.lone.id, self.lone.id, method, &argument);
            trap = outcome.err().map(|reject| reason(&reject.message));
            let messages = self.lone.host.executed().to_vec();
            moved.count(self, &messages);
            if let Some(call) = moved.calls_refused.first() {
                let why = format!("a step calls {call}, and no call leaves an offline upgrade");
                return Ok(Some(moved.given_up(self, why)));
            }
        }
    }

    fn exports(&self, name: &str) -> Result<bool, String> {
        let module = self
            .lone
            .host
            .module(self.lone.id)
            .map_err(|error| told(&error))?;
        Ok(module.exports().iter().any(|export| export == name))
    }
}
