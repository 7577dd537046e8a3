//! What is a canister module, and what is told about one.

use canister_host::{Module, ModuleError, candid_pointer, metadata, validate};

use crate::support::*;

#[test]
fn an_import_the_host_does_not_have_is_named() {
    let wasm = wat::parse_str(r#"(module (import "ic0" "fly" (func (param i32))))"#).unwrap();
    let error = Module::new(&wasm).unwrap_err();
    assert_eq!(validate(&wasm), Err(error.clone()));
    assert_eq!(
        error.to_string(),
        "the module imports ic0.fly, which this host does not provide"
    );
    let wasm = wat::parse_str(r#"(module (import "env" "memory" (memory 1)))"#).unwrap();
    let error = Module::new(&wasm).unwrap_err();
    assert_eq!(validate(&wasm), Err(error.clone()));
    assert!(
        matches!(error, ModuleError::UnknownImport { .. }),
        "{error}"
    );
    let wasm = wat::parse_str(r#"(module (import "ic0" "time" (func (param i32))))"#).unwrap();
    let error = Module::new(&wasm).unwrap_err();
    assert_eq!(validate(&wasm), Err(error.clone()));
    assert!(error.to_string().contains("ic0::time"), "{error}");
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
    let endless = with("(loop $again (br $again)) unreachable");
    assert!(candid_pointer(&endless).is_err(), "it is ended");
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
