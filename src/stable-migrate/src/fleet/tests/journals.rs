//! Journals: whose they are, who may write, what the operator wants.

use std::sync::Arc;

use ::fleet::{Command, Report};

use super::fake::{FakeNetwork, Fault};
use super::*;

#[tokio::test(start_paused = true)]
async fn two_runners_do_not_share_a_journal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.sqlite");
    let plan = plan(3);
    assert!(!Journal::has_runner(&path));
    let network = Arc::new(FakeNetwork::new(&plan, &[]));
    let first = runner(&path, &plan, &network, clock()).unwrap();
    assert!(Journal::has_runner(&path));
    let second = runner(&path, &plan, &network, clock()).err().unwrap();
    assert!(matches!(second, FleetError::Locked { .. }), "{second}");
    // To look at it is allowed.
    let (journal, found) = Journal::look(&path).unwrap();
    assert_eq!(found, plan);
    assert_eq!(journal.standing(&plan).unwrap().fleet.records().len(), 3);
    drop(first);
    runner(&path, &plan, &network, clock()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_journal_of_another_plan_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.sqlite");
    drop(Journal::run(&path, &plan(3)).unwrap());
    let mut other = plan(3);
    other.plan.settle = 331;
    let refused = Journal::run(&path, &other).err().unwrap();
    assert!(matches!(refused, FleetError::OtherPlan { .. }), "{refused}");
}

#[test]
fn what_is_no_journal_is_said_to_be_none() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.sqlite");
    assert!(matches!(
        Journal::look(&path),
        Err(FleetError::Journal { .. })
    ));
    std::fs::write(&path, "not a database, but long enough to be looked at").unwrap();
    let refused = Journal::look(&path).err().unwrap();
    assert!(matches!(refused, FleetError::Journal { .. }), "{refused}");
}

#[test]
fn a_module_that_changed_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.wasm");
    std::fs::write(&path, wat::parse_str("(module)").unwrap()).unwrap();
    let mut plan = plan(1);
    plan.modules = vec![crate::fleet::ModuleFile::look(&path).unwrap().0];
    assert_eq!(plan.modules().unwrap().len(), 1);
    std::fs::write(&path, wat::parse_str("(module (memory 1))").unwrap()).unwrap();
    let refused = plan.modules().unwrap_err();
    assert!(
        matches!(refused, FleetError::ModuleChanged { .. }),
        "{refused}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_command_without_a_runner_is_taken_by_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.sqlite");
    let plan = plan(12);
    let network = Arc::new(FakeNetwork::new(&plan, &[Fault::Traps]));
    drop(runner(&path, &plan, &network, clock()).unwrap());
    let (mut journal, _) = Journal::look(&path).unwrap();
    journal.command(&Command::Pause, Time(5)).unwrap();
    journal.command(&Command::GiveUp(2), Time(5)).unwrap();
    assert_eq!(journal.standing(&plan).unwrap().open_commands.len(), 2);
    let mut first = runner(&path, &plan, &network, clock()).unwrap();
    assert_eq!(first.run(&mut Unseen).await.unwrap(), Finish::Paused);
    assert!(
        first
            .fleet()
            .records()
            .iter()
            .all(|record| !record.is_active())
    );
    drop(first);
    // That one was not under way to be given up is noted, and nothing else comes of it.
    assert!(journal.standing(&plan).unwrap().open_commands.is_empty());
    journal.command(&Command::Resume, Time(6)).unwrap();
    journal.command(&Command::Exclude(11), Time(6)).unwrap();
    let mut second = runner(&path, &plan, &network, clock()).unwrap();
    assert_eq!(second.run(&mut Unseen).await.unwrap(), Finish::Finished);
    let report = Report::of(second.fleet());
    assert_eq!(report.states.get("called off"), Some(&1), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_signal_pauses_and_what_was_begun_is_brought_to_an_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.sqlite");
    let plan = plan(12);
    let network = Arc::new(FakeNetwork::new(&plan, &[]));
    let mut runner = runner(&path, &plan, &network, clock()).unwrap();
    let interrupt = runner.interrupt();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(12)).await;
        interrupt.ask();
    });
    assert_eq!(runner.run(&mut Unseen).await.unwrap(), Finish::Paused);
    let report = Report::of(runner.fleet());
    assert_eq!((report.stopped, network.not_running()), (0, 0));
    assert!(report.states.contains_key("waiting"), "{report:?}");
    dust_settles().await;
}
