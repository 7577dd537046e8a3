//! What the tests have in common: modules from text, and a host with one of them installed.

use canister_host::{CanisterSettings, Host, InstallMode, Limits, Module, Principal, Reject};

/// Who calls in these tests.
pub const ME: Principal = Principal::from_slice(&[1, 2, 3]);

/// Imports most modules want, under names without `ic0`.
const IMPORTS: &str = r#"
    (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
    (import "ic0" "msg_reply" (func $reply))
    (import "ic0" "msg_reject" (func $reject (param i32 i32)))
    (import "ic0" "msg_arg_data_size" (func $arg_size (result i32)))
    (import "ic0" "msg_arg_data_copy" (func $arg_copy (param i32 i32 i32)))
    (import "ic0" "trap" (func $trap (param i32 i32)))
    (import "ic0" "debug_print" (func $print (param i32 i32)))
    (import "ic0" "stable64_size" (func $stable_size (result i64)))
    (import "ic0" "stable64_grow" (func $stable_grow (param i64) (result i64)))
    (import "ic0" "stable64_write" (func $stable_write (param i64 i64 i64)))
    (import "ic0" "stable64_read" (func $stable_read (param i64 i64 i64)))
    (import "ic0" "global_timer_set" (func $timer_set (param i64) (result i64)))
    (import "ic0" "certified_data_set" (func $certify (param i32 i32)))
    (import "ic0" "performance_counter" (func $counter (param i32) (result i64)))
    (import "ic0" "time" (func $time (result i64)))
    (import "ic0" "call_new"
      (func $call_new (param i32 i32 i32 i32 i32 i32 i32 i32)))
    (import "ic0" "call_on_cleanup" (func $on_cleanup (param i32 i32)))
    (import "ic0" "call_data_append" (func $call_append (param i32 i32)))
    (import "ic0" "call_perform" (func $perform (result i32)))
    (import "ic0" "msg_reject_code" (func $reject_code (result i32)))
    (import "ic0" "msg_caller_size" (func $caller_size (result i32)))
    (import "ic0" "msg_caller_copy" (func $caller_copy (param i32 i32 i32)))
"#;

/// Functions most modules want: they answer with a number, or with what is on the heap.
const FUNCTIONS: &str = r#"
    (func $answer32 (param $n i32)
      (i32.store (i32.const 65000) (local.get $n))
      (call $append (i32.const 65000) (i32.const 4)) (call $reply))
    (func $answer64 (param $n i64)
      (i64.store (i32.const 65000) (local.get $n))
      (call $append (i32.const 65000) (i32.const 8)) (call $reply))
"#;

/// A module from the fields of its text, with the common imports and functions.
pub fn module(fields: &str) -> Module {
    raw_module(&text_of(fields))
}

/// The same, telling the host what its functions spend.
pub fn profiled_module(fields: &str) -> Module {
    let wasm = wat::parse_str(text_of(fields)).expect("the text is WebAssembly");
    Module::profiled(&wasm).expect("it is a canister")
}

fn text_of(fields: &str) -> String {
    format!("(module {IMPORTS} {fields} {FUNCTIONS})")
}

/// A module from its text as it is.
pub fn raw_module(text: &str) -> Module {
    Module::new(&wat::parse_str(text).expect("the text is WebAssembly")).expect("it is a canister")
}

/// A host with one canister that has a module installed.
pub fn installed(fields: &str) -> (Host, Principal) {
    installed_with(fields, Limits::default())
}

/// The same, with limits.
pub fn installed_with(fields: &str, limits: Limits) -> (Host, Principal) {
    installed_module_with(&module(fields), limits)
}

/// A host with one canister that has this module.
pub fn installed_module(module: &Module) -> (Host, Principal) {
    installed_module_with(module, Limits::default())
}

fn installed_module_with(module: &Module, limits: Limits) -> (Host, Principal) {
    let mut host = Host::new();
    let id = host.create_canister(CanisterSettings {
        limits,
        ..Default::default()
    });
    host.install(id, InstallMode::Install, module, &[], ME)
        .expect("it installs");
    (host, id)
}

/// An upgrade that runs pre_upgrade.
pub const UPGRADE: InstallMode = InstallMode::Upgrade {
    skip_pre_upgrade: false,
};

/// The number a query answers.
pub fn ask(host: &mut Host, id: Principal, method: &str) -> u64 {
    number(
        &host
            .query(id, ME, method, &[])
            .expect("the query is answered")
            .bytes,
    )
}

/// The number an update answers.
pub fn call(host: &mut Host, id: Principal, method: &str) -> Result<u64, Reject> {
    host.update(id, ME, method, &[])
        .map(|reply| number(&reply.bytes))
}

/// The little-endian number a reply ends with.
fn number(bytes: &[u8]) -> u64 {
    let (mut all, last) = ([0; 8], &bytes[bytes.len().saturating_sub(8)..]);
    all[..last.len()].copy_from_slice(last);
    u64::from_le_bytes(all)
}

/// Everything of a canister that a trap must leave alone.
#[derive(Debug, PartialEq)]
pub struct State {
    heap: Vec<u8>,
    stable: Vec<u8>,
    timer: u64,
    certified: Vec<u8>,
    cycles: u128,
}

/// The state of a canister now.
pub fn state(host: &Host, id: Principal) -> State {
    State {
        heap: host.heap(id).unwrap(),
        stable: host.stable_memory(id).unwrap().to_vec().unwrap(),
        timer: host.global_timer(id).unwrap(),
        certified: host.certified_data(id).unwrap().to_vec(),
        cycles: host.cycles(id).unwrap(),
    }
}
