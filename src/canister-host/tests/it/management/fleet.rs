//! A thousand canisters with a snapshot each, on one host.

use ic_management_canister_types::{LoadCanisterSnapshotArgs, Snapshot, TakeCanisterSnapshotArgs};

use super::support::*;
use crate::support::*;

#[test]
fn a_thousand_canisters_are_stopped_saved_upgraded_brought_back_and_started() {
    let mut it = Orchestra::new();
    let module = counter();
    let ids: Vec<_> = (0..1_000).map(|_| it.player(&module)).collect();
    for (at, &id) in ids.iter().enumerate() {
        it.host.update(id, ME, "count", &[]).unwrap();
        it.stop(id);
        let args = TakeCanisterSnapshotArgs {
            canister_id: id,
            replace_snapshot: None,
            uninstall_code: None,
            sender_canister_version: None,
        };
        let (taken,): (Snapshot,) = it.ask("take_canister_snapshot", (args,)).unwrap();
        it.ask::<()>("install_code", (upgrade(id, &forwarder(), &[]),))
            .unwrap();
        if at % 2 == 0 {
            let args = LoadCanisterSnapshotArgs {
                canister_id: id,
                snapshot_id: taken.id,
                sender_canister_version: None,
            };
            it.ask::<()>("load_canister_snapshot", (args,)).unwrap();
        }
        it.start(id);
    }
    for (at, &id) in ids.iter().enumerate() {
        let counted = it.host.update(id, ME, "count", &[]);
        assert_eq!(counted.is_ok(), at % 2 == 0);
    }
    assert_eq!(it.host.count_management_calls("install_code"), 1_000);
}
