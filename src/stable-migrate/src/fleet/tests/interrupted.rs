//! A runner that ends anywhere.

use std::sync::Arc;

use ::fleet::{End, Report, State};

use super::fake::{FakeNetwork, Fault};
use super::*;

/// One canister of each fault.
const FAULTS: &[Fault] = &[
    Fault::DoesNotStop,
    Fault::NotController,
    Fault::NoCycles,
    Fault::Traps,
    Fault::Differs,
    Fault::WasStopped,
    Fault::OtherModule,
    Fault::WrongAnswers,
    Fault::Loses { effect: true },
    Fault::Loses { effect: false },
    Fault::NotRehearsed,
];

const CANISTERS: u64 = 30;

fn ended(report: &Report, state: &str) -> u32 {
    report.states.get(state).copied().unwrap_or(0)
}

/// What must hold of a network after any number of runs.
fn is_left_well(network: &FakeNetwork) {
    assert_eq!(network.not_running(), 0);
    network.seen(|seen| {
        assert!(seen.wrong.is_empty(), "{:?}", seen.wrong);
        let twice = seen.upgrades.iter().find(|(_, times)| **times > 1);
        assert_eq!(twice, None);
    });
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_with_every_canister_in_a_named_state() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(CANISTERS);
    let (report, network) = whole_run(&directory.path().join("a.sqlite"), &plan, FAULTS).await;
    is_left_well(&network);
    // Those that lose answers are migrated, and one that would not come through a rehearsal if it was not in its lot.
    let rehearsed = ended(&report, "migrated") == 21;
    assert!(rehearsed || ended(&report, "migrated") == 22, "{report:?}");
    assert_eq!(
        ended(&report, "unchanged"),
        2 + u32::from(rehearsed),
        "{report:?}"
    );
    assert_eq!(ended(&report, "passed over"), 4, "{report:?}");
    assert_eq!(ended(&report, "returned"), 2, "{report:?}");
    assert_eq!((report.stopped, report.snapshots), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ended_anywhere_comes_to_the_same_end() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(CANISTERS);
    let (whole, _) = whole_run(&directory.path().join("whole.sqlite"), &plan, FAULTS).await;
    for first in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377] {
        let path = directory.path().join(format!("{first}.sqlite"));
        let network = Arc::new(FakeNetwork::new(&plan, FAULTS));
        let clock = clock();
        // Ended before a commit, and so after the calls of the one before; then a bit further on, again and again.
        let mut ends = [first + 1, 7, 19, 41, 3].into_iter();
        let report = loop {
            let mut runner = runner(&path, &plan, &network, clock).unwrap();
            runner.journal().commits_left = ends.next();
            let ended = runner.run(&mut Unseen).await;
            match ended {
                Ok(finish) => {
                    assert_eq!(finish, Finish::Finished);
                    break Report::of(runner.fleet());
                }
                Err(FleetError::Journal { .. }) => drop(runner),
                Err(other) => panic!("{other}"),
            }
        };
        assert_eq!(report, whole, "ended at commit {first}");
        is_left_well(&network);
    }
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_is_dropped_while_it_waits_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let plan = plan(CANISTERS);
    let (whole, _) = whole_run(&directory.path().join("whole.sqlite"), &plan, FAULTS).await;
    for milliseconds in [100, 450, 900, 1_700, 3_300, 9_000, 20_000] {
        let path = directory.path().join(format!("{milliseconds}.sqlite"));
        let network = Arc::new(FakeNetwork::new(&plan, FAULTS));
        let clock = clock();
        for _ in 0..4 {
            let mut runner = runner(&path, &plan, &network, clock).unwrap();
            let patience = Duration::from_millis(milliseconds);
            let _ = tokio::time::timeout(patience, runner.run(&mut Unseen)).await;
        }
        let mut runner = runner(&path, &plan, &network, clock).unwrap();
        assert_eq!(runner.run(&mut Unseen).await.unwrap(), Finish::Finished);
        assert_eq!(Report::of(runner.fleet()), whole, "{milliseconds} ms");
        is_left_well(&network);
    }
}

#[tokio::test(start_paused = true)]
async fn a_halt_ends_the_run_with_nothing_left_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let mut plan = plan(CANISTERS);
    plan.plan.budget.failures = 1;
    let faults = [Fault::Traps; 30];
    let network = Arc::new(FakeNetwork::new(&plan, &faults));
    let path = directory.path().join("halt.sqlite");
    let mut runner = runner(&path, &plan, &network, clock()).unwrap();
    assert_eq!(runner.run(&mut Unseen).await.unwrap(), Finish::Halted);
    is_left_well(&network);
    let records = runner.fleet().records();
    let waiting = records
        .iter()
        .filter(|record| record.state == State::Waiting);
    assert_eq!(waiting.count(), 29);
    let failed = |state: &State| matches!(state, State::Ended(End::Unchanged(_)));
    assert_eq!(
        records
            .iter()
            .filter(|record| failed(&record.state))
            .count(),
        1
    );
}
