use ic_stable_migration::{Hindrance, MessagePack, Pace, Phase, Plan, Stuck};
use ic_stable_structures::DefaultMemoryImpl;

use super::*;
use crate::logic::memory::status;
use crate::state::State;
use crate::state::legacy::CanisterData;

const PLAN: Plan<CanisterData, MessagePack> = Plan::new(2).ceiling(4 << 30);

/// Of a new canister of release 2, with the move where a test wants it.
fn moved(phase: Phase, hindrance: Option<Hindrance>) -> MigrationStatus {
    let memory = DefaultMemoryImpl::default();
    let mut store = Store::begin_tiered(&PLAN, memory, State::default(), 77).expect("a memory");
    let release = Release {
        number: 2,
        started_from: Start::Installed,
        start_instructions: 1,
        started_at: 77,
    };
    let mut status = status(Some(release), &mut store, 78).expect("a status");
    status.pace = Some(Pace {
        percent: 40,
        rate: None,
        nanoseconds_left: None,
        hindrance,
    });
    let moving = status.move_status.as_mut().expect("a mover");
    moving.phase = phase;
    status
}

#[test]
fn what_stands_still_has_a_command_with_the_canister_in_it() {
    for (phase, hindrance, words, command) in [
        (Phase::Stuck, Hindrance::Stuck, "Stuck", "migration_resume"),
        (
            Phase::Moving,
            Hindrance::Paused,
            "Paused",
            "migration_resume",
        ),
        (
            Phase::Auditing,
            Hindrance::Paused,
            "Paused",
            "migration_resume",
        ),
        (Phase::Moving, Hindrance::GoesBack, "Going back", "install"),
    ] {
        let standing = Standing::of(&moved(phase, Some(hindrance)), "aaaaa-aa");
        assert_eq!(standing.words, words);
        let (_, next) = standing.next.expect("a command");
        assert!(
            next.contains("aaaaa-aa") && next.contains(command),
            "{next}"
        );
    }
}

#[test]
fn each_collection_that_differs_has_a_card_and_a_command() {
    let mut status = moved(Phase::Differs, Some(Hindrance::Differs));
    let moving = status.move_status.as_mut().expect("a mover");
    for of in &mut moving.collections[..2] {
        of.difference = Some(ic_stable_migration::Difference {
            expected_count: 1_300,
            found_count: 1_299,
            expected_sum: 0xab,
            found_sum: 0xcd,
        });
    }
    let names: Vec<String> = moving.collections[..2]
        .iter()
        .map(|of| of.name.clone())
        .collect();
    let page = moving::html(&status, 78);
    let standing = Standing::of(&status, "aaaaa-aa");
    let (_, next) = standing.next.expect("a command");
    assert_eq!(next.lines().count(), 2);
    for (name, line) in names.iter().zip(next.lines()) {
        assert!(line.contains(&format!("migration_differences '(\"{name}\")' --query")));
        assert!(page.as_str().contains(&format!("{name} differs")));
    }
    assert!(
        page.as_str()
            .contains("the audit found 1\u{a0}299 of digest 00000000000000cd")
    );
}

#[test]
fn what_a_trap_said_is_text_and_a_long_key_is_cut() {
    let hostile = "<script>alert(1)</script>";
    let mut status = moved(Phase::Stuck, Some(Hindrance::Stuck));
    status.move_status.as_mut().expect("a mover").stuck = Some(Stuck {
        collection: hostile.into(),
        key: vec![0xab; 1 << 20],
        reason: hostile.into(),
    });
    let trapped = Hindrance::Trapped {
        reason: hostile.into(),
        halvings: 2,
    };
    for status in [status, moved(Phase::Moving, Some(trapped))] {
        let page = moving::html(&status, 78);
        assert!(page.as_str().contains("&lt;script&gt;"));
        assert!(!page.as_str().contains("<script"));
        assert!(
            page.as_str().len() < 16 << 10,
            "{} bytes",
            page.as_str().len()
        );
    }
}
