//! A profiled module spends what the module spends, told by function.

use canister_host::{FunctionCost, MessageReport, Profile};

use crate::support::*;

/// A loop of calls with two parameters, a recursion, and a call through the table.
const FIELDS: &str = r#"(memory 1)
    (table 1 funcref) (elem (i32.const 0) $twice)
    (type $one (func (param i32) (result i32)))
    (func $add (param $a i32) (param $b i32) (result i32)
      (i32.add (local.get $a) (local.get $b)))
    (func $twice (param $a i32) (result i32)
      (call $add (local.get $a) (local.get $a)))
    (func $down (param $n i32)
      (if (local.get $n) (then
        (drop (call_indirect (type $one) (local.get $n) (i32.const 0)))
        (call $down (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "canister_update run")
      (drop (call $stable_grow (i64.const 1)))
      (call $down (i32.const 10))
      (call $answer32 (i32.const 1)))
    (func (export "canister_update fail")
      (call $down (i32.const 1))
      unreachable)"#;

fn run(profiled: bool, method: &str) -> MessageReport {
    let module = match profiled {
        true => profiled_module(FIELDS),
        false => module(FIELDS),
    };
    let (mut host, id) = installed_module(&module);
    let _answer = host.update(id, ME, method, &[]);
    host.executed()[0].clone()
}

fn of<'a>(profile: &'a Profile, name: &str) -> &'a FunctionCost {
    let mut functions = profile.functions.iter();
    functions.find(|function| function.name == name).unwrap()
}

#[test]
fn every_instruction_is_put_down_to_the_function_that_spends_it() {
    let plain = run(false, "run");
    assert_eq!(plain.profile, None);
    let told = run(true, "run");
    let profile = told.profile.unwrap();
    let own: u64 = profile.functions.iter().map(|function| function.own).sum();
    assert_eq!(own, plain.instructions);
    assert!(told.instructions > plain.instructions);

    let add = of(&profile, "add");
    // A function's beginning, two parameters and the sum.
    assert_eq!((add.calls, add.own, add.total), (10, 40, 40));
    let twice = of(&profile, "twice");
    assert_eq!(
        (twice.calls, twice.own, twice.total),
        (10, 10 * 8, 10 * 8 + 40)
    );
    let down = of(&profile, "down");
    assert_eq!(down.calls, 11);
    assert_eq!(down.total, down.own + twice.total);
}

#[test]
fn what_traps_is_told_up_to_there() {
    let plain = run(false, "fail");
    let told = run(true, "fail");
    assert!(plain.trap.is_some() && told.trap.is_some());
    let profile = told.profile.unwrap();
    let own: u64 = profile.functions.iter().map(|function| function.own).sum();
    assert_eq!(own, plain.instructions);
}
