//! Modules and snapshots that somebody made up: each is refused with a sentence or runs, and
//! the host goes on.

use std::time::Duration;

use canister_host::{
    CanisterSettings, GlobalValue, Host, HostConfig, InstallMode, Limits, Module, Principal,
    Snapshot, StableMemory,
};
use proptest::prelude::*;

use crate::support::{ME, UPGRADE};

/// Modules with something of everything, for pieces of them to be replaced.
fn originals() -> Vec<Vec<u8>> {
    let with = |pointer: &str, memory: &str| {
        let text = r#"(module
          (import "ic0" "msg_reply_data_append" (func $append (param P P)))
          (import "ic0" "msg_reply" (func $reply))
          (import "ic0" "msg_arg_data_copy" (func $arg (param P P P)))
          (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
          (import "ic0" "stable64_read" (func $read (param i64 i64 i64)))
          (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
          (import "ic0" "call_new" (func $new (param P P P P P P P P)))
          (import "ic0" "call_data_append" (func $data (param P P)))
          (import "ic0" "call_perform" (func $perform (result i32)))
          (import "ic0" "global_timer_set" (func $timer (param i64) (result i64)))
          (import "ic0" "debug_print" (func $print (param P P)))
          (import "ic0" "trap" (func $trap (param P P)))
          (memory (export "memory") M)
          (table 3 9 funcref) (elem (P.const 0) $callback $callback)
          (global $n (mut i64) (i64.const 5)) (global (export "g") f64 (f64.const 1.5))
          (data (P.const 8) "data of the module")
          (start $start)
          (func $start (global.set $n (i64.const 6)))
          (func $callback (param P) (call $append (local.get 0) (P.const 3)) (call $reply))
          (func (export "canister_init")
            (drop (call $grow (i64.const 2)))
            (call $write (i64.const 4094) (i64.const 8) (i64.const 9)))
          (func (export "canister_pre_upgrade")
            (call $write (i64.const 70000) (i64.const 0) (i64.const 64)))
          (func (export "canister_post_upgrade")
            (call $read (i64.const 100) (i64.const 70000) (i64.const 64)))
          (func (export "canister_update update")
            (call $arg (P.const 0) (P.const 0) (P.const 4))
            (call $new (P.const 0) (P.const 4) (P.const 8) (P.const 4)
              (P.const 0) (P.const 1) (P.const 1) (P.const 2))
            (call $data (P.const 8) (P.const 8))
            (drop (call $perform))
            (drop (call $timer (i64.const 1)))
            (drop (memory.grow (P.const 1)))
            (call $print (P.const 8) (P.const 4)))
          (func (export "canister_query query")
            (call $append (P.const 8) (P.const 4)) (call $reply))
          (func (export "canister_inspect_message") (call $print (P.const 8) (P.const 4)))
          (func (export "canister_global_timer") (call $trap (P.const 8) (P.const 4)))
          (func (export "canister_heartbeat") (global.set $n (i64.const 7)))
          (@custom "icp:public candid:service" "service : {}"))"#;
        let text = text.replace('P', pointer).replace("memory\") M", memory);
        // The table's offsets are 32 bits whatever the heap's are.
        let text = text.replace(&format!("(elem ({pointer}"), "(elem (i32");
        wat::parse_str(text).unwrap()
    };
    vec![with("i32", "memory\") 1"), with("i64", "memory\") i64 1")]
}

fn small_host() -> Host {
    Host::with_config(HostConfig {
        update_instructions: 100_000,
        query_instructions: 100_000,
        inspect_instructions: 100_000,
        install_instructions: 50_000_000,
        ..Default::default()
    })
}

fn small_canister(host: &mut Host) -> Principal {
    host.create_canister(CanisterSettings {
        limits: Limits {
            heap_pages: 64,
            stable_pages: 64,
            ..Limits::default()
        },
        ..Default::default()
    })
}

/// Does everything with a canister that can be done; whether it works does not matter.
fn exercise(host: &mut Host, id: Principal, module: &Module) {
    for name in module.updates().chain(module.queries()) {
        let _ = host.update(id, ME, name, b"DIDL");
        let _ = host.query(id, ME, name, b"DIDL");
    }
    host.advance_time(Duration::from_secs(1));
    host.tick();
    let _ = host.install(id, UPGRADE, module, b"argument", ME);
    if let Ok(snapshot) = host.take_snapshot(id) {
        host.load_snapshot(id, &snapshot).unwrap();
    }
    let _ = host.query(id, ME, "query", &[]);
}

#[test]
fn the_modules_the_pieces_come_from_run() {
    for wasm in originals() {
        let module = Module::new(&wasm).unwrap();
        let mut host = small_host();
        let id = small_canister(&mut host);
        host.install(id, InstallMode::Install, &module, &[], ME)
            .unwrap();
        assert_eq!(host.query(id, ME, "query", &[]).unwrap().bytes, b"data");
        exercise(&mut host, id, &module);
        assert_eq!(host.query(id, ME, "query", &[]).unwrap().bytes, b"data");
    }
}

fn global() -> impl Strategy<Value = GlobalValue> {
    prop_oneof![
        any::<i32>().prop_map(GlobalValue::I32),
        any::<i64>().prop_map(GlobalValue::I64),
        any::<u32>().prop_map(GlobalValue::F32),
        any::<u64>().prop_map(GlobalValue::F64),
        any::<u128>().prop_map(GlobalValue::V128),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_module_of_which_bytes_were_changed_is_refused_or_runs(
        which in 0..2usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut wasm = originals().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(wasm.len());
            wasm[at] = byte;
        }
        if let Some(cut) = cut {
            wasm.truncate(cut.index(wasm.len()));
        }
        match Module::new(&wasm) {
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(module) => {
                let mut host = small_host();
                let id = small_canister(&mut host);
                match host.install(id, InstallMode::Install, &module, &[], ME) {
                    Err(error) => prop_assert!(!error.to_string().is_empty()),
                    Ok(_) => exercise(&mut host, id, &module),
                }
            }
        }
    }

    #[test]
    fn a_snapshot_whose_parts_do_not_belong_together_is_refused_or_runs(
        which in 0..2usize,
        globals in prop::option::of(prop::collection::vec(global(), 0..5)),
        heap in prop_oneof![Just(65_536usize), Just(0), 0..200_000usize],
        stable in 0..200_000usize,
        certified in 0..40usize,
        (timer, version, taken_at) in any::<(Option<u64>, u64, u64)>(),
    ) {
        let wasm = originals().swap_remove(which);
        let module = Module::new(&wasm).unwrap();
        let mut host = small_host();
        let id = small_canister(&mut host);
        host.install(id, InstallMode::Install, &module, &[], ME).unwrap();
        let good = host.take_snapshot(id).unwrap();
        let snapshot = Snapshot {
            globals: globals.unwrap_or(good.globals),
            heap: vec![7; heap],
            stable: StableMemory::from(vec![9; stable]),
            certified_data: vec![1; certified],
            global_timer: timer,
            version,
            taken_at,
            ..good
        };
        match host.load_snapshot(id, &snapshot) {
            Err(error) => {
                prop_assert!(!error.to_string().is_empty());
                let reply = host.query(id, ME, "query", &[]).unwrap();
                prop_assert_eq!(reply.bytes, b"data", "nothing changed");
            }
            Ok(()) => exercise(&mut host, id, &module),
        }
    }
}
