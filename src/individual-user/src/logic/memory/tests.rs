use ic_stable_migration::{MessagePack, Plan};
use ic_stable_structures::DefaultMemoryImpl;

use super::{Pages, report, status};
use crate::domain::memory::{Layout, Start};
use crate::stable::Stable;
use crate::state::State;
use crate::state::legacy::CanisterData;

const PLAN: Plan<CanisterData, MessagePack> = Plan::new(2).ceiling(4 << 30);
const PAGES: Pages = Pages {
    stable: 3,
    heap: 13,
};

fn managed() -> Stable {
    let memory = PLAN.begin(DefaultMemoryImpl::default());
    Stable::Managed {
        release: 2,
        started_from: Start::Installed,
        memory: memory.expect("an empty memory"),
    }
}

#[test]
fn a_new_canister_has_a_layout_and_no_save_yet() {
    let status = status(Some(&managed())).expect("a status");
    assert_eq!(status.layout, Layout::Memory0);
    assert_eq!(status.started_from, Start::Installed);
    assert_eq!(status.last_save, None);
}

#[test]
fn a_save_shows_in_the_status_and_in_the_report() {
    let stable = managed();
    let Stable::Managed { memory, .. } = &stable else {
        unreachable!("made so")
    };
    let header = PLAN
        .save(memory, &State::default(), 77)
        .expect("room to save");

    let save = status(Some(&stable)).expect("a status").last_save;
    let save = save.expect("a save");
    assert_eq!((save.at, save.payload_bytes), (77, header.payload_bytes));

    let report = report(Some(&stable), PAGES).expect("a report");
    assert_eq!(report.payload_bytes, Some(header.payload_bytes));
    let manager = report.manager.expect("a manager");
    assert_eq!(manager.memories.len(), 1);
    assert_eq!(manager.header.expect("a header").release, 2);
}

#[test]
fn sixteen_pages_of_either_kind_cost_what_a_mebibyte_costs() {
    let stable = Stable::Legacy {
        release: 0,
        started_from: Start::Installed,
    };
    let report = report(Some(&stable), PAGES).expect("a report");
    assert_eq!(report.cycles_per_year, 4_005_072_000_000 / 1024);
    assert_eq!(report.manager, None);
}

#[test]
fn a_module_that_has_not_started_says_so() {
    assert!(status(None).is_err());
    assert!(report(None, PAGES).is_err());
}
