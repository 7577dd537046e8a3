//! What a fleet's operator is promised, held against the modelled network and not against what the engine believes.

use std::collections::BTreeMap;

use fleet::model::{Canister, World};
use fleet::{
    Call, Command, End, Event, Fleet, ModuleHash, Report, Running, Snapshots, State, Tally, Time,
    What,
};

/// What was so before anything was done, and what was counted since.
pub struct Promises {
    before: Vec<Canister>,
    resumed: bool,
    at: Time,
    tried_again: bool,
    /// The module that each had when it was begun the last time.
    begun_with: BTreeMap<u32, Option<ModuleHash>>,
}

impl Promises {
    pub fn of(world: &World) -> Self {
        Self {
            before: world.canisters().to_vec(),
            resumed: false,
            at: Time(0),
            tried_again: false,
            begun_with: BTreeMap::new(),
        }
    }

    /// After every event.
    pub fn hold_after(&mut self, fleet: &Fleet, world: &World, event: &Event) {
        assert!(event.at >= self.at, "time runs on");
        self.at = event.at;
        match &event.what {
            What::Commanded {
                command: Command::Resume,
            } => self.resumed = true,
            What::Commanded {
                command: Command::Include(_) | Command::Retry(_) | Command::RetryClass(_),
            } => self.tried_again = true,
            What::Begun { canister } => {
                let module = world.canisters()[*canister as usize].module;
                self.begun_with.insert(*canister, module);
                self.nothing_begins_over_the_budget(fleet);
            }
            What::WaveBegan { wave } => {
                self.resumed = false;
                let earlier = fleet.waves().filter(|(other, _)| other < wave);
                for (other, tally) in earlier {
                    assert_eq!(tally.ended(), tally.canisters, "wave {other} has ended");
                }
            }
            What::Asked { canister, call } => {
                self.calls_are_within_limits(fleet);
                self.upgrades_have_their_snapshot(fleet, world, *canister, call);
            }
            _ => {}
        }
    }

    fn nothing_begins_over_the_budget(&self, fleet: &Fleet) {
        let head = fleet.head();
        assert!(
            !head.paused && !head.halted && !head.aborted,
            "nothing begins while it stands still"
        );
        let Some((
            _,
            Tally {
                failed, canisters, ..
            },
        )) = fleet.wave()
        else {
            panic!("a canister begins in no wave");
        };
        let budget = fleet.plan().budget;
        let counted = failed.saturating_sub(head.forgiven);
        assert!(counted < budget.failures, "{counted} failed");
        assert!(
            budget.percent.is_none_or(
                |percent| counted == 0 || counted * 100 < u32::from(percent) * canisters
            ),
            "{counted} failed"
        );
        assert!(
            self.resumed || head.forgiven == 0,
            "nobody has forgiven a failure"
        );
    }

    fn calls_are_within_limits(&self, fleet: &Fleet) {
        let limits = fleet.plan().limits;
        let open: Vec<(u32, Call)> = fleet.open_calls().collect();
        assert!(open.len() <= limits.calls as usize);
        assert!(fleet.active().count() <= limits.open as usize);
        let mut installs: BTreeMap<u16, u32> = BTreeMap::new();
        for (canister, call) in open {
            let subnet = fleet.members()[canister as usize].subnet;
            *installs.entry(subnet).or_default() += u32::from(call.installs());
        }
        assert!(
            installs
                .values()
                .all(|installs| *installs <= limits.installs_per_subnet)
        );
    }

    fn upgrades_have_their_snapshot(&self, fleet: &Fleet, world: &World, at: u32, call: &Call) {
        let Call::Upgrade { stage } = call else {
            return;
        };
        let canister = &world.canisters()[at as usize];
        assert_eq!(
            canister.running,
            Running::Stopped,
            "an upgrade is of a stopped canister"
        );
        let target = fleet.plan().stages[usize::from(*stage)].module;
        assert_ne!(
            canister.module,
            Some(target),
            "no canister is upgraded twice"
        );
        let kept = canister
            .snapshots
            .iter()
            .any(|(_, module)| *module == canister.module);
        match fleet.plan().snapshots {
            Snapshots::Each => assert!(kept, "a snapshot of what is there now"),
            Snapshots::First => assert!(!canister.snapshots.is_empty(), "a snapshot"),
            Snapshots::Never => {}
        }
    }

    /// When nothing more is done.
    pub fn hold_at_the_end(&self, fleet: &Fleet, world: &World, journal: &[Event], fresh: Fleet) {
        assert_eq!(fleet.active().count(), 0, "none is under way");
        self.the_fold_is_the_fleet(fleet, journal, fresh);
        for (at, (record, canister)) in fleet.records().iter().zip(world.canisters()).enumerate() {
            let before = &self.before[at];
            if before.running == Running::Running {
                assert_eq!(
                    canister.running,
                    Running::Running,
                    "none is left stopped: {record:?}"
                );
            } else {
                assert_eq!(
                    canister.running, before.running,
                    "what was stopped is left as it was"
                );
            }
            let last = fleet.plan().stages.last().map(|stage| stage.module);
            match &record.state {
                State::Waiting => {
                    assert!(fleet.head().aborted, "{at} waits, and nobody ended the run")
                }
                State::Active { .. } => panic!("{at} is under way"),
                State::Ended(End::Migrated | End::Already) => {
                    assert_eq!(canister.module, last, "{record:?}");
                    let kept = fleet.plan().keep_snapshot || record.snapshot.is_some();
                    let added = canister.snapshots.len() - before.snapshots.len();
                    assert!(kept || added == 0, "no snapshot is left over: {record:?}");
                }
                State::Ended(End::Passed(_)) => {
                    assert_eq!(record.upgrades, 0);
                    let installed = canister.history.installs.len();
                    assert!(installed == 0 || self.tried_again, "{record:?}");
                }
                State::Ended(End::Unchanged(_)) => {
                    assert_eq!(canister.module, self.begun_with[&(at as u32)], "{record:?}");
                }
                State::Ended(End::Returned(_)) => {
                    let others = canister.module != last;
                    assert!(others, "it went back: {record:?}");
                }
                State::Ended(End::Between(_)) => assert!(record.upgrades > 0, "{record:?}"),
                State::Ended(End::Unknown(_)) => panic!("nobody gave it up: {record:?}"),
            }
            for (from, to, _) in &canister.history.installs {
                assert_ne!(
                    *from,
                    Some(*to),
                    "no canister is upgraded twice: {record:?}"
                );
            }
        }
        let report = Report::of(fleet);
        let accounted: u32 = report.states.values().sum();
        assert_eq!(
            accounted, report.canisters,
            "every canister stands in one number"
        );
        assert_eq!(report.stopped, 0);
    }

    fn the_fold_is_the_fleet(&self, fleet: &Fleet, journal: &[Event], mut fresh: Fleet) {
        for event in journal {
            fresh.apply(event).expect("it was applied before");
        }
        assert_eq!(fresh.records(), fleet.records(), "the fold over the events");
        assert_eq!(fresh.head(), fleet.head());
        let kept = Fleet::restore(
            fleet.plan().clone(),
            fleet.members().to_vec(),
            fleet.records().to_vec(),
            fleet.head().clone(),
        );
        let kept = kept.expect("what is kept can be taken up");
        let tallies = |fleet: &Fleet| fleet.waves().collect::<Vec<_>>();
        assert_eq!(
            tallies(&kept),
            tallies(fleet),
            "what is derived follows from the records"
        );
    }
}
