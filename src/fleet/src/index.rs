//! What is counted and sorted over all records, so that a decision costs by what is under way and not by the fleet.
//! All of it follows from the records.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Sum;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::member::Member;
use crate::plan::Plan;
use crate::record::{End, Record, State};
use crate::time::Time;

/// How the canisters of one wave stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All of the wave.
    pub canisters: u32,
    /// Whose turn has not come.
    pub waiting: u32,
    /// That were begun and have not ended.
    pub active: u32,
    /// All stages, verified.
    pub migrated: u32,
    /// There before.
    pub already: u32,
    /// Passed over, unchanged.
    pub passed: u32,
    /// That failed, whatever became of them.
    pub failed: u32,
    /// That the operator took out after they were begun.
    pub called_off: u32,
}

impl Tally {
    /// That have ended.
    pub fn ended(&self) -> u32 {
        self.canisters - self.waiting - self.active
    }

    fn counter(&mut self, state: &State) -> &mut u32 {
        match state {
            State::Waiting => &mut self.waiting,
            State::Active { .. } => &mut self.active,
            State::Ended(End::Migrated) => &mut self.migrated,
            State::Ended(End::Already) => &mut self.already,
            State::Ended(end) if end.failed() => &mut self.failed,
            State::Ended(End::Passed(_)) => &mut self.passed,
            State::Ended(_) => &mut self.called_off,
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            canisters: sum.canisters + one.canisters,
            waiting: sum.waiting + one.waiting,
            active: sum.active + one.active,
            migrated: sum.migrated + one.migrated,
            already: sum.already + one.already,
            passed: sum.passed + one.passed,
            failed: sum.failed + one.failed,
            called_off: sum.called_off + one.called_off,
        })
    }
}

/// What goes on at one subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subnet {
    /// Canisters that may be stopped.
    pub stopped: u32,
    /// Installations without an answer.
    pub installs: u32,
    /// Canisters that were begun.
    pub active: u32,
}

/// All that is derived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    pub waves: BTreeMap<u16, Tally>,
    pub subnets: BTreeMap<u16, Subnet>,
    /// Waiting canisters by wave, those to be rehearsed first, and subnet.
    pub waiting: BTreeMap<(u16, bool, u16), BTreeSet<u32>>,
    /// Canisters that are heading to a rehearsal or in one, or wait for it, by wave.
    pub rehearsals: BTreeMap<u16, u32>,
    /// Active canisters without an open call, by when they are due.
    pub due: BTreeSet<(Time, u32)>,
    /// Canisters with an open call.
    pub asked: BTreeSet<u32>,
    pub active: u32,
}

impl Index {
    /// Counts a record in, or out again before it is changed.
    pub fn count(
        &mut self,
        at: u32,
        member: &Member,
        record: &Record,
        plan: &Plan,
        counted_in: bool,
    ) {
        let add = |counter: &mut u32| match counted_in {
            true => *counter += 1,
            false => *counter -= 1,
        };
        let tally = self.waves.entry(record.wave).or_default();
        add(&mut tally.canisters);
        add(tally.counter(&record.state));
        let ended = matches!(record.state, State::Ended(_));
        let to_rehearse = member.rehearse && !record.rehearsed && !ended;
        if to_rehearse || record.is_rehearsing() {
            add(self.rehearsals.entry(record.wave).or_default());
        }
        let subnet = self.subnets.entry(member.subnet).or_default();
        match record.state {
            State::Waiting => {
                let queue = (record.wave, !to_rehearse, member.subnet);
                set(self.waiting.entry(queue).or_default(), at, counted_in);
                if self.waiting.get(&queue).is_some_and(BTreeSet::is_empty) {
                    self.waiting.remove(&queue);
                }
            }
            State::Active { .. } => {
                add(&mut self.active);
                add(&mut subnet.active);
                if record.stopped {
                    add(&mut subnet.stopped);
                }
                if record.asked.is_some() {
                    set(&mut self.asked, at, counted_in);
                    if record.call(plan).is_some_and(|call: Call| call.installs()) {
                        add(&mut subnet.installs);
                    }
                } else {
                    set(&mut self.due, (record.due, at), counted_in);
                }
            }
            State::Ended(_) => {}
        }
        if tally_is_empty(&self.waves, record.wave) {
            self.waves.remove(&record.wave);
        }
    }
}

fn tally_is_empty(waves: &BTreeMap<u16, Tally>, wave: u16) -> bool {
    waves.get(&wave).is_some_and(|tally| tally.canisters == 0)
}

fn set<T: Ord>(set: &mut BTreeSet<T>, item: T, there: bool) {
    if there {
        set.insert(item);
    } else {
        set.remove(&item);
    }
}
