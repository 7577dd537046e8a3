//! A snapshot is the whole canister: taken, loaded and taken again it is the same.

use canister_host::{
    CanisterSettings, GlobalValue, HostError, InstallMode, Snapshot, SnapshotError, StableMemory,
};

use crate::support::*;

/// Globals of all kinds, exported and not, in an order that is not the snapshot's.
const FIELDS: &str = r#"
    (memory 1 9)
    (global $hidden (mut i32) (i32.const 1))
    (global $hidden_constant i32 (i32.const 2))
    (global $shown_constant (export "z") i64 (i64.const 3))
    (global $float (mut f64) (f64.const 0.5))
    (global $shown (export "a") (mut i32) (i32.const 4))
    (func (export "canister_update change")
      (global.set $hidden (i32.add (global.get $hidden) (i32.const 10)))
      (global.set $shown (i32.const 40)) (global.set $float (f64.const 2.5))
      (drop (memory.grow (i32.const 1))) (i32.store (i32.const 100000) (i32.const 77))
      (drop (call $stable_grow (i64.const 2)))
      (call $stable_write (i64.const 70000) (i64.const 100000) (i64.const 4))
      (drop (call $timer_set (i64.const 123))) (call $certify (i32.const 0) (i32.const 3))
      (call $reply))
    (func (export "canister_query all")
      (call $answer32 (i32.add
        (i32.add (global.get $hidden) (global.get $shown)) (i32.load (i32.const 100000)))))
    (func (export "canister_pre_upgrade") unreachable)
    (func (export "canister_post_upgrade") unreachable)
"#;

fn taken() -> Snapshot {
    let (mut host, id) = installed(FIELDS);
    host.update(id, ME, "change", &[]).unwrap();
    host.take_snapshot(id).unwrap()
}

fn load(snapshot: &Snapshot) -> Result<u64, SnapshotError> {
    let (mut host, id) = installed("(memory 1)");
    match host.load_snapshot(id, snapshot) {
        Ok(()) => Ok(ask(&mut host, id, "all")),
        Err(HostError::Snapshot { error, .. }) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn the_globals_are_in_the_networks_order_with_a_counter_at_the_end() {
    use GlobalValue::{F64, I32, I64};
    let expected = [I64(3), I32(40), I32(11), F64(2.5f64.to_bits()), I64(0)];
    assert_eq!(taken().globals, expected);
}

#[test]
fn a_loaded_snapshot_goes_on_where_it_was_taken_without_running_a_hook() {
    let snapshot = taken();
    let (mut host, id) = installed("(memory 1)");
    host.load_snapshot(id, &snapshot).unwrap();
    assert_eq!(ask(&mut host, id, "all"), 11 + 40 + 77);

    let again = host.take_snapshot(id).unwrap();
    assert_eq!(again.module, snapshot.module);
    assert_eq!(again.heap, snapshot.heap);
    assert_eq!(again.globals, snapshot.globals);
    assert_eq!(
        again.stable.first_difference(&snapshot.stable).unwrap(),
        None
    );
    assert_eq!(again.certified_data, snapshot.certified_data);
    assert_eq!(again.global_timer, Some(123));
    assert!(again.version > snapshot.version);

    host.update(id, ME, "change", &[]).unwrap();
    assert_eq!(ask(&mut host, id, "all"), 21 + 40 + 77);
}

#[test]
fn a_snapshot_is_not_touched_by_what_happens_after() {
    let (mut host, id) = installed(FIELDS);
    let before = host.take_snapshot(id).unwrap();
    host.update(id, ME, "change", &[]).unwrap();
    host.load_snapshot(id, &before).unwrap();
    assert_eq!(
        host.heap_pages(id).unwrap(),
        1,
        "loading can make a heap smaller"
    );
    assert_eq!(host.stable_pages(id).unwrap(), 0);
    assert_eq!(host.global_timer(id).unwrap(), 0);
}

#[test]
fn a_snapshot_that_does_not_say_leaves_the_timer() {
    let (mut host, id) = installed(FIELDS);
    host.update(id, ME, "change", &[]).unwrap();
    let silent = Snapshot {
        global_timer: None,
        ..host.take_snapshot(id).unwrap()
    };
    host.load_snapshot(id, &silent).unwrap();
    assert_eq!(host.global_timer(id).unwrap(), 123);
}

#[test]
fn globals_of_another_module_are_refused_with_both_lists() {
    let mut snapshot = taken();
    snapshot.globals.pop();
    let error = load(&snapshot).unwrap_err().to_string();
    assert!(error.contains("(i64, i32, i32, f64)"), "{error}");
    assert!(error.contains("(i64, i32, i32, f64, i64)"), "{error}");
    snapshot.globals.push(GlobalValue::I32(0));
    assert!(matches!(
        load(&snapshot),
        Err(SnapshotError::Globals { .. })
    ));
}

#[test]
fn a_heap_the_module_cannot_have_is_refused() {
    for bytes in [0, 1, 65_535, 65_537, 10 * 65_536] {
        let snapshot = Snapshot {
            heap: vec![0; bytes],
            ..taken()
        };
        let error = load(&snapshot).unwrap_err();
        assert!(matches!(error, SnapshotError::Heap { .. }), "{error}");
    }
    let larger = Snapshot {
        heap: vec![0; 9 * 65_536],
        ..taken()
    };
    assert_eq!(load(&larger).unwrap(), 51, "up to what the module allows");
}

#[test]
fn a_damaged_module_or_oversized_data_is_refused_and_nothing_changes() {
    let (mut host, id) = installed(FIELDS);
    host.update(id, ME, "change", &[]).unwrap();
    let before = state(&host, id);
    let good = host.take_snapshot(id).unwrap();
    let damaged = [
        Snapshot {
            module: b"\0asm????".to_vec(),
            ..good.clone()
        },
        Snapshot {
            certified_data: vec![0; 33],
            ..good.clone()
        },
    ];
    for snapshot in damaged {
        let error = host.load_snapshot(id, &snapshot).unwrap_err();
        assert!(matches!(error, HostError::Snapshot { .. }), "{error}");
        assert_eq!(state(&host, id), before);
    }
}

#[test]
fn a_smaller_stable_memory_can_be_loaded_than_there_is() {
    let (mut host, id) = installed(FIELDS);
    host.update(id, ME, "change", &[]).unwrap();
    let stable = StableMemory::from(&b"small"[..]);
    let smaller = Snapshot {
        stable,
        ..host.take_snapshot(id).unwrap()
    };
    host.load_snapshot(id, &smaller).unwrap();
    assert_eq!(host.stable_pages(id).unwrap(), 1);
}

#[test]
fn an_empty_canister_has_no_snapshot_but_can_be_given_one() {
    let mut host = canister_host::Host::new();
    let id = host.create_canister(CanisterSettings::default());
    assert_eq!(host.take_snapshot(id).unwrap_err(), HostError::NoModule(id));
    host.load_snapshot(id, &taken()).unwrap();
    assert_eq!(ask(&mut host, id, "all"), 128);
}

#[test]
fn the_last_version_there_is_stays_the_last() {
    let (mut host, id) = installed(FIELDS);
    let mut snapshot = host.take_snapshot(id).unwrap();
    snapshot.version = u64::MAX;
    host.load_snapshot(id, &snapshot).unwrap();
    host.update(id, ME, "change", &[]).unwrap();
    let module = module("(memory 1)");
    host.install(id, InstallMode::Reinstall, &module, &[], ME)
        .unwrap();
    assert_eq!(host.take_snapshot(id).unwrap().version, u64::MAX);
}
