//! A fleet: the fold over its events.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::course::Course;
use crate::event::{Command, Event, What};
use crate::index::{Index, Tally};
use crate::member::Member;
use crate::plan::{Plan, PlanError};
use crate::record::{Leg, Record, State};
use crate::time::Time;

/// A fleet on its way through a [`Plan`].
///
/// It changes by [`apply`](Self::apply) alone, and is the same after the same events. It has no clock and makes no call: a
/// driver asks it to [`decide`](Self::decide), keeps the events that come of that, makes the calls among them, and applies
/// their answers as events, each kept before the next decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    pub(crate) plan: Plan,
    pub(crate) members: Vec<Member>,
    pub(crate) records: Vec<Record>,
    pub(crate) head: Head,
    pub(crate) index: Index,
    changed: BTreeSet<u32>,
}

/// What is kept of a fleet beside the record of each canister.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// What the fleet is at.
    pub phase: Phase,
    /// Whether the operator has paused it.
    pub paused: bool,
    /// Whether too many failed.
    pub halted: bool,
    /// Whether the operator has ended it.
    pub aborted: bool,
    /// Failures in the present wave that the operator has seen and gone on after.
    pub forgiven: u32,
    /// The time of the last event.
    pub now: Time,
    /// When the first wave began.
    pub began: Option<Time>,
    /// Events so far.
    pub events: u64,
}

/// What a fleet is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Nothing was begun.
    #[default]
    Planned,
    /// In a wave.
    Wave(u16),
    /// After a wave, not before this time in the next.
    Rest(u16, Time),
    /// Nothing is left to do.
    Finished,
}

/// An event that did not fit, and changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The list of members is shorter.
    #[error("there is no canister number {0} in this fleet")]
    NoSuchCanister(u32),
    /// It is not waiting, or not active, or has no open call of that kind.
    #[error("canister number {0} is not where this event would have it: {1}")]
    NotThere(u32, &'static str),
    /// The fleet is not at a point where that can be.
    #[error("the fleet is not where this event would have it: {0}")]
    NotNow(&'static str),
}

impl Fleet {
    /// Before anything was done.
    ///
    /// # Errors
    /// What is wrong with the plan or the list.
    pub fn new(plan: Plan, members: Vec<Member>) -> Result<Self, PlanError> {
        let waves = members.iter().map(|member| Record {
            wave: member.wave,
            ..Record::default()
        });
        let records = waves.collect();
        Self::restore(plan, members, records, Head::default())
    }

    /// As it was when `records` and `head` were kept.
    ///
    /// # Errors
    /// What is wrong with the plan or the list, or that they do not belong together.
    pub fn restore(
        plan: Plan,
        members: Vec<Member>,
        records: Vec<Record>,
        head: Head,
    ) -> Result<Self, PlanError> {
        plan.check()?;
        check(&members)?;
        if records.len() != members.len() {
            return Err(PlanError::Records {
                records: records.len(),
                members: members.len(),
            });
        }
        let mut index = Index::default();
        for (at, (member, record)) in (0..).zip(members.iter().zip(&records)) {
            index.count(at, member, record, &plan, true);
        }
        Ok(Self {
            plan,
            members,
            records,
            head,
            index,
            changed: BTreeSet::new(),
        })
    }

    /// Takes in what happened.
    ///
    /// # Errors
    /// [`Unfit`] if it cannot have happened: an answer that came too late, a journal of another fleet. Nothing is changed.
    pub fn apply(&mut self, event: &Event) -> Result<(), Unfit> {
        let now = event.at.max(self.head.now);
        match &event.what {
            What::WaveBegan { wave } => {
                self.head.began.get_or_insert(now);
                self.head.phase = Phase::Wave(*wave);
                self.head.forgiven = 0;
            }
            What::WaveEnded { wave } => {
                self.head.phase = Phase::Rest(*wave, now.after(self.plan.rest));
                let more = self
                    .index
                    .waves
                    .range(wave + 1..)
                    .any(|(_, tally)| tally.waiting > 0);
                self.head.paused |= self.plan.ask_before_wave && more;
            }
            What::Halted { .. } => self.head.halted = true,
            What::Finished => self.head.phase = Phase::Finished,
            What::Begun { canister } => {
                let rehearse = self.member(*canister)?.rehearse;
                if self.record(*canister)?.state != State::Waiting {
                    return Err(Unfit::NotThere(*canister, "it is not waiting"));
                }
                self.course(*canister, now, |course| {
                    let rehearses = rehearse && !course.record.rehearsed;
                    course.begin(if rehearses {
                        Leg::Rehearsal
                    } else {
                        Leg::Forward
                    });
                });
            }
            What::Asked { canister, call } => {
                let record = self.record(*canister)?;
                if record.asked.is_some() || record.call(&self.plan).as_ref() != Some(call) {
                    return Err(Unfit::NotThere(*canister, "it is at another call"));
                }
                self.course(*canister, now, |course| course.asked(call));
            }
            What::Answered { canister, answer } => {
                self.record(*canister)?;
                let fits = self.course(*canister, now, |course| course.answered(answer));
                if !fits {
                    return Err(Unfit::NotThere(*canister, "no such answer is waited for"));
                }
            }
            What::Restarted => {
                for canister in self.index.asked.clone() {
                    self.course(canister, now, |course| {
                        let call = course.record.call(course.plan);
                        if let (Some(call), Some(asked)) = (call, course.record.asked) {
                            course.lost(&call, asked);
                        }
                    });
                }
            }
            What::Commanded { command } => self.obey(command, now)?,
        }
        self.head.now = now;
        self.head.events = self.head.events.saturating_add(1);
        Ok(())
    }

    fn obey(&mut self, command: &Command, now: Time) -> Result<(), Unfit> {
        match command {
            Command::Pause => self.head.paused = true,
            Command::Resume => {
                self.head.paused = false;
                if std::mem::take(&mut self.head.halted) {
                    self.head.forgiven = self.wave().map_or(0, |(_, tally)| tally.failed);
                }
            }
            Command::Abort => {
                self.head.aborted = true;
                let active: Vec<u32> = self.active().collect();
                for canister in active {
                    self.course(canister, now, |course| course.call_off());
                }
            }
            Command::Exclude(canister) => {
                let record = self.record(*canister)?;
                if matches!(record.state, State::Ended(_)) {
                    return Err(Unfit::NotThere(*canister, "it has ended"));
                }
                self.course(*canister, now, |course| course.exclude());
            }
            Command::Include(canister) | Command::Retry(canister) => {
                let State::Ended(end) = &self.record(*canister)?.state else {
                    return Err(Unfit::NotThere(*canister, "it has not ended"));
                };
                if end.cause().is_none() {
                    return Err(Unfit::NotThere(*canister, "it is where it should be"));
                }
                self.wait_again(*canister, now)?;
            }
            Command::RetryClass(class) => {
                let failed = |record: &Record| match &record.state {
                    State::Ended(end) => end.cause().is_some_and(|cause| cause.class == *class),
                    _ => false,
                };
                let again: Vec<u32> = (0..)
                    .zip(&self.records)
                    .filter(|(_, record)| failed(record))
                    .map(|(canister, _)| canister)
                    .collect();
                for canister in again {
                    self.wait_again(canister, now)?;
                }
            }
            Command::GiveUp(canister) => {
                if !self.record(*canister)?.is_active() {
                    return Err(Unfit::NotThere(*canister, "it is not under way"));
                }
                self.course(*canister, now, |course| course.give_up());
            }
        }
        Ok(())
    }

    /// Lets a canister that ended wait for its turn in the present wave.
    fn wait_again(&mut self, canister: u32, now: Time) -> Result<(), Unfit> {
        if self.head.aborted {
            return Err(Unfit::NotNow("it was aborted; make a new plan"));
        }
        let wave = match self.head.phase {
            Phase::Planned => self.record(canister)?.wave,
            Phase::Wave(wave) => wave.max(self.record(canister)?.wave),
            Phase::Rest(wave, _) => {
                self.head.phase = Phase::Wave(wave);
                wave.max(self.record(canister)?.wave)
            }
            Phase::Finished => {
                let last = self.index.waves.keys().next_back().copied().unwrap_or(0);
                self.head.phase = Phase::Wave(last);
                last
            }
        };
        self.course(canister, now, |course| {
            course.record.wave = wave;
            course.record.excluded = false;
            course.record.touched = false;
            course.record.state = State::Waiting;
        });
        Ok(())
    }

    /// Changes one record, and what is derived from it.
    fn course<T>(&mut self, canister: u32, now: Time, change: impl FnOnce(&mut Course) -> T) -> T {
        let at = canister as usize;
        let (member, record) = (&self.members[at], &mut self.records[at]);
        self.index
            .count(canister, member, record, &self.plan, false);
        let called_off = self.head.aborted || record.excluded;
        let result = change(&mut Course {
            plan: &self.plan,
            record,
            now,
            called_off,
        });
        self.index.count(canister, member, record, &self.plan, true);
        self.changed.insert(canister);
        result
    }

    /// Canisters whose record changed since this was asked last: what a driver that keeps records has to write.
    pub fn take_changed(&mut self) -> BTreeSet<u32> {
        std::mem::take(&mut self.changed)
    }

    /// What is to be done.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is kept beside the records.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Every canister, in the order in which events name them.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Where every canister stands, in the same order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// How each wave stands.
    pub fn waves(&self) -> impl Iterator<Item = (u16, Tally)> + '_ {
        self.index.waves.iter().map(|(wave, tally)| (*wave, *tally))
    }

    /// How all of them stand.
    pub fn tally(&self) -> Tally {
        self.index.waves.values().copied().sum()
    }

    /// The wave that the fleet is in, and how it stands.
    pub fn wave(&self) -> Option<(u16, Tally)> {
        let (Phase::Wave(wave) | Phase::Rest(wave, _)) = self.head.phase else {
            return None;
        };
        Some((
            wave,
            self.index.waves.get(&wave).copied().unwrap_or_default(),
        ))
    }

    /// Canisters with a call that has no answer yet, and which: what a driver that began again has lost.
    pub fn open_calls(&self) -> impl Iterator<Item = (u32, Call)> + '_ {
        self.index.asked.iter().filter_map(|canister| {
            let call = self.records[*canister as usize].call(&self.plan)?;
            Some((*canister, call))
        })
    }

    /// Canisters that were begun and have not ended.
    pub fn active(&self) -> impl Iterator<Item = u32> + '_ {
        let due = self.index.due.iter().map(|(_, canister)| *canister);
        due.chain(self.index.asked.iter().copied())
    }

    fn record(&self, canister: u32) -> Result<&Record, Unfit> {
        let record = self.records.get(canister as usize);
        record.ok_or(Unfit::NoSuchCanister(canister))
    }

    fn member(&self, canister: u32) -> Result<&Member, Unfit> {
        let member = self.members.get(canister as usize);
        member.ok_or(Unfit::NoSuchCanister(canister))
    }
}

/// What is wrong with a list of canisters, if something is.
fn check(members: &[Member]) -> Result<(), PlanError> {
    if u32::try_from(members.len()).is_err() {
        return Err(PlanError::TooMany(members.len()));
    }
    let mut ids = BTreeSet::new();
    if let Some(member) = members.iter().find(|member| !ids.insert(member.id)) {
        return Err(PlanError::Twice(member.id));
    }
    let waves: BTreeSet<u16> = members.iter().map(|member| member.wave).collect();
    match (0..).zip(&waves).find(|(expected, wave)| expected != *wave) {
        Some((expected, _)) => Err(PlanError::EmptyWave(expected)),
        None => Ok(()),
    }
}
