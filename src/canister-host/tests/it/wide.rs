//! Modules with 64-bit heaps.

use canister_host::{
    CanisterSettings, Host, HostError, InstallMode, Module, ModuleError, PAGE_SIZE, Principal,
    candid_pointer,
};

use crate::support::{ME, UPGRADE};

const IMPORTS: &str = r#"
    (import "ic0" "msg_arg_data_size" (func $arg_size (result i64)))
    (import "ic0" "msg_arg_data_copy" (func $arg_copy (param i64 i64 i64)))
    (import "ic0" "msg_reply_data_append" (func $append (param i64 i64)))
    (import "ic0" "msg_reply" (func $reply))
    (import "ic0" "stable64_grow" (func $stable_grow (param i64) (result i64)))
    (import "ic0" "stable64_write" (func $stable_write (param i64 i64 i64)))
    (import "ic0" "stable64_read" (func $stable_read (param i64 i64 i64)))
    (import "ic0" "canister_self_copy" (func $self (param i64 i64 i64)))
    (import "ic0" "call_new" (func $call_new (param i64 i64 i64 i64 i64 i64 i64 i64)))
    (import "ic0" "call_perform" (func $perform (result i32)))
    (func $answer (param $n i64)
      (i64.store (i64.const 900) (local.get $n))
      (call $append (i64.const 900) (i64.const 8)) (call $reply))
"#;

fn wide(fields: &str) -> Result<Module, ModuleError> {
    Module::new(&wat::parse_str(format!("(module {IMPORTS} {fields})")).unwrap())
}

fn installed(fields: &str) -> (Host, Principal) {
    let mut host = Host::new();
    let id = host.create_canister(CanisterSettings::default());
    let module = wide(fields).unwrap();
    host.install(id, InstallMode::Install, &module, &[], ME)
        .unwrap();
    (host, id)
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().unwrap())
}

const COUNTING: &str = r#"
    (memory (export "memory") i64 1)
    (data (i64.const 500) "echo")
    (table 1 funcref) (elem (i32.const 0) $came)
    (global $n (mut i64) (i64.const 0))
    (func (export "canister_init") (drop (call $stable_grow (i64.const 1))))
    (func (export "canister_pre_upgrade")
      (call $stable_write (i64.const 8) (i64.const 0) (i64.const 8)))
    (func (export "canister_post_upgrade")
      (call $stable_read (i64.const 0) (i64.const 8) (i64.const 8)))
    (func (export "canister_update add")
      (i64.store (i64.const 0) (i64.add (i64.load (i64.const 0)) (call $arg_size)))
      (call $answer (i64.load (i64.const 0))))
    (func (export "canister_update trap")
      (i64.store (i64.const 0) (i64.const 999)) (drop (memory.grow (i64.const 1))) unreachable)
    (func (export "canister_query get") (call $answer (i64.load (i64.const 0))))
    (func (export "canister_update echo") (call $reply))
    (func (export "canister_update beyond")
      (call $arg_copy (i64.const 0x10010) (i64.const 0) (call $arg_size)) (call $reply))
    (func $came (param $environment i64) (call $answer (local.get $environment)))
    (func (export "canister_update echo_through")
      (call $self (i64.const 600) (i64.const 0) (i64.const 10))
      (call $call_new (i64.const 600) (i64.const 10) (i64.const 500) (i64.const 4)
        (i64.const 0) (i64.const 0x100000007) (i64.const -1) (i64.const -1))
      (drop (call $perform)))
"#;

#[test]
fn it_runs_is_undone_upgraded_and_goes_on_from_a_snapshot() {
    let (mut host, id) = installed(COUNTING);
    let reply = host.update(id, ME, "add", &[0; 7]).unwrap();
    assert_eq!(number(&reply.bytes), 7);
    host.update(id, ME, "trap", &[]).unwrap_err();
    let get = |host: &mut Host, id| number(&host.query(id, ME, "get", &[]).unwrap().bytes);
    assert_eq!((get(&mut host, id), host.heap_pages(id).unwrap()), (7, 1));
    let module = wide(COUNTING).unwrap();
    host.install(id, UPGRADE, &module, &[], ME).unwrap();
    assert_eq!(get(&mut host, id), 7);

    let snapshot = host.take_snapshot(id).unwrap();
    let other = host.create_canister(CanisterSettings::default());
    host.load_snapshot(other, &snapshot).unwrap();
    assert_eq!(get(&mut host, other), 7);
    assert!(host.module(other).unwrap().has_wide_heap());
}

#[test]
fn callbacks_get_64_bits_and_ranges_outside_the_heap_are_told() {
    let (mut host, id) = installed(COUNTING);
    let reply = host.update(id, ME, "echo_through", &[]).unwrap();
    assert_eq!(number(&reply.bytes), 0x1_0000_0007);
    let reject = host.update(id, ME, "beyond", &[1]).unwrap_err();
    assert_eq!(reject.error_code, "IC0504");
    assert!(reject.message.contains("heap range 65552+1"), "{reject}");
}

#[test]
fn it_grows_past_four_gib_and_ends_at_six() {
    let (mut host, id) = installed(
        r#"(memory i64 1)
        (func (export "canister_query grow")
          (drop (memory.grow (i64.const 70000)))
          (i64.store (i64.const 0x110000000) (i64.const 42))
          (call $answer (i64.load (i64.const 0x110000000))))
        (func (export "canister_query too_far") (call $answer (memory.grow (i64.const 98304))))"#,
    );
    let reply = host.query(id, ME, "grow", &[]).unwrap();
    assert_eq!(number(&reply.bytes), 42);
    assert_eq!(host.heap_pages(id).unwrap(), 1);
    let reply = host.query(id, ME, "too_far", &[]).unwrap();
    assert_eq!(number(&reply.bytes), u64::MAX);
}

#[test]
fn what_only_32_bit_modules_have_is_not_there_and_pointers_have_64_bits() {
    for fields in [
        r#"(import "ic0" "stable_size" (func (result i32))) (memory i64 1)"#,
        r#"(import "ic0" "canister_cycle_balance" (func (result i64))) (memory i64 1)"#,
    ] {
        let wasm = wat::parse_str(format!("(module {fields})")).unwrap();
        let error = Module::new(&wasm).unwrap_err();
        assert!(
            matches!(error, ModuleError::UnknownImport { .. }),
            "{error}"
        );
    }
    let narrow = r#"(module (import "ic0" "trap" (func (param i32 i32))) (memory i64 1))"#;
    let error = Module::new(&wat::parse_str(narrow).unwrap()).unwrap_err();
    assert!(error.to_string().contains("ic0::trap"), "{error}");
}

#[test]
fn a_heap_that_may_become_larger_than_six_gib_is_refused() {
    for memory in ["i64 98305", "i64 1 98305", "i64 0xffffffffffff"] {
        let error = wide(&format!("(memory {memory})")).unwrap_err();
        let ModuleError::Rule(rule) = error else {
            panic!("{error}")
        };
        assert!(
            rule.to_string().contains("pages of a 64-bit heap"),
            "{rule}"
        );
    }
    wide("(memory i64 1 98304)").unwrap();
}

#[test]
fn its_interface_is_read_and_a_page_of_stable_memory_costs_it_four_times() {
    let wasm = wat::parse_str(
        r#"(module (memory i64 1) (data (i64.const 9) "service : {}\00")
          (func (export "get_candid_pointer") (result i64) (i64.const 9)))"#,
    );
    assert_eq!(candid_pointer(&wasm.unwrap()).unwrap(), "service : {}");
    let (mut host, id) = installed(
        r#"(memory i64 1)
        (func (export "canister_init") (drop (call $stable_grow (i64.const 1))))
        (func (export "canister_update write")
          (call $stable_write (i64.const 0) (i64.const 0) (i64.const 1)) (call $reply))"#,
    );
    let ran = host.update(id, ME, "write", &[]).unwrap();
    let report = &ran.messages[0];
    assert_eq!(report.dirty_stable_pages, 1);
    assert!((4_000..5_000).contains(&report.instructions), "{report:?}");
}

/// The section by which Motoko says that a heap is kept over upgrades.
const KEEPS: &str = r#"(@custom "icp:private enhanced-orthogonal-persistence" "")"#;

#[test]
fn a_heap_that_is_kept_over_upgrades_is_kept() {
    let fields = r#"(memory i64 1)
        (global $fresh (mut i64) (i64.const 1))
        (func (export "canister_update set")
          (drop (memory.grow (i64.const 2)))
          (i64.store (i64.const 130000) (i64.const 42))
          (global.set $fresh (i64.const 0)) (call $reply))
        (func (export "canister_query get")
          (call $answer (i64.add (global.get $fresh) (i64.load (i64.const 130000)))))"#;
    let keeping = format!("{fields} {KEEPS}");
    let (mut host, id) = installed(&keeping);
    host.update(id, ME, "set", &[]).unwrap();
    let module = wide(&keeping).unwrap();
    let report = host.install(id, UPGRADE, &module, &[], ME).unwrap();
    assert_eq!(report.hooks().count(), 0);
    let reply = host.query(id, ME, "get", &[]).unwrap();
    assert_eq!(
        number(&reply.bytes),
        43,
        "the heap is kept, globals are not"
    );
    assert_eq!(host.heap_pages(id).unwrap() * PAGE_SIZE, 3 * 65_536);

    let error = host
        .install(id, UPGRADE, &wide(fields).unwrap(), &[], ME)
        .unwrap_err();
    assert_eq!(error, HostError::WouldLoseHeap(id));
    let reply = host.query(id, ME, "get", &[]).unwrap();
    assert_eq!(number(&reply.bytes), 43);
}
