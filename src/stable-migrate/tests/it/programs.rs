//! Small canisters: each keeps a number on its heap, saves it in stable memory and answers it.

use std::fs;
use std::path::{Path, PathBuf};

use canister_host::{HostConfig, LoneCanister, Module, Principal};
use stable_migrate::write_snapshot;

/// What happens in post_upgrade, as WebAssembly text.
pub const KEEPS: &str = "(drop (call $grow (i64.const 0)))";
pub const TRAPS: &str = "unreachable";
pub const LOOPS: &str = "(loop $again (br $again))";
pub const FORGETS: &str = "(i32.store8 (i32.const 100) (i32.const 7))";

/// A module that, after an upgrade, reads its number and then does `then`; it imports `ic0.import`.
pub fn module(then: &str, import: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
          (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
          (import "ic0" "stable64_read" (func $read (param i64 i64 i64)))
          (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
          (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
          (import "ic0" "msg_reply" (func $reply))
          (import "ic0" "{import}" (func $more (result i64)))
          (memory (export "memory") 1)
          (global $used (mut i32) (i32.const 42))
          (data (i32.const 90) "DIDL\00\01\7b")
          (func (export "canister_init")
            (i32.store8 (i32.const 100) (i32.const 42))
            (drop (call $grow (i64.const 1))))
          (func (export "canister_pre_upgrade")
            (call $write (i64.const 0) (i64.const 100) (i64.const 1))
            (call $write (i64.const 1) (i64.const 100) (i64.const 1)))
          (func (export "canister_post_upgrade")
            (call $read (i64.const 100) (i64.const 0) (i64.const 1))
            {then})
          (func (export "canister_query get")
            (call $append (i32.const 90) (i32.const 7))
            (call $append (i32.const 100) (i32.const 1))
            (call $reply))
          (@custom "icp:public candid:service" "service : {{ get : () -> (nat8) query }}"))"#
    );
    wat::parse_str(text).unwrap()
}

/// Writes such a module and returns its path.
pub fn module_file(directory: &Path, name: &str, then: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, module(then, "time")).unwrap();
    path
}

/// The snapshot of a canister of such a module, whose number is 42.
pub fn snapshot(directory: &Path) -> PathBuf {
    let me = Principal::anonymous();
    let module = Module::new(&module(KEEPS, "time")).unwrap();
    let mut lone = LoneCanister::install(HostConfig::default(), None, me, &module, &[]).unwrap();
    let path = directory.join("snapshot");
    write_snapshot(&lone.snapshot().unwrap(), &path).unwrap();
    path
}

/// A module of a canister with a journal: `body` are its functions, `interface` its service in Candid. It says that
/// it uses the library.
pub fn with_library(interface: &str, body: &str) -> String {
    format!(
        r#"(module
          (import "ic0" "time" (func $time (result i64)))
          (import "ic0" "global_timer_set" (func $set (param i64) (result i64)))
          (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
          (import "ic0" "msg_reply" (func $reply))
          (import "ic0" "msg_reject" (func $reject (param i32 i32)))
          (import "ic0" "msg_arg_data_size" (func $size (result i32)))
          (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
          (import "ic0" "stable64_read" (func $read (param i64 i64 i64)))
          (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
          (import "ic0" "call_new" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32)))
          (import "ic0" "call_perform" (func $perform (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "DIDL\00\00")
          (data (i32.const 16) "DIDL\00\01\7b")
          {body}
          (@custom "icp:public candid:service" "{interface}")
          (@custom "ic-stable-migration" "1"))"#
    )
}
