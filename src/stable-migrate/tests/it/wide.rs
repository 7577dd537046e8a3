//! A canister with a 64-bit heap is rehearsed as any other.

use canister_host::{HostConfig, LoneCanister, Module, Principal};
use stable_migrate::write_snapshot;

use super::run::stable_migrate;

/// Keeps a number over upgrades: in stable memory, or on a heap that is kept.
fn module(memory: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
          (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
          (import "ic0" "stable64_read" (func $read (param i64 i64 i64)))
          (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
          (import "ic0" "msg_reply_data_append" (func $append (param i64 i64)))
          (import "ic0" "msg_reply" (func $reply))
          {memory}
          (func (export "canister_query get")
            (call $append (i64.const 90) (i64.const 8))
            (call $reply))
          (@custom "icp:public candid:service" "service : {{ get : () -> (nat8) query }}"))"#
    );
    wat::parse_str(text).unwrap()
}

/// The number is set by init, saved and read.
const SAVES: &str = r#"
    (memory (export "memory") i64 1) (data (i64.const 90) "DIDL\00\01\7b")
    (func (export "canister_init")
      (i64.store8 (i64.const 97) (i64.const 42)) (drop (call $grow (i64.const 1))))
    (func (export "canister_pre_upgrade")
      (call $write (i64.const 0) (i64.const 97) (i64.const 1)))
    (func (export "canister_post_upgrade")
      (call $read (i64.const 97) (i64.const 0) (i64.const 1)))"#;

/// The number is set by init, and that is all.
const KEEPS_ITS_HEAP: &str = r#"
    (memory (export "memory") i64 1) (data $candid "DIDL\00\01\7b")
    (func (export "canister_init")
      (memory.init $candid (i64.const 90) (i32.const 0) (i32.const 7))
      (i64.store8 (i64.const 97) (i64.const 42)))
    (@custom "icp:private enhanced-orthogonal-persistence" "")"#;

#[test]
fn it_is_restored_upgraded_and_asked() {
    for memory in [SAVES, KEEPS_ITS_HEAP] {
        let dir = tempfile::tempdir().unwrap();
        let wasm = dir.path().join("module.wasm");
        std::fs::write(&wasm, module(memory)).unwrap();
        let installed = Module::new(&module(memory)).unwrap();
        let me = Principal::anonymous();
        let config = HostConfig::default();
        let mut lone = LoneCanister::install(config, None, me, &installed, &[]).unwrap();
        let path = dir.path().join("snapshot");
        write_snapshot(&lone.snapshot().unwrap(), &path).unwrap();
        stable_migrate(["diff".as_ref(), path.as_os_str(), path.as_os_str()]).ok();
        let text = stable_migrate([
            "rehearse".as_ref(),
            path.as_os_str(),
            "--wasm".as_ref(),
            wasm.as_os_str(),
        ])
        .ok();
        assert!(text.contains("1 of 1 the same"), "{text}");
        assert!(text.contains("everything held"), "{text}");
    }
}
