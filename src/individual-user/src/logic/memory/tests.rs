use ic_stable_migration::{MessagePack, Phase, Plan, Schema};
use ic_stable_structures::DefaultMemoryImpl;

use super::{Pages, report, status};
use crate::domain::memory::{Layout, Start};
use crate::release::Release;
use crate::state::hot::Hot;
use crate::state::legacy::CanisterData;
use crate::state::{State, Store};

const PLAN: Plan<CanisterData, MessagePack> = Plan::new(2)
    .ceiling(4 << 30)
    .schema(<Hot as Schema>::NUMBER);
const PAGES: Pages = Pages {
    stable: 3,
    heap: 13,
};

fn installed() -> Option<Release> {
    Some(Release {
        number: 2,
        started_from: Start::Installed,
        start_instructions: 1,
        started_at: 70,
    })
}

fn stage_one() -> Store {
    let memory = DefaultMemoryImpl::default();
    Store::begin(&PLAN, memory, State::default()).expect("an empty memory")
}

#[test]
fn a_new_canister_of_stage_one_has_a_layout_and_no_save_yet() {
    let status = status(installed(), &mut stage_one(), 78).expect("a status");
    assert_eq!(status.layout, Layout::Memory0);
    assert_eq!(status.started_from, Start::Installed);
    assert_eq!(status.last_save, None);
    assert_eq!((status.move_status, status.pace), (None, None));
}

#[test]
fn a_new_canister_of_stage_two_has_nothing_to_move() {
    let memory = DefaultMemoryImpl::default();
    let store = Store::begin_tiered(&PLAN, memory, State::default(), 77);
    let status = status(installed(), &mut store.expect("an empty memory"), 78).expect("a status");
    assert_eq!(status.last_save.expect("a save").at, 77);
    let moved = status.move_status.expect("a mover");
    assert_eq!(moved.phase, Phase::Done);
    let pace = status.pace.expect("a mover");
    assert_eq!((pace.percent, pace.nanoseconds_left), (100, Some(0)));
    assert_eq!((pace.rate, pace.hindrance), (None, None));
    let with_hashtags = usize::from(cfg!(feature = "hashtags-index"));
    assert_eq!(moved.collections.len(), 11 + with_hashtags);
}

#[test]
fn a_save_shows_in_the_status_and_in_the_report() {
    let mut store = stage_one();
    store.save(&PLAN, 77).expect("room to save");

    let save = status(installed(), &mut store, 78)
        .expect("a status")
        .last_save;
    let save = save.expect("a save");
    assert_eq!(save.at, 77);

    let report = report(installed(), &store, PAGES).expect("a report");
    assert_eq!(report.payload_bytes, Some(save.payload_bytes));
    let manager = report.manager.expect("a manager");
    assert_eq!(manager.memories.len(), 1);
    assert_eq!(manager.header.expect("a header").release, 2);
}

#[test]
fn sixteen_pages_of_either_kind_cost_what_a_mebibyte_costs() {
    let report = report(installed(), &Store::default(), PAGES).expect("a report");
    assert_eq!(report.cycles_per_year, 4_005_072_000_000 / 1024);
    assert_eq!(report.manager, None);
}

#[test]
fn a_module_that_has_not_started_says_so() {
    assert!(status(None, &mut Store::default(), 78).is_err());
    assert!(report(None, &Store::default(), PAGES).is_err());
}
