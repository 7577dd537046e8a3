//! The loop: decide, commit, call, commit what came of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::fleet::{Answer, Call, Command, Event, Fleet, Leg, State, Step, Unfit, What};
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, timeout};

use super::clock::Clock;
use super::error::FleetError;
use super::journal::{Journal, Kept};
use super::network::{Ask, Network, Reply};
use super::plan_file::FleetPlan;

/// How long it may take until a command is taken.
const COMMANDS_EVERY: Duration = Duration::from_millis(500);

/// Most answers that are committed at one time.
const BATCH: usize = 256;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Nothing is left to do.
    Finished,
    /// Too many failed; everything that was begun has been brought to an end.
    Halted,
    /// The operator paused it, or has to say that the next wave may begin.
    Paused,
}

/// Who is told what happens.
pub trait Observer {
    /// These were committed.
    fn happened(&mut self, fleet: &Fleet, events: &[Event]);
    /// A command was taken, or did not fit.
    fn commanded(&mut self, command: &Command, unfit: Option<&Unfit>);
    /// Time passed.
    fn passed(&mut self, fleet: &Fleet);
}

/// How a runner is asked to pause without a journal's command: by a signal.
#[derive(Debug, Default)]
pub struct Interrupt {
    asked: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// Asks for a pause.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }
}

/// Brings a fleet on, by its journal and a network.
pub struct Runner<N> {
    plan: Arc<FleetPlan>,
    fleet: Fleet,
    journal: Journal,
    network: Arc<N>,
    clock: Clock,
    calls: JoinSet<(u32, Reply)>,
    called: HashMap<Id, u32>,
    interrupt: Arc<Interrupt>,
    /// Whether it stays when paused or halted, for a command.
    waits: bool,
}

impl<N: Network> Runner<N> {
    /// A runner of what a journal holds.
    pub fn new(
        plan: Arc<FleetPlan>,
        (journal, fleet): (Journal, Fleet),
        network: Arc<N>,
        clock: Clock,
    ) -> Self {
        Self {
            plan,
            fleet,
            journal,
            network,
            clock,
            calls: JoinSet::new(),
            called: HashMap::new(),
            interrupt: Arc::default(),
            waits: false,
        }
    }

    /// Stays when paused or halted, until a command lets it go on.
    #[must_use]
    pub fn waiting(mut self, waits: bool) -> Self {
        self.waits = waits;
        self
    }

    /// What pauses it from a signal.
    pub fn interrupt(&self) -> Arc<Interrupt> {
        self.interrupt.clone()
    }

    /// The fleet as it stands.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The journal, for commands before the run.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Goes on until nothing is left to do, or nothing may be begun and all that was begun has ended.
    ///
    /// # Errors
    /// Those of the journal. What was committed stays, and the next run goes on from there.
    pub async fn run(&mut self, observer: &mut dyn Observer) -> Result<Finish, FleetError> {
        if self.fleet.head().events > 0 {
            self.happened(What::Restarted, observer)?;
        }
        let mut looked = None;
        loop {
            let due = looked.is_none_or(|at: Instant| at.elapsed() >= COMMANDS_EVERY);
            if due {
                looked = Some(Instant::now());
                self.take_commands(observer)?;
            }
            let events = self.fleet.decide(self.clock.now());
            self.journal
                .append(&self.plan, &mut self.fleet, &events, &[])?;
            for event in &events {
                if let What::Asked { canister, call } = &event.what {
                    self.call(*canister, call)?;
                }
            }
            observer.happened(&self.fleet, &events);
            if self.fleet.is_finished() {
                return Ok(Finish::Finished);
            }
            let rests = self.fleet.stands_still() && self.fleet.active().next().is_none();
            if rests && !self.waits {
                // A command that was given meanwhile may let it go on.
                self.take_commands(observer)?;
                if self.fleet.stands_still() {
                    return Ok(match self.fleet.head().halted {
                        true => Finish::Halted,
                        false => Finish::Paused,
                    });
                }
            }
            let answers = self.wait().await;
            self.answered(answers, observer)?;
            observer.passed(&self.fleet);
        }
    }

    fn take_commands(&mut self, observer: &mut dyn Observer) -> Result<(), FleetError> {
        if self.interrupt.asked.swap(false, Ordering::SeqCst) && !self.fleet.head().paused {
            let command = Command::Pause;
            self.happened(What::Commanded { command }, observer)?;
        }
        let now = self.clock.now();
        let taken = self
            .journal
            .take_commands(&self.plan, &mut self.fleet, now)?;
        for (command, unfit) in &taken {
            observer.commanded(command, unfit.as_ref());
        }
        Ok(())
    }

    fn happened(&mut self, what: What, observer: &mut dyn Observer) -> Result<(), FleetError> {
        let event = Event {
            at: self.clock.now(),
            what,
        };
        self.fleet.apply(&event)?;
        let events = [event];
        self.journal
            .append(&self.plan, &mut self.fleet, &events, &[])?;
        observer.happened(&self.fleet, &events);
        Ok(())
    }

    /// Makes a call that was committed.
    fn call(&mut self, number: u32, call: &Call) -> Result<(), FleetError> {
        let at = number as usize;
        let (Some(member), Some(record)) =
            (self.fleet.members().get(at), self.fleet.records().get(at))
        else {
            return Ok(());
        };
        let before_stage = matches!(
            record.state,
            State::Active {
                leg: Leg::Forward,
                step: Step::Look
            }
        );
        let kept = match call {
            Call::Verify => self.journal.kept(number, record.stage)?,
            _ => Vec::new(),
        };
        let ask = Ask {
            number,
            canister: member.id,
            call: call.clone(),
            stage: record.stage,
            keep: before_stage && *call == Call::Look && !record.unsure,
            kept,
        };
        let network = self.network.clone();
        let handle = self
            .calls
            .spawn(async move { (number, network.ask(ask).await) });
        self.called.insert(handle.id(), number);
        Ok(())
    }

    /// Waits for answers, for the time at which there is something to decide, or for the next look at the commands.
    async fn wait(&mut self) -> Vec<(u32, Reply)> {
        let now = self.clock.now();
        let until = match self.fleet.wake_at(now) {
            Some(at) => COMMANDS_EVERY.min(Duration::from_secs(at.since(now))),
            None => COMMANDS_EVERY,
        };
        let until = until.max(Duration::from_millis(20));
        let mut answers = Vec::new();
        let first = tokio::select! {
            biased;
            () = self.interrupt.notify.notified() => None,
            joined = timeout(until, joined(&mut self.calls)) => joined.ok(),
        };
        let mut next = first;
        while let Some(result) = next {
            let (id, answer) = match result {
                Ok((id, answer)) => (id, Some(answer)),
                Err(error) => (error.id(), None),
            };
            let number = self.called.remove(&id);
            // A call that ended by a bug may have had its effect.
            let lost = || number.map(|number| (number, Reply::from(Answer::Lost)));
            answers.extend(answer.or_else(lost));
            next = match answers.len() < BATCH {
                true => self.calls.try_join_next_with_id(),
                false => None,
            };
        }
        answers
    }

    fn answered(
        &mut self,
        answers: Vec<(u32, Reply)>,
        observer: &mut dyn Observer,
    ) -> Result<(), FleetError> {
        let at = self.clock.now();
        let mut events = Vec::with_capacity(answers.len());
        let mut kept: Vec<(u32, u8, Vec<Kept>)> = Vec::new();
        for (canister, reply) in answers {
            let answer = reply.answer;
            let event = Event {
                at,
                what: What::Answered { canister, answer },
            };
            // One that was given up meanwhile takes no answer.
            if self.fleet.apply(&event).is_err() {
                continue;
            }
            let record = self.fleet.records().get(canister as usize);
            if let (Some(answers), Some(record)) = (reply.kept, record)
                && record.is_active()
            {
                kept.push((canister, record.stage, answers));
            }
            events.push(event);
        }
        self.journal
            .append(&self.plan, &mut self.fleet, &events, &kept)?;
        observer.happened(&self.fleet, &events);
        Ok(())
    }
}

/// The next call that ends; never, while there is none.
async fn joined(
    calls: &mut JoinSet<(u32, Reply)>,
) -> Result<(Id, (u32, Reply)), tokio::task::JoinError> {
    match calls.join_next_with_id().await {
        Some(result) => result,
        None => std::future::pending().await,
    }
}
