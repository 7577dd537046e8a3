use std::cell::Cell;

use ic_stable_structures::VectorMemory;

use super::{Hindrance, Pace};
use crate::mover::testing::{AT_ONCE, Canister, Legacy, NOW, legacy_memory, sample};
use crate::mover::{Budget, Phase};

const SECOND: u64 = 1_000_000_000;

/// A canister whose clock stands still but for what a test says.
struct Clocked {
    canister: Canister<VectorMemory>,
    now: Cell<u64>,
}

impl Clocked {
    /// It moves so many texts and five marks.
    fn start(texts: u64) -> Self {
        Self {
            canister: Canister::start(legacy_memory(&sample(texts))),
            now: Cell::new(NOW),
        }
    }

    /// A second passes, and a step does so many entries.
    fn step(&mut self, entries: u64) -> Pace {
        self.pass(1);
        let budget = Budget {
            entries,
            ..Budget::default()
        };
        let Canister { mover, state, .. } = &mut self.canister;
        let now = self.now.get();
        mover.step_within(state, budget, &|| 0, now).unwrap();
        self.pace()
    }

    fn pass(&mut self, seconds: u64) {
        self.now.set(self.now.get() + seconds * SECOND);
    }

    fn pace(&mut self) -> Pace {
        let Canister { mover, state, .. } = &mut self.canister;
        mover.pace(state, self.now.get())
    }

    fn trap(&mut self) {
        let Canister { mover, state, .. } = &mut self.canister;
        mover.step_failed(state, "stable memory is full").unwrap();
    }

    fn upgrade(self) -> Self {
        Self {
            canister: self.canister.upgrade(false),
            ..self
        }
    }
}

#[test]
fn a_move_gets_to_100_percent_without_falling_back_and_not_before_its_audit_has_held() {
    let mut clocked = Clocked::start(95);
    assert_eq!(clocked.pace().percent, 0);
    let mut last = 0;
    let mut seen = Vec::new();
    while clocked.canister.mover.has_work() {
        let percent = clocked.step(7).percent;
        let phase = clocked.canister.status().phase;
        assert!(percent >= last, "{percent} after {last}");
        assert_eq!(percent == 100, phase == Phase::Done);
        assert!(
            phase != Phase::Moving || percent < 50,
            "{percent} of {phase:?}"
        );
        last = percent;
        seen.push(percent);
    }
    assert_eq!(last, 100);
    assert!(seen.len() > 20, "{seen:?}");
}

#[test]
fn rate_and_time_left_are_those_of_the_last_steps_until_now() {
    let mut clocked = Clocked::start(95);
    assert_eq!(clocked.step(10).rate, None, "one step is no rate");
    let pace = clocked.step(10);
    let rate = pace.rate.unwrap();
    assert_eq!((rate.entries_per_second, rate.steps), (10.0, 1));
    assert!(rate.bytes_per_second > 100.0, "{rate:?}");
    // 80 to move and 100 to read.
    assert_eq!(pace.nanoseconds_left, Some(18 * SECOND));
    // Three seconds in which nothing is done.
    clocked.pass(3);
    let pace = clocked.pace();
    assert_eq!(pace.rate.unwrap().entries_per_second, 2.5);
    assert_eq!(pace.nanoseconds_left, Some(72 * SECOND));
    // What was slow leaves the window.
    for _ in 0..40 {
        clocked.step(1);
    }
    let rate = clocked.pace().rate.unwrap();
    assert_eq!((rate.entries_per_second, rate.steps), (1.0, 32));
    while clocked.canister.mover.has_work() {
        clocked.step(10);
    }
    let pace = clocked.pace();
    assert_eq!((pace.rate, pace.nanoseconds_left), (None, Some(0)));
}

#[test]
fn a_clock_that_stands_still_or_goes_back_makes_no_rate() {
    let mut clocked = Clocked::start(95);
    clocked.step(10);
    clocked.step(10);
    clocked.now.set(NOW - 5 * SECOND);
    let pace = clocked.pace();
    assert_eq!((pace.rate, pace.nanoseconds_left), (None, None));
    assert_eq!(pace.percent, 10);
}

#[test]
fn a_pause_stops_the_clock_of_the_rate_and_an_upgrade_begins_it_anew() {
    let mut clocked = Clocked::start(95);
    clocked.step(10);
    clocked.step(10);
    let Canister { mover, state, .. } = &mut clocked.canister;
    mover.pause(state).unwrap();
    let mut clocked = clocked.upgrade();
    clocked.pass(1_000);
    let pace = clocked.pace();
    assert_eq!(pace.hindrance, Some(Hindrance::Paused));
    assert_eq!((pace.rate, pace.nanoseconds_left), (None, None));
    assert_eq!(pace.percent, 10, "an upgrade changes nothing of it");
    let Canister { mover, state, .. } = &mut clocked.canister;
    mover.unpause(state).unwrap();
    assert_eq!(clocked.pace().hindrance, None);
    clocked.step(10);
    assert_eq!(clocked.step(10).rate.unwrap().entries_per_second, 10.0);
}

#[test]
fn a_trap_is_told_until_the_budget_is_whole_again_or_the_move_is_stuck() {
    let mut clocked = Clocked::start(95);
    let trapped = |halvings| {
        let reason = "stable memory is full".into();
        Some(Hindrance::Trapped { reason, halvings })
    };
    clocked.trap();
    clocked.trap();
    assert_eq!(clocked.pace().hindrance, trapped(2));
    assert!(!clocked.pace().hindrance.unwrap().stands_still());
    assert_eq!(clocked.step(1).hindrance, trapped(1));
    assert_eq!(clocked.step(1).hindrance, None);
    while clocked.canister.mover.has_work() {
        clocked.trap();
    }
    let pace = clocked.pace();
    assert_eq!(pace.hindrance, Some(Hindrance::Stuck));
    assert!(pace.hindrance.unwrap().stands_still());
    assert_eq!(pace.nanoseconds_left, None);
}

#[test]
fn a_step_that_could_not_be_called_is_told_until_one_is_done() {
    let mut clocked = Clocked::start(95);
    let reason = "insufficient cycles";
    clocked.canister.mover.step_not_called(reason);
    let reason = reason.into();
    assert_eq!(
        clocked.pace().hindrance,
        Some(Hindrance::NotCalled { reason })
    );
    assert_eq!(clocked.step(1).hindrance, None);
}

#[test]
fn a_difference_is_a_hindrance_below_100_percent() {
    let mut clocked = Clocked::start(30);
    clocked.step(20);
    let memory = clocked.canister.mover.managed().memory(1).unwrap();
    let mut map = ic_stable_structures::BTreeMap::<u64, String, _>::init(memory);
    map.remove(&0);
    let mut clocked = clocked.upgrade();
    while clocked.canister.mover.has_work() {
        clocked.step(100);
    }
    let pace = clocked.pace();
    assert_eq!(pace.hindrance, Some(Hindrance::Differs));
    assert!(
        pace.percent < 100 && pace.nanoseconds_left.is_none(),
        "{pace:?}"
    );
}

#[test]
fn where_there_is_nothing_to_move_or_all_moved_at_once_it_is_100_percent_and_nothing_left() {
    let mut empty = Canister::start(legacy_memory(&Legacy::default()));
    assert_eq!(empty.mover.pace(&mut empty.state, NOW).percent, 0);
    empty.step(1);
    let at_once = Canister::start_with(&AT_ONCE, legacy_memory(&sample(95)));
    for mut canister in [empty, at_once] {
        let pace = canister.mover.pace(&mut canister.state, NOW);
        let expected = Pace {
            percent: 100,
            rate: None,
            nanoseconds_left: Some(0),
            hindrance: None,
        };
        assert_eq!(pace, expected);
    }
}
