//! What is said of arguments and calls that a module does not know: what was found, what it takes, and what may be meant.

use std::fs;

use super::programs::{KEEPS, module_file, snapshot};
use super::run::{stable_migrate, stable_migrate_in};

const TAKES: &str = r#"(module (memory 1)
    (@custom "icp:public candid:service" "service : (record { version : opt nat }) -> {}"))"#;

#[test]
fn an_argument_is_answered_with_what_the_module_takes() {
    let dir = tempfile::tempdir().unwrap();
    snapshot(dir.path());
    fs::write(dir.path().join("takes"), wat::parse_str(TAKES).unwrap()).unwrap();
    for (argument, found) in [
        ("(record { versoin = opt 3 })", "there is no field versoin"),
        ("(record { version = opt 3 }", "Candid parser error"),
        ("record { version = opt 3 }", "Expected one of \"(\""),
        ("(1, 2)", "2 values, where 1 are taken"),
    ] {
        let words = ["rehearse", "snapshot", "--wasm", "takes", "--arg", argument];
        let said = stable_migrate_in(dir.path(), &[], words).refusal();
        for part in [
            found,
            "It takes (record { version : opt nat",
            "written as '(record { n = 1 })'",
        ] {
            assert!(said.contains(part), "{argument}: {said}");
        }
    }
    let words = [
        "rehearse",
        "snapshot",
        "--wasm",
        "takes",
        "--arg",
        "hex:44494",
    ];
    let said = stable_migrate_in(dir.path(), &[], words).refusal();
    assert!(
        said.contains("two digits from 0 to f for each byte, as hex:4449444c0000"),
        "{said}"
    );
}

#[test]
fn a_call_is_answered_with_the_query_that_may_be_meant() {
    let dir = tempfile::tempdir().unwrap();
    snapshot(dir.path());
    module_file(dir.path(), "keeps", KEEPS);
    for (calls, sentence) in [
        (
            "get\ngett ()",
            "line 2: the module has no query gett; did you mean get?",
        ),
        (
            "as nobody get",
            "Write whom it is asked as and the method, as in `as 2vxsx-fae get_profile`",
        ),
        (
            "as 2vxsx-fae",
            "a method is missing, as in `as 2vxsx-fae get_profile`",
        ),
    ] {
        fs::write(dir.path().join("calls"), calls).unwrap();
        let words = [
            "rehearse", "snapshot", "--wasm", "keeps", "--calls", "calls",
        ];
        let said = stable_migrate_in(dir.path(), &[], words).refusal();
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn a_number_behind_fault_is_not_taken_for_a_snapshot() {
    for words in [
        ["rehearse", "a", "--wasm", "b", "--fault", "3"],
        ["rehearse", "--fault", "3", "a", "--wasm", "b"],
    ] {
        let said = stable_migrate(words).refusal();
        assert!(said.contains("behind an equals sign: --fault=3"), "{said}");
    }
}
