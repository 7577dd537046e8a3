//! What is a canister module, and what is told about one.

use canister_host::{Module, ModuleError, candid_pointer, metadata};

use crate::support::*;

#[test]
fn an_import_the_host_does_not_have_is_named() {
    let wasm = wat::parse_str(r#"(module (import "ic0" "fly" (func (param i32))))"#).unwrap();
    let error = Module::new(&wasm).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the module imports ic0.fly, which this host does not provide"
    );
    let wasm = wat::parse_str(r#"(module (import "env" "memory" (memory 1)))"#).unwrap();
    let error = Module::new(&wasm).unwrap_err();
    assert!(
        matches!(error, ModuleError::UnknownImport { .. }),
        "{error}"
    );
    let wasm = wat::parse_str(r#"(module (import "ic0" "time" (func (param i32))))"#).unwrap();
    let error = Module::new(&wasm).unwrap_err();
    assert!(error.to_string().contains("ic0::time"), "{error}");
}

/// The system interface: what a function takes and returns, and the functions of that type.
const INTERFACE: &[(&str, &str, &str)] = &[
    ("", "", "msg_reply accept_message"),
    (
        "",
        "i32",
        "msg_arg_data_size msg_caller_size msg_caller_info_data_size",
    ),
    (
        "",
        "i32",
        "msg_caller_info_signer_size msg_reject_code msg_reject_msg_size",
    ),
    (
        "",
        "i32",
        "msg_method_name_size canister_self_size canister_status subnet_self_size",
    ),
    (
        "",
        "i32",
        "call_perform stable_size root_key_size data_certificate_present",
    ),
    (
        "",
        "i32",
        "data_certificate_size in_replicated_execution env_var_count",
    ),
    (
        "",
        "i64",
        "msg_deadline msg_cycles_available msg_cycles_refunded canister_version time",
    ),
    ("", "i64", "canister_cycle_balance stable64_size"),
    (
        "i32",
        "",
        "msg_cycles_available128 msg_cycles_refunded128 cost_create_canister",
    ),
    (
        "i32",
        "",
        "canister_cycle_balance128 canister_liquid_cycle_balance128",
    ),
    ("i32", "", "call_with_best_effort_response"),
    ("i32", "i32", "stable_grow env_var_name_size"),
    ("i32", "i64", "performance_counter"),
    ("i64", "", "call_cycles_add"),
    (
        "i64",
        "i64",
        "msg_cycles_accept stable64_grow global_timer_set",
    ),
    ("i64 i64", "", "call_cycles_add128"),
    (
        "i32 i32",
        "",
        "msg_reply_data_append msg_reject call_on_cleanup call_data_append",
    ),
    ("i32 i32", "", "certified_data_set debug_print trap"),
    (
        "i32 i32",
        "i32",
        "is_controller env_var_name_exists env_var_value_size",
    ),
    (
        "i32 i32 i32",
        "",
        "msg_arg_data_copy msg_caller_copy msg_caller_info_data_copy",
    ),
    (
        "i32 i32 i32",
        "",
        "msg_caller_info_signer_copy msg_reject_msg_copy msg_method_name_copy",
    ),
    (
        "i32 i32 i32",
        "",
        "canister_self_copy subnet_self_copy root_key_copy",
    ),
    (
        "i32 i32 i32",
        "",
        "stable_read stable_write data_certificate_copy cost_http_request_v2",
    ),
    (
        "i64 i64 i32",
        "",
        "msg_cycles_accept128 cycles_burn128 mint_cycles128 cost_call",
    ),
    ("i64 i64 i32", "", "cost_http_request"),
    ("i64 i64 i64", "", "stable64_read stable64_write"),
    ("i32 i32 i32 i32", "", "env_var_name_copy"),
    (
        "i32 i32 i32 i32",
        "i32",
        "cost_sign_with_ecdsa cost_sign_with_schnorr",
    ),
    ("i32 i32 i32 i32", "i32", "cost_vetkd_derive_key"),
    ("i32 i32 i32 i32 i32", "", "env_var_value_copy"),
    ("i32 i32 i32 i32 i32 i32 i32 i32", "", "call_new"),
];

#[test]
fn the_whole_system_interface_can_be_imported() {
    let mut fields = String::new();
    for (takes, returns, names) in INTERFACE {
        for name in names.split(' ') {
            let kind = format!("(func (param {takes}) (result {returns}))");
            fields += &format!(r#"(import "ic0" "{name}" {kind})"#);
        }
    }
    raw_module(&format!("(module {fields})"));
}

#[test]
fn what_is_not_webassembly_is_an_error_and_no_panic() {
    for bytes in [
        &b""[..],
        b"\0asm",
        b"\x1f\x8bnot gzip",
        b"just text",
        &[0; 100],
    ] {
        let error = Module::new(bytes).unwrap_err();
        assert!(matches!(error, ModuleError::Invalid { .. }), "{error}");
    }
    let good = wat::parse_str("(module (memory 1) (func nop) (global i32 (i32.const 0)))").unwrap();
    for cut in 0..good.len() {
        let _ = Module::new(&good[..cut]);
    }
}

#[test]
fn names_the_host_needs_for_itself_are_refused() {
    let wasm = wat::parse_str(r#"(module (func (export "canister-host:start")))"#).unwrap();
    assert!(
        Module::new(&wasm)
            .unwrap_err()
            .to_string()
            .contains("reserved")
    );
}

#[test]
fn methods_and_metadata_are_listed() {
    let wasm = wat::parse_str(
        r#"(module
          (func (export "canister_init")) (func (export "canister_update one"))
          (func (export "canister_query two")) (func (export "canister_composite_query three"))
          (@custom "icp:public candid:service" "service : {}")
          (@custom "icp:private git_commit" "abc"))"#,
    )
    .unwrap();
    let module = Module::new(&wasm).unwrap();
    assert_eq!(module.updates().collect::<Vec<_>>(), ["one"]);
    assert_eq!(module.queries().collect::<Vec<_>>(), ["two", "three"]);
    assert_eq!(module.exports().len(), 4);
    let sections: Vec<_> = module
        .metadata()
        .iter()
        .map(|s| (s.name.as_str(), s.public))
        .collect();
    assert_eq!(sections, [("candid:service", true), ("git_commit", false)]);
    assert_eq!(
        metadata(&wasm, "candid:service").unwrap().unwrap(),
        b"service : {}"
    );
    assert_eq!(metadata(&wasm, "dfx").unwrap(), None);
}

#[test]
fn a_packed_module_is_unpacked_and_keeps_its_own_hash() {
    use std::io::Write;
    let plain = wat::parse_str(r#"(module (func (export "canister_update one")))"#).unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(&plain).unwrap();
    let packed = Module::new(&packer.finish().unwrap()).unwrap();
    assert_eq!(packed.updates().collect::<Vec<_>>(), ["one"]);
    assert_ne!(packed.hash(), Module::new(&plain).unwrap().hash());
}

#[test]
fn the_candid_interface_is_read_from_where_the_module_points() {
    let with = |body: &str| {
        wat::parse_str(format!(
            r#"(module (memory 1) (data (i32.const 99) "service : {{}}\00rest")
               (func (export "get_candid_pointer") (result i32) {body}))"#
        ))
        .unwrap()
    };
    assert_eq!(
        candid_pointer(&with("(i32.const 99)")).unwrap(),
        "service : {}"
    );
    let error = candid_pointer(&with("(i32.const 70000)")).unwrap_err();
    assert!(error.to_string().contains("70000"), "{error}");
    assert!(candid_pointer(&with("unreachable")).is_err());
    let without = wat::parse_str("(module)").unwrap();
    let error = candid_pointer(&without).unwrap_err();
    assert!(error.to_string().contains("get_candid_pointer"), "{error}");
}

#[test]
fn a_start_function_runs_at_installation_and_never_again() {
    let (mut host, id) = installed(
        r#"(memory 1) (global $started (mut i32) (i32.const 0))
        (start $start)
        (func $start
          (global.set $started (i32.add (global.get $started) (i32.const 1)))
          (i32.store (i32.const 0) (i32.const 7)))
        (func (export "canister_update grow_and_trap")
          (drop (memory.grow (i32.const 1))) unreachable)
        (func (export "canister_query started")
          (call $answer32 (i32.add (global.get $started) (i32.load (i32.const 0)))))"#,
    );
    call(&mut host, id, "grow_and_trap").unwrap_err();
    assert_eq!(
        ask(&mut host, id, "started"),
        8,
        "also not in the instance made anew"
    );
}
