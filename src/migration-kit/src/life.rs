//! One life of a canister that migrates, beside one that never does.

use canister_host::{Fault, FaultPoint, HostError, LoneCanister, Snapshot};
use canister_questions::{
    Answer, Comparison, Difference, Question, Refusal, Respondent, compare, words,
};

use crate::act::{Act, Interruption, Stretch, Upgrade};
use crate::limits;
use crate::problem::Problem;
use crate::script::Line;
use crate::setting::Setting;
use crate::tally::{Cost, Tally};

/// Steps after each of which everything is asked; later, after each tenth.
const ASKED_AFTER_EACH: usize = 40;

/// Stable writes among which traps in steps are dealt out.
const WRITES_OF_A_STEP: u64 = 40;

/// Why a life ended early.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Problem(Problem),
    /// The acts make no sense in this order: what is lost is lost by them.
    Senseless,
}

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<HostError> for End {
    fn from(error: HostError) -> Self {
        let said = error.to_string();
        Self::Problem(Problem::Host { said })
    }
}

type Result<T> = std::result::Result<T, End>;

/// Whether stable memory holds what the canister knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saved {
    Never,
    Yes,
    /// Not what came since.
    Before,
}

/// A life that is going on.
pub(crate) struct Life<'a> {
    setting: &'a Setting,
    moving: LoneCanister,
    reference: LoneCanister,
    /// The release that is installed.
    release: usize,
    saved: Saved,
    /// Upgrades by the installed release to itself, without a call in between.
    again: u32,
    full: bool,
    /// Everything that was done, one by one.
    pub acts: Vec<Act>,
    pub tally: Tally,
}

impl<'a> Life<'a> {
    /// A canister of a release, and one of the oldest.
    pub fn begin(setting: &'a Setting, release: usize) -> Result<Self> {
        let begun = |at| {
            setting.begin(at).map_err(|error| {
                let said = error.to_string();
                End::Problem(Problem::Host { said })
            })
        };
        Ok(Self {
            setting,
            moving: begun(release)?,
            reference: begun(0)?,
            release,
            saved: match setting.memory {
                Some(_) => Saved::Yes,
                None => Saved::Never,
            },
            again: 0,
            full: false,
            acts: Vec::new(),
            tally: Tally {
                lives: 1,
                ..Tally::default()
            },
        })
    }

    /// Lives all of it.
    pub fn live(&mut self, stretches: &[Stretch]) -> Result<()> {
        stretches.iter().try_for_each(|stretch| match *stretch {
            Stretch::Once(act) => self.act(act),
            Stretch::TrappedAtEach { to } => self.trap_at_each(to),
            Stretch::Settle => self.run_timers(None),
            Stretch::Interrupted(how) => self.run_timers(Some(how)),
        })
    }

    /// Does one thing, and notes it.
    fn act(&mut self, act: Act) -> Result<()> {
        self.acts.push(act);
        match act {
            Act::Line(at) => self.line(at),
            Act::Ask => self.ask(),
            Act::Upgrade(upgrade) => self.upgrade(upgrade),
            Act::Trapped { to, at } => self.trap(to, at),
            Act::Tick => self.tick(None).map(drop),
            Act::TickTrapped(nth) => self.tick(Some(nth)).map(drop),
            Act::Fill => {
                self.full = true;
                self.moving.host.set_free_stable_pages(Some(0));
                Ok(())
            }
            Act::Free => self.free(),
            Act::Measure => self.measure(),
        }
    }

    /// Both live at the same time: what is said may depend on it.
    fn meet(&mut self) {
        let later = self.moving.host.time().max(self.reference.host.time());
        self.moving.host.set_time(later);
        self.reference.host.set_time(later);
    }

    fn line(&mut self, at: usize) -> Result<()> {
        let Some(line) = self.setting.lines.get(at) else {
            return Err(End::Senseless);
        };
        match line {
            Line::Pass(time) => {
                self.moving.host.advance_time(*time);
                self.reference.host.advance_time(*time);
                Ok(())
            }
            Line::Update(call) => {
                self.meet();
                let reply = |canister: &mut LoneCanister| match canister.update(
                    call.caller,
                    &call.method,
                    &call.argument,
                ) {
                    Ok(reply) => Answer::Reply(reply),
                    Err(reject) => Answer::Refused(Refusal::of(&reject)),
                };
                let (expected, said) = (reply(&mut self.reference), reply(&mut self.moving));
                self.tally.calls += 1;
                self.again = 0;
                if self.saved == Saved::Yes {
                    self.saved = Saved::Before;
                }
                match self.difference(&call.as_question(), &expected, &said) {
                    None => Ok(()),
                    Some(difference) => Err(Problem::Reply(difference).into()),
                }
            }
        }
    }

    fn ask(&mut self) -> Result<()> {
        self.meet();
        for question in &self.setting.questions {
            let (expected, _) = self.reference.ask(question);
            let (said, _) = self.moving.ask(question);
            self.tally.answers += 1;
            if let Some(difference) = self.difference(question, &expected, &said) {
                return Err(Problem::Answer(difference).into());
            }
        }
        Ok(())
    }

    /// Where two answers part. A refusal is told by its code: its words may change from release to release.
    fn difference(
        &self,
        question: &Question,
        expected: &Answer,
        said: &Answer,
    ) -> Option<Difference> {
        if let (Answer::Refused(expected), Answer::Refused(said)) = (expected, said)
            && expected.code == said.code
        {
            return None;
        }
        let read = |bytes: &[u8]| self.setting.interface.reply(&question.method, bytes);
        match compare(question, expected, said, read) {
            Comparison::Same | Comparison::RefusedAlike | Comparison::TrappedAlike => None,
            Comparison::OtherOrder if self.setting.unordered.contains(&question.method) => None,
            Comparison::OtherOrder => Some(Difference {
                question: question.text.clone(),
                at: String::new(),
                before: "a list in one order".to_owned(),
                after: "the same in another; if it has none, say so with `unordered`".to_owned(),
            }),
            Comparison::Different(difference) => Some(difference),
        }
    }

    fn undone(&mut self, before: &Snapshot) -> Result<()> {
        match self.moving.snapshot()?.difference(before) {
            Ok(None) => Ok(()),
            Ok(Some(what)) => Err(Problem::NotUndone { what }.into()),
            Err(error) => Err(Problem::Host {
                said: error.to_string(),
            }
            .into()),
        }
    }

    fn upgrade(&mut self, upgrade: Upgrade) -> Result<()> {
        let Upgrade {
            to,
            skip_pre_upgrade,
            may_refuse,
        } = upgrade;
        let may_refuse =
            may_refuse || self.full || self.setting.refusable.contains(&(self.release, to));
        if skip_pre_upgrade && self.saved == Saved::Before {
            return Err(End::Senseless);
        }
        let were = self.moving.stable_pages()?;
        // What must not be refused need not be held against anything.
        let before = may_refuse.then(|| self.moving.snapshot()).transpose()?;
        let release = &self.setting.releases[to];
        let upgraded = self
            .moving
            .upgrade(&release.module, &release.upgrade, skip_pre_upgrade);
        match (upgraded, before) {
            (Ok(report), _) => {
                let hooks = report.hooks();
                let cost = Cost {
                    upgrades: 1,
                    instructions: hooks.map(|hook| hook.instructions).sum(),
                    stable_pages: self.moving.stable_pages()?,
                    heap_pages: self.moving.heap_pages()?,
                };
                self.tally.upgraded(self.release, to, cost);
                // The first may still have to find its place.
                let again = self.again > 0 && self.release == to;
                self.again = if self.release == to {
                    self.again + 1
                } else {
                    0
                };
                self.release = to;
                if !skip_pre_upgrade {
                    self.saved = Saved::Yes;
                }
                if again && cost.stable_pages > were {
                    let (before, after) = (were, cost.stable_pages);
                    return Err(Problem::Grows { before, after }.into());
                }
                let most = self.setting.limits.upgrade_instructions;
                limits::check("instructions of an upgrade", cost.instructions, most)
                    .map_err(|over| Problem::Over(over).into())
            }
            (Err(_), Some(before)) => {
                self.tally.refused += 1;
                self.undone(&before)
            }
            (Err(error), None) => Err(Problem::Refused {
                from: self.setting.releases[self.release].name.clone(),
                to: release.name.clone(),
                said: words::reason(&error.to_string()),
            }
            .into()),
        }
    }

    fn trap(&mut self, to: usize, at: FaultPoint) -> Result<()> {
        let before = self.moving.snapshot()?;
        let release = &self.setting.releases[to];
        self.moving.arm(Some(Fault::new(at)))?;
        let upgraded = self
            .moving
            .upgrade(&release.module, &release.upgrade, false);
        self.moving.arm(None)?;
        self.tally.traps += 1;
        match upgraded {
            Ok(_) => Err(Problem::WentOn.into()),
            Err(_) => self.undone(&before),
        }
    }

    fn trap_at_each(&mut self, to: usize) -> Result<()> {
        let release = &self.setting.releases[to];
        let snapshot = self.moving.snapshot()?;
        let undisturbed = self
            .moving
            .upgrade(&release.module, &release.upgrade, false);
        self.moving.load(&snapshot)?;
        let Ok(report) = undisturbed else {
            // It is refused as it is; whether it may be is not asked here.
            return Ok(());
        };
        let writes = (1..=report.stable_writes()).map(FaultPoint::StableWrite);
        let grows = (1..=report.stable_grows()).map(FaultPoint::StableGrow);
        let all = report.stable_writes() + report.stable_grows();
        let each = all.div_ceil(self.setting.traps.max(1)).max(1);
        let each = usize::try_from(each).unwrap_or(usize::MAX);
        for at in writes.chain(grows).step_by(each) {
            self.act(Act::Trapped { to, at })?;
        }
        self.act(Act::Ask)
    }

    /// A second passes. Whether anything ran.
    fn tick(&mut self, trapped_at: Option<u64>) -> Result<bool> {
        self.meet();
        let fault = trapped_at.map(|nth| Fault::new(FaultPoint::StableWrite(nth)));
        self.moving.arm(fault)?;
        let ran = self.moving.tick();
        let struck = trapped_at.is_some() && !self.moving.host.is_fault_armed(self.moving.id)?;
        self.moving.arm(None)?;
        let of_reference = self.reference.tick();
        self.tally.steps += ran.len() as u64;
        self.tally.traps += u64::from(struck);
        let excused = struck || self.full || of_reference.iter().any(|ran| ran.trap.is_some());
        match ran.iter().find_map(|ran| ran.trap.as_ref()) {
            Some(trap) if !excused => Err(Problem::Timer {
                said: words::reason(&trap.to_string()),
            }
            .into()),
            _ => Ok(!ran.is_empty()),
        }
    }

    /// Lets timers run until none is due twice, with something in between.
    fn run_timers(&mut self, interruption: Option<Interruption>) -> Result<()> {
        let mut idle = 0;
        for step in 0..self.setting.patience {
            self.acts.push(Act::Tick);
            match self.tick(None)? {
                true => idle = 0,
                false => idle += 1,
            }
            if idle == 2 {
                break;
            }
            let Some(how) = interruption else {
                continue;
            };
            self.act(match how {
                Interruption::Upgrade => Upgrade::to(self.release),
                Interruption::WithoutPreUpgrade => Upgrade::skipping(self.release),
                Interruption::Trap => Act::TickTrapped(1 + step as u64 % WRITES_OF_A_STEP),
            })?;
            if step < ASKED_AFTER_EACH || step % 10 == 0 {
                self.act(Act::Ask)?;
            }
        }
        Ok(())
    }

    fn free(&mut self) -> Result<()> {
        self.full = false;
        self.moving.host.set_free_stable_pages(None);
        if let Some(call) = &self.setting.resume {
            // A release that does not know it has nothing to go on with.
            let _ = self
                .moving
                .update(call.caller, &call.method, &call.argument);
        }
        Ok(())
    }

    /// Whether what the canister takes up at the end is within the limits.
    fn measure(&self) -> Result<()> {
        let limits = &self.setting.limits;
        let (stable, heap) = (self.moving.stable_pages()?, self.moving.heap_pages()?);
        limits::check("stable pages", stable, limits.stable_pages)
            .and_then(|()| limits::check("heap pages", heap, limits.heap_pages))
            .map_err(|over| Problem::Over(over).into())
    }
}
