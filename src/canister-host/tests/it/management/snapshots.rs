//! Snapshots that the subnet keeps.

use canister_host::{Change, HostConfig, INSTALL_RATE, Prices, Principal};
use ic_management_canister_types::{
    DeleteCanisterSnapshotArgs, LoadCanisterSnapshotArgs, Snapshot, TakeCanisterSnapshotArgs,
    UploadChunkArgs,
};

use super::support::*;
use crate::support::*;

fn take_args(canister_id: Principal, replace: Option<&Snapshot>) -> (TakeCanisterSnapshotArgs,) {
    let args = TakeCanisterSnapshotArgs {
        canister_id,
        replace_snapshot: replace.map(|snapshot| snapshot.id.clone()),
        uninstall_code: None,
        sender_canister_version: None,
    };
    (args,)
}

fn load_args(canister_id: Principal, snapshot: &Snapshot) -> (LoadCanisterSnapshotArgs,) {
    let args = LoadCanisterSnapshotArgs {
        canister_id,
        snapshot_id: snapshot.id.clone(),
        sender_canister_version: None,
    };
    (args,)
}

fn delete_args(canister_id: Principal, snapshot: &Snapshot) -> (DeleteCanisterSnapshotArgs,) {
    let args = DeleteCanisterSnapshotArgs {
        canister_id,
        snapshot_id: snapshot.id.clone(),
    };
    (args,)
}

fn take(it: &mut Orchestra, id: Principal) -> Snapshot {
    let (taken,) = it
        .ask("take_canister_snapshot", take_args(id, None))
        .unwrap();
    taken
}

fn list(it: &mut Orchestra, id: Principal) -> Vec<Snapshot> {
    let (list,) = it.ask("list_canister_snapshots", about(id)).unwrap();
    list
}

fn count(it: &mut Orchestra, id: Principal) -> Vec<u8> {
    it.host.update(id, ME, "count", &[]).unwrap().bytes
}

#[test]
fn a_snapshot_brings_back_module_memories_and_chunks_and_raises_the_version() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    count(&mut it, id);
    let chunk = UploadChunkArgs {
        canister_id: id,
        chunk: vec![7],
    };
    it.ask::<(candid::Reserved,)>("upload_chunk", (chunk,))
        .unwrap();
    it.stop(id);
    let taken = take(&mut it, id);
    let before = it.host.take_snapshot(id).unwrap();
    it.start(id);
    count(&mut it, id);
    it.ask::<()>("clear_chunk_store", about(id)).unwrap();
    it.ask::<()>("install_code", (upgrade(id, &forwarder(), &[]),))
        .unwrap();

    it.stop(id);
    let version = it.status(id).version;
    it.ask::<()>("load_canister_snapshot", load_args(id, &taken))
        .unwrap();
    let after = it.host.take_snapshot(id).unwrap();
    assert_eq!(after.difference(&before).unwrap(), None);
    let status = it.status(id);
    assert_eq!(status.version, version + 1);
    let chunks = status.memory_metrics.wasm_chunk_store_size;
    assert_eq!(chunks, 1u64 << 20);
    it.start(id);
    assert_eq!(count(&mut it, id), [2, 2]);
    let last = it.host.history(id).unwrap().last().unwrap();
    assert!(matches!(&last.change, Change::SnapshotLoaded { of, .. } if *of == id));
}

#[test]
fn a_snapshot_holds_what_was_there_when_it_was_taken() {
    let mut it = Orchestra::new();
    let ids = [it.player(&counter()), it.player(&counter())];
    count(&mut it, ids[1]);
    let taken = ids.map(|id| take(&mut it, id));
    for (id, taken) in ids.into_iter().zip(&taken) {
        let before = it.host.take_snapshot(id).unwrap();
        count(&mut it, id);
        let stored = it.host.stored_snapshot(id, &taken.id).unwrap().unwrap();
        assert_eq!((stored.heap, stored.module), (before.heap, before.module));
        assert_eq!(stored.globals, before.globals);
        let byte = stored.stable.first_difference(&before.stable).unwrap();
        assert_eq!(byte, None);
    }
}

#[test]
fn a_canister_may_be_uninstalled_once_its_snapshot_is_taken() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    count(&mut it, id);
    let (mut args,) = take_args(id, None);
    args.uninstall_code = Some(true);
    let (taken,): (Snapshot,) = it.ask("take_canister_snapshot", (args,)).unwrap();
    assert_eq!(it.status(id).module_hash, None);
    assert_eq!(it.host.stable_pages(id).unwrap(), 0);
    it.ask::<()>("load_canister_snapshot", load_args(id, &taken))
        .unwrap();
    assert_eq!(count(&mut it, id), [2, 2]);
}

#[test]
fn a_canister_has_ten_snapshots_at_most_and_one_can_take_the_place_of_another() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    let taken: Vec<Snapshot> = (0..10).map(|_| take(&mut it, id)).collect();
    assert_eq!(list(&mut it, id), taken);
    let method = "take_canister_snapshot";
    let (code, message) = it
        .ask::<(Snapshot,)>(method, take_args(id, None))
        .unwrap_err();
    assert_eq!(code, 4);
    assert!(message.contains("10 snapshots"), "{message}");

    let args = take_args(id, Some(&taken[3]));
    let (replaced,): (Snapshot,) = it.ask(method, args.clone()).unwrap();
    let left = list(&mut it, id);
    assert_eq!((left.len(), left.last()), (10, Some(&replaced)));
    assert!(!left.contains(&taken[3]));
    let controller = it.id;
    let reject = manage::<(Snapshot,)>(&mut it.host, controller, method, args);
    assert_eq!(reject.unwrap_err().error_code, "IC0305");

    let args = delete_args(id, &taken[0]);
    it.ask::<()>("delete_canister_snapshot", args.clone())
        .unwrap();
    it.ask::<()>("delete_canister_snapshot", args).unwrap_err();
    take(&mut it, id);
    assert_eq!(it.host.snapshot_ids(id).unwrap().len(), 10);
}

#[test]
fn an_empty_canister_has_nothing_to_take_a_snapshot_of() {
    let mut it = Orchestra::new();
    let id = it.host.create_canister(canister_host::CanisterSettings {
        controllers: vec![it.id],
        ..Default::default()
    });
    let rejected = it.ask::<(Snapshot,)>("take_canister_snapshot", take_args(id, None));
    assert_eq!(rejected.unwrap_err().0, 4);
}

#[test]
fn a_snapshot_is_loaded_on_another_canister_by_who_controls_both() {
    let mut it = Orchestra::new();
    let (id, other) = (it.player(&counter()), it.player(&forwarder()));
    count(&mut it, id);
    let taken = take(&mut it, id);
    it.ask::<()>("load_canister_snapshot", load_args(other, &taken))
        .unwrap();
    assert_eq!(count(&mut it, other), [2, 2]);

    it.host.set_controllers(id, vec![ME]).unwrap();
    let rejected = it.ask::<()>("load_canister_snapshot", load_args(other, &taken));
    assert_eq!(rejected.unwrap_err().0, 4);
    let rejected = it.ask::<(Vec<Snapshot>,)>("list_canister_snapshots", about(id));
    assert_eq!(rejected.unwrap_err().0, 5);
}

#[test]
fn snapshots_cost_2_billions_and_one_for_each_byte() {
    let mut it = Orchestra::with_config(HostConfig {
        prices: Some(Prices::default()),
        install_rate: Some(INSTALL_RATE),
        ..Default::default()
    });
    let id = it.player(&counter());
    it.host.pass_rounds(10);
    let before = it.host.cycles(id).unwrap();
    let taken = take(&mut it, id);
    let price = 2_005_000_000 + u128::from(taken.total_size);
    assert_eq!(before - it.host.cycles(id).unwrap(), price);
    assert_eq!(
        it.status(id).memory_metrics.snapshots_size,
        taken.total_size
    );

    it.ask::<()>("load_canister_snapshot", load_args(id, &taken))
        .unwrap();
    assert!(before - it.host.cycles(id).unwrap() > 2 * price);
    assert!(it.host.rounds_until_install(id).unwrap() > 0);
    let rejected = it.ask::<()>("load_canister_snapshot", load_args(id, &taken));
    assert_eq!(
        rejected.unwrap_err().0,
        2,
        "installations and loads are rate limited"
    );
}

#[test]
fn a_canister_that_cannot_pay_gets_no_snapshot() {
    let mut it = Orchestra::with_config(HostConfig {
        prices: Some(Prices::default()),
        install_instructions: 1_000_000_000,
        ..Default::default()
    });
    let id = it.host.create_canister(canister_host::CanisterSettings {
        controllers: vec![it.id],
        cycles: 1_900_000_000,
        freezing_threshold: 0,
        ..Default::default()
    });
    let mode = canister_host::InstallMode::Install;
    it.host.install(id, mode, &counter(), &[], ME).unwrap();
    let controller = it.id;
    let method = "take_canister_snapshot";
    let reject = manage::<(Snapshot,)>(&mut it.host, controller, method, take_args(id, None));
    assert_eq!(reject.unwrap_err().error_code, "IC0207");
    assert!(it.host.snapshot_ids(id).unwrap().is_empty());
}
