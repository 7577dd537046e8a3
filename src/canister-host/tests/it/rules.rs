//! Modules that are WebAssembly and that the network refuses all the same.

use canister_host::{Module, ModuleError, ModuleRule, validate};

fn checked(fields: &str) -> Result<Module, ModuleError> {
    let text = format!("(module {fields})");
    let wasm = wat::parse_str(&text).expect("the text is WebAssembly");
    let module = Module::new(&wasm);
    // Without compiling, the same is found.
    match (&module, validate(&wasm)) {
        (Err(ModuleError::Rule(one)), Err(ModuleError::Rule(other))) => assert_eq!(*one, other),
        (module, validated) => assert_eq!(module.is_ok(), validated.is_ok(), "{validated:?}"),
    }
    module
}

fn refused(fields: &str) -> ModuleRule {
    match checked(fields) {
        Err(ModuleError::Rule(rule)) => rule,
        other => panic!("{other:?}"),
    }
}

/// `count` times a field in which `#` is the number.
fn times(count: usize, field: &str) -> String {
    let field = |n: usize| field.replace('#', &n.to_string());
    (0..count).map(field).collect()
}

#[test]
fn there_may_be_so_much_of_everything_and_no_more() {
    let global = "(global i32 (i32.const 0))";
    let method = r#"(export "canister_query m#" (func 0))"#;
    let section = r#"(@custom "icp:public s#" "")"#;
    for (what, most, before, field) in [
        ("globals", 1_000, "", global),
        ("methods", 1_000, "(func)", method),
        ("metadata sections", 16, "", section),
        ("tables", 1, "", "(table 1 funcref)"),
    ] {
        let with = |count| format!("{before} {}", times(count, field));
        checked(&with(most)).unwrap_or_else(|e| panic!("{most} {what}: {e}"));
        let (found, most) = (most as u64 + 1, most as u64);
        let rule = refused(&with(found as usize));
        assert_eq!(rule, ModuleRule::TooMuch { what, found, most });
        let told = format!("{found} {what} are more than the {most} a module may have");
        assert_eq!(rule.to_string(), told);
    }
}

#[test]
fn functions_and_memories_are_counted_too() {
    let rule = refused(&times(50_001, "(func)"));
    assert!(rule.to_string().starts_with("50001 functions"), "{rule}");
    let rule = refused("(memory 1) (memory 1)");
    assert!(rule.to_string().starts_with("2 memories"), "{rule}");
}

#[test]
fn names_of_methods_and_metadata_have_a_size_together() {
    let long = "x".repeat(4_999);
    let methods = |count| {
        let method = format!(r#"(export "canister_update #{long}" (func 0))"#);
        format!("(func) {}", times(count, &method))
    };
    checked(&methods(4)).unwrap();
    let rule = refused(&methods(5));
    assert_eq!(
        rule.to_string(),
        "25000 bytes of method names are more than the 20000 a module may have"
    );
    let section = |bytes: usize| format!(r#"(@custom "icp:private s" "{}")"#, "y".repeat(bytes));
    checked(&section((1 << 20) - 1)).unwrap();
    let rule = refused(&section(1 << 20));
    assert!(rule.to_string().contains("more than the 1048576"), "{rule}");
}

/// A module of functions without type whose bodies are these bytes: as a text it would be long.
fn with_bodies(bodies: &[Vec<u8>]) -> Vec<u8> {
    fn number(mut n: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while n >= 0x80 {
            bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        bytes.push(n as u8);
        bytes
    }
    let sized = |content: &[u8]| [&number(content.len()), content].concat();
    let count = number(bodies.len());
    let functions = [&count[..], &vec![0; bodies.len()]].concat();
    let body = |code: &Vec<u8>| sized(&[&[0], &code[..], &[0x0b]].concat());
    let code = [count, bodies.iter().flat_map(body).collect()].concat();
    let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
    for (id, content) in [(3, functions), (10, code)] {
        wasm.push(id);
        wasm.extend(sized(&content));
    }
    wasm
}

#[test]
fn the_code_section_and_each_function_have_a_size() {
    let refused_bytes = |wasm: &[u8]| match Module::new(wasm) {
        Err(ModuleError::Rule(rule)) => rule,
        other => panic!("{other:?}"),
    };
    Module::new(&with_bodies(&[vec![0x01; 9]])).unwrap();
    let nops = vec![0x01; 1_000_000];
    let rule = refused_bytes(&with_bodies(&[vec![], nops]));
    assert_eq!(
        rule,
        ModuleRule::Function {
            index: 1,
            what: "instructions",
            found: 1_000_001,
            most: 1_000_000,
        }
    );
    let rule = refused_bytes(&with_bodies(&vec![vec![0x01; 900_000]; 14]));
    let ModuleRule::TooMuch { what, most, .. } = rule else {
        panic!("{rule}")
    };
    assert_eq!((what, most), ("bytes of code", 12 << 20));

    let rule = refused(&format!("(func) (func {})", "(call 0)".repeat(20_000)));
    assert_eq!(
        rule.to_string(),
        "function 1 has 1000001 points of complexity, 1000000 are allowed: split it, or have it \
         optimized for size"
    );
}

#[test]
fn a_module_has_a_size() {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    wasm.resize((100 << 20) + 1, 0);
    let error = Module::new(&wasm).unwrap_err();
    let told = "104857601 bytes are more than the 104857600 a module may have";
    assert!(error.to_string().contains(told), "{error}");
}

#[test]
fn exports_are_entry_points_of_the_right_type_under_names_that_are_free() {
    for (fields, told) in [
        (
            r#"(func (export "canister_start"))"#,
            r#"the export name "canister_start" is reserved"#,
        ),
        (
            r#"(memory (export "stable_memory") 1)"#,
            r#"the export name "stable_memory" is reserved"#,
        ),
        (
            r#"(func (export "canister_updat go"))"#,
            r#"the export "canister_updat go" is no entry point"#,
        ),
        (
            r#"(func (export "canister_postupgrade"))"#,
            r#"the export "canister_postupgrade" is no entry point"#,
        ),
        (
            r#"(func (export "canister_init") (param i32))"#,
            r#""canister_init" is of the type (i32) -> ()"#,
        ),
        (
            r#"(func (export "canister_query go") (result i32) (i32.const 0))"#,
            r#""canister_query go" is of the type () -> (i32)"#,
        ),
        (
            r#"(import "ic0" "time" (func (result i64))) (export "canister_update go" (func 0))"#,
            r#""canister_update go" is of the type () -> (i64)"#,
        ),
        (
            r#"(func (export "canister_query go") (export "canister_update go"))"#,
            r#"the method "go" is exported twice"#,
        ),
        (
            r#"(func (export "canister_query go") (export "canister_composite_query go"))"#,
            r#"the method "go" is exported twice"#,
        ),
    ] {
        let rule = refused(fields).to_string();
        assert!(rule.starts_with(told), "{rule}");
    }
    checked(r#"(func (export "canister_on_low_wasm_memory")) (func (export "go") (param i32))"#)
        .unwrap();
}

#[test]
fn metadata_is_public_or_private_and_has_one_name() {
    for (fields, told) in [
        (r#"(@custom "icp:protected a" "")"#, "is not allowed"),
        (r#"(@custom "icp:public" "")"#, "is not allowed"),
        (
            r#"(@custom "icp:public a" "") (@custom "icp:private a" "")"#,
            r#"two metadata sections are called "a""#,
        ),
    ] {
        let rule = refused(fields).to_string();
        assert!(rule.contains(told), "{rule}");
    }
    checked(r#"(@custom "icp:public " "") (@custom "producers" "") (@custom "producers" "")"#)
        .unwrap();
}

#[test]
fn globals_are_numbers_and_segments_have_constant_places() {
    let rule = refused("(global funcref (ref.null func))");
    assert!(rule.to_string().contains("global 0"), "{rule}");
    let rule = refused(r#"(memory 1) (data (i32.add (i32.const 1) (i32.const 2)) "x")"#);
    assert_eq!(rule, ModuleRule::DataOffset { index: 0 });
    checked(r#"(memory 1) (data (i32.const 1) "x") (data "passive")"#).unwrap();
}

#[test]
fn features_the_network_turns_off_are_off() {
    for fields in [
        "(func $f (return_call $f))",
        "(memory 1 2 shared)",
        "(tag)",
        "(func (param v128 v128) (result v128)
           (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))",
        "(type (struct (field i32)))",
    ] {
        let error = checked(fields).unwrap_err();
        assert!(
            matches!(error, ModuleError::Invalid { .. }),
            "{fields}: {error}"
        );
    }
}

#[test]
fn an_error_shows_as_much_of_a_name_as_fits_a_line() {
    let name = "é".repeat(30_000);
    let rule = refused(&format!(r#"(func (export "canister_{name}"))"#));
    assert!(rule.to_string().len() < 300, "{rule}");
}

#[test]
fn a_table_of_more_than_a_million_elements_is_not_made() {
    let module = checked("(table 1000001 funcref)").unwrap();
    let mut host = canister_host::Host::new();
    let id = host.create_canister(Default::default());
    let mode = canister_host::InstallMode::Install;
    let error = host
        .install(id, mode, &module, &[], crate::support::ME)
        .unwrap_err();
    assert!(
        matches!(error, canister_host::HostError::Instantiation { .. }),
        "{error}"
    );
}
