//! What a canister takes in the index's memory.

use canister_host::{HostConfig, Principal};
use fleet_host::{FleetOnHost, HEAP_A_CANISTER, STABLE_A_CANISTER, plan, waves};

use crate::support::{ADOPT, INDEX, LEGACY, TODAY};

const MEMBERS: u64 = 10_000;
const PAGE: u64 = 65_536;

/// Bytes of heap and of stable memory for each member: once the plan is set, and once every canister has ended with a cause.
/// `src/user-index/src/lib.rs` and the runbook state them.
#[test]
fn a_canister_takes_so_many_bytes() {
    let mut fleet = FleetOnHost::new(HostConfig::default(), &INDEX).unwrap();
    let adopt = fleet.upload("adopt", ADOPT.bytes()).unwrap();
    let today = fleet.upload("today", TODAY.bytes()).unwrap();
    let pages = |fleet: &FleetOnHost| {
        let (host, index) = (&fleet.host, fleet.index);
        [
            host.heap_pages(index).unwrap(),
            host.stable_pages(index).unwrap(),
        ]
    };
    // An upload takes heap that the next upgrade gives back.
    let empty = fleet.upgrade_index(&INDEX).unwrap();
    let before = pages(&fleet);
    let ids: Vec<Principal> = (0..MEMBERS)
        .map(|n| Principal::from_slice(&[&n.to_be_bytes()[..], &[1, 1]].concat()))
        .collect();
    let plan = plan::stages(&LEGACY, &adopt, &today);
    fleet
        .set_plan(plan, waves(&ids, &[1, 10, 300, 3_000]))
        .unwrap();
    let planned = pages(&fleet);
    fleet.begin().unwrap();
    let status = fleet.run_to_end().unwrap();
    assert_eq!(status.groups[0].class, "not-found");
    assert_eq!(u64::from(status.ended), MEMBERS);
    let ended = pages(&fleet);
    // After an upgrade the heap has what it needs and no more.
    let report = fleet.upgrade_index(&INDEX).unwrap();
    let upgraded = pages(&fleet);
    let each = |now: [u64; 2]| [0, 1].map(|at| now[at].saturating_sub(before[at]) * PAGE / MEMBERS);
    println!(
        "planned {:?}, ended {:?}, upgraded {:?}; the upgrade took {} instructions for each",
        each(planned),
        each(ended),
        each(upgraded),
        report.instructions().saturating_sub(empty.instructions()) / MEMBERS
    );
    assert_eq!(fleet.status().unwrap().ended, status.ended);
    let [heap, stable] = each(upgraded);
    assert!(
        heap <= HEAP && stable <= STABLE,
        "{heap} bytes of heap, {stable} of stable memory"
    );
}

/// A tenth more than what is stated.
const HEAP: u64 = HEAP_A_CANISTER * 11 / 10;
const STABLE: u64 = STABLE_A_CANISTER * 11 / 10;
