//! The system interface: every function of the specification is there, with its type, and may
//! be called from where the specification's table says, and from nowhere else.

use std::collections::BTreeMap;

use canister_host::{CanisterSettings, EntryPoint, Host, InstallMode, MessageReport};

use crate::support::*;

/// From where a function may be called, in the letters of the specification (interface
/// specification, overview of imports, read in November 2026), what it takes, what it returns,
/// and its name. `*` is everywhere but the start function.
const INTERFACE: &str = "
    I U RQ NRQ Ry F         |         | p | msg_arg_data_size
    I U RQ NRQ Ry F         | p p p   |   | msg_arg_data_copy
    *                       |         | p | msg_caller_size
    *                       | p p p   |   | msg_caller_copy
    U RQ NRQ Ry Rt C F      |         | p | msg_caller_info_data_size
    U RQ NRQ Ry Rt C F      | p p p   |   | msg_caller_info_data_copy
    U RQ NRQ Ry Rt C F      |         | p | msg_caller_info_signer_size
    U RQ NRQ Ry Rt C F      | p p p   |   | msg_caller_info_signer_copy
    Ry Rt C                 |         | i32 | msg_reject_code
    Rt                      |         | p | msg_reject_msg_size
    Rt                      | p p p   |   | msg_reject_msg_copy
    U RQ NRQ Ry Rt          |         | i64 | msg_deadline
    U RQ NRQ Ry Rt          | p p     |   | msg_reply_data_append
    U RQ NRQ Ry Rt          |         |   | msg_reply
    U RQ NRQ Ry Rt          | p p     |   | msg_reject
    U RQ Rt Ry              | p       |   | msg_cycles_available128
    Rt Ry                   | p       |   | msg_cycles_refunded128
    U RQ Rt Ry              | i64 i64 p |  | msg_cycles_accept128
    I G U RQ Ry Rt C T      | i64 i64 p |  | cycles_burn128
    *                       |         | p | canister_self_size
    *                       | p p p   |   | canister_self_copy
    *                       | p       |   | canister_cycle_balance128
    *                       | p       |   | canister_liquid_cycle_balance128
    *                       |         | i32 | canister_status
    *                       |         | i64 | canister_version
    *                       |         | p | subnet_self_size
    *                       | p p p   |   | subnet_self_copy
    F                       |         | p | msg_method_name_size
    F                       | p p p   |   | msg_method_name_copy
    F                       |         |   | accept_message
    U Ry Rt T               | p p p p p p p p | | call_new
    U Ry Rt T               | p p     |   | call_on_cleanup
    U Ry Rt T               | p p     |   | call_data_append
    U Ry Rt T               | i32     |   | call_with_best_effort_response
    U Ry Rt T               | i64 i64 |   | call_cycles_add128
    U Ry Rt T               |         | i32 | call_perform
    * s                     |         | i64 | stable64_size
    * s                     | i64     | i64 | stable64_grow
    * s                     | i64 i64 i64 | | stable64_write
    * s                     | i64 i64 i64 | | stable64_read
    I G U RQ Ry Rt C T      |         | p | root_key_size
    I G U RQ Ry Rt C T      | p p p   |   | root_key_copy
    I G U Ry Rt T           | p p     |   | certified_data_set
    *                       |         | i32 | data_certificate_present
    NRQ                     |         | p | data_certificate_size
    NRQ                     | p p p   |   | data_certificate_copy
    *                       |         | i64 | time
    I G U Ry Rt C T         | i64     | i64 | global_timer_set
    * s                     | i32     | i64 | performance_counter
    * s                     | p p     | i32 | is_controller
    * s                     |         | i32 | in_replicated_execution
    * s                     | i64 i64 p | | cost_call
    * s                     | p       |   | cost_create_canister
    * s                     | i64 i64 p | | cost_http_request
    * s                     | p p p   |   | cost_http_request_v2
    * s                     | p p i32 p | i32 | cost_sign_with_ecdsa
    * s                     | p p i32 p | i32 | cost_sign_with_schnorr
    * s                     | p p i32 p | i32 | cost_vetkd_derive_key
    *                       |         | p | env_var_count
    *                       | p       | p | env_var_name_size
    *                       | p p p p |   | env_var_name_copy
    *                       | p p     | i32 | env_var_name_exists
    *                       | p p     | p | env_var_value_size
    *                       | p p p p p | | env_var_value_copy
    * s                     | p p     |   | debug_print
    * s                     | p p     |   | trap
";

/// Those that only modules with a 32-bit heap have.
const INTERFACE_32: &str = "
    U RQ Rt Ry              |         | i64 | msg_cycles_available
    Rt Ry                   |         | i64 | msg_cycles_refunded
    U RQ Rt Ry              | i64     | i64 | msg_cycles_accept
    *                       |         | i64 | canister_cycle_balance
    U Ry Rt T               | i64     |   | call_cycles_add
    * s                     |         | i32 | stable_size
    * s                     | i32     | i32 | stable_grow
    * s                     | i32 i32 i32 | | stable_write
    * s                     | i32 i32 i32 | | stable_read
";

const EVERYWHERE: &str = "I G U RQ NRQ Ry Rt C F T";

struct Function {
    places: Vec<&'static str>,
    takes: Vec<&'static str>,
    returns: &'static str,
    name: &'static str,
}

fn functions(table: &'static str) -> impl Iterator<Item = Function> {
    table
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            let [places, takes, returns, name] = columns[..] else {
                panic!("four columns: {line}")
            };
            let places = places.split(' ').flat_map(|place| match place {
                "*" => EVERYWHERE.split(' ').collect(),
                place => vec![place],
            });
            Function {
                places: places.collect(),
                takes: takes.split(' ').filter(|kind| !kind.is_empty()).collect(),
                returns,
                name,
            }
        })
}

impl Function {
    fn import(&self, pointer: &str) -> String {
        let takes = self.takes.join(" ").replace('p', pointer);
        let returns = self.returns.replace('p', pointer);
        let name = self.name;
        format!(r#"(import "ic0" "{name}" (func $tried (param {takes}) (result {returns})))"#)
    }

    /// A call with zeros.
    fn call(&self, pointer: &str) -> String {
        let zeros = self.takes.iter().map(|kind| kind.replace('p', pointer));
        let zeros: String = zeros.map(|kind| format!("({kind}.const 0)")).collect();
        match self.returns {
            "" => format!("(call $tried {zeros})"),
            _ => format!("(drop (call $tried {zeros}))"),
        }
    }
}

#[test]
fn the_whole_system_interface_can_be_imported() {
    for function in functions(INTERFACE).chain(functions(INTERFACE_32)) {
        raw_module(&format!("(module {})", function.import("i32")));
    }
    for function in functions(INTERFACE) {
        raw_module(&format!(
            "(module {} (memory i64 1))",
            function.import("i64")
        ));
    }
}

/// Calls the function from every kind of entry point there is: the hooks by an argument of
/// their number, inspection by the method that is called, callbacks by a call to itself.
fn tried_everywhere(function: &Function) -> String {
    format!(
        r#"{import}
        (import "ic0" "canister_self_copy" (func $self (param i32 i32 i32)))
        (import "ic0" "accept_message" (func $accept))
        (import "ic0" "msg_method_name_size" (func $name_size (result i32)))
        (memory 1) (data (i32.const 500) "answered") (data (i32.const 510) "nothing")
        (table 3 funcref) (elem (i32.const 0) $callback $cleanup $trapping)
        (global $in_pre_upgrade (mut i32) (i32.const 0))
        (func $try {call})
        (func $callback (param i32) (call $try))
        (func $cleanup (param i32) (call $try))
        (func $trapping (param i32) unreachable)
        (func $call_self (param $name i32) (param $size i32) (param $callback i32)
          (call $self (i32.const 0) (i32.const 0) (i32.const 10))
          (call $call_new (i32.const 0) (i32.const 10) (local.get $name) (local.get $size)
            (local.get $callback) (i32.const 0) (local.get $callback) (i32.const 0))
          (call $on_cleanup (i32.const 1) (i32.const 0))
          (drop (call $perform)))
        (func (export "canister_init")
          (if (i32.eq (call $arg_size) (i32.const 1)) (then (call $try))))
        (func (export "canister_pre_upgrade")
          (if (global.get $in_pre_upgrade) (then (call $try))))
        (func (export "canister_post_upgrade")
          (if (i32.eq (call $arg_size) (i32.const 2)) (then (call $try))))
        (func (export "canister_inspect_message")
          (if (i32.eq (call $name_size) (i32.const 9)) (then (call $try)) (else (call $accept))))
        (func (export "canister_update inspected"))
        (func (export "canister_update updating") (call $try))
        (func (export "canister_query asking") (call $try))
        (func (export "canister_update answered") (call $reply))
        (func (export "canister_update replying")
          (call $call_self (i32.const 500) (i32.const 8) (i32.const 0)))
        (func (export "canister_update refusing")
          (call $call_self (i32.const 510) (i32.const 7) (i32.const 0)))
        (func (export "canister_update cleaning")
          (call $call_self (i32.const 500) (i32.const 8) (i32.const 2)))
        (func (export "canister_update arm")
          (global.set $in_pre_upgrade (i32.const 1))
          (drop (call $timer_set (i64.const 1)))
          (call $reply))
        (func (export "canister_heartbeat") (call $try))
        (func (export "canister_global_timer") (call $try))"#,
        import = function.import("i32"),
        call = function.call("i32"),
    )
}

/// What went wrong, if it did, in each place the function was called from.
fn outcomes(function: &Function) -> BTreeMap<&'static str, Vec<String>> {
    let mut outcomes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut note = |place, error: Option<String>| {
        outcomes
            .entry(place)
            .or_default()
            .push(error.unwrap_or_default());
    };
    let mut host = Host::new();
    let mut new_canister = || host.create_canister(CanisterSettings::default());
    let (starting, id) = (new_canister(), new_canister());
    let starts = format!(
        "(module {} (memory 1) (start $go) (func $go {}))",
        function.import("i32"),
        function.call("i32")
    );
    let started = host.install(
        starting,
        InstallMode::Install,
        &raw_module(&starts),
        &[],
        ME,
    );
    note("s", started.err().map(|e| e.to_string()));

    let module = module(&tried_everywhere(function));
    let initiated = host.install(id, InstallMode::Install, &module, b"1", ME);
    note("I", initiated.err().map(|e| e.to_string()));
    let _ = host.install(id, InstallMode::Reinstall, &module, &[], ME);
    let upgraded = host.install(id, UPGRADE, &module, b"22", ME);
    note("I", upgraded.err().map(|e| e.to_string()));

    note(
        "NRQ",
        host.query(id, ME, "asking", &[]).err().map(|e| e.message),
    );
    note(
        "F",
        host.update(id, ME, "inspected", &[])
            .err()
            .map(|e| e.message),
    );
    let updates = [
        ("U", "updating", EntryPoint::Update("updating".to_owned())),
        (
            "RQ",
            "asking",
            EntryPoint::ReplicatedQuery("asking".to_owned()),
        ),
        ("Ry", "replying", EntryPoint::ReplyCallback),
        ("Rt", "refusing", EntryPoint::RejectCallback),
        ("C", "cleaning", EntryPoint::Cleanup),
    ];
    let trap = |reports: &[MessageReport], entry| {
        let ran = reports.iter().find(|report| report.entry == entry);
        let ran = ran.unwrap_or_else(|| panic!("{entry} ran: {reports:?}"));
        ran.trap.as_ref().map(|trap| trap.message.clone())
    };
    for (place, method, entry) in updates {
        let _ = host.update(id, ME, method, &[]);
        note(place, trap(host.executed(), entry));
    }
    host.update(id, ME, "arm", &[]).unwrap();
    let ticked = host.tick();
    note("T", trap(&ticked, EntryPoint::GlobalTimer));
    note("T", trap(&ticked, EntryPoint::Heartbeat));
    let upgraded = host.install(id, UPGRADE, &module, &[], ME);
    note("G", upgraded.err().map(|e| e.to_string()));
    outcomes
}

#[test]
fn each_function_may_be_called_from_where_the_specification_says_and_nowhere_else() {
    for function in functions(INTERFACE).chain(functions(INTERFACE_32)) {
        let forbidden = format!("ic0.{} may not be called in", function.name);
        for (place, errors) in outcomes(&function) {
            for error in errors {
                assert_eq!(
                    error.contains(&forbidden),
                    !function.places.contains(&place),
                    "{} from {place}: {error}",
                    function.name
                );
            }
        }
    }
}

#[test]
fn a_timer_that_pre_upgrade_sets_is_gone_after_the_upgrade() {
    let (mut host, id) = installed(
        r#"(memory 1)
        (func (export "canister_pre_upgrade") (drop (call $timer_set (i64.const 1))))
        (func (export "canister_global_timer") unreachable)"#,
    );
    let next = module("(memory 1)");
    host.install(id, UPGRADE, &next, &[], ME).unwrap();
    assert_eq!(host.global_timer(id).unwrap(), 0);
    assert!(host.tick().is_empty());
}
