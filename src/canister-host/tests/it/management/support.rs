//! An orchestrator: a canister that forwards calls and tells how they ended.

use candid::utils::{ArgumentDecoder, ArgumentEncoder};
use candid::{decode_args, encode_args};
use canister_host::{
    CanisterSettings, Host, HostConfig, InstallMode, ManagementFault, ManagementFaultKind, Module,
    Principal, Reject, SubmittedCall,
};
use ic_management_canister_types::{
    CanisterIdRecord, CanisterInstallMode, CanisterStatusResult, InstallCodeArgs, UpgradeFlags,
};

use crate::support::{ME, module};

/// Forwards a call: callee and method with a byte for the length of each, 8 bytes of cycles,
/// and the argument. Answers with 0 and the reply, or the reject's code and message. `hold`
/// asks for random bytes again and again, until it gets some.
const FORWARD: &str = r#"
    (import "ic0" "msg_reject_msg_size" (func $reject_size (result i32)))
    (import "ic0" "msg_reject_msg_copy" (func $reject_copy (param i32 i32 i32)))
    (import "ic0" "call_cycles_add" (func $add (param i64)))
    (import "ic0" "canister_status" (func $status (result i32)))
    (memory 64) (table 4 funcref) (elem (i32.const 0) $replied $rejected $held $hold)
    (global $fired (mut i32) (i32.const 0))
    (func (export "canister_update forward")
      (local $callee i32) (local $method i32) (local $size i32) (local $at i32)
      (call $arg_copy (i32.const 0) (i32.const 0) (call $arg_size))
      (local.set $callee (i32.load8_u (i32.const 0)))
      (local.set $method (i32.add (local.get $callee) (i32.const 2)))
      (local.set $size (i32.load8_u offset=1 (local.get $callee)))
      (local.set $at (i32.add (local.get $method) (local.get $size)))
      (call $call_new (i32.const 1) (local.get $callee) (local.get $method) (local.get $size)
        (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
      (call $add (i64.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (call $call_append (local.get $at) (i32.sub (call $arg_size) (local.get $at)))
      (drop (call $perform)))
    (func $answer (param $code i32) (param $size i32)
      (i32.store8 (i32.const 15) (local.get $code))
      (call $append (i32.const 15) (i32.add (local.get $size) (i32.const 1)))
      (call $reply))
    (func $replied (param i32)
      (call $arg_copy (i32.const 16) (i32.const 0) (call $arg_size))
      (call $answer (i32.const 0) (call $arg_size)))
    (func $rejected (param i32)
      (call $reject_copy (i32.const 16) (i32.const 0) (call $reject_size))
      (call $answer (call $reject_code) (call $reject_size)))
    (data (i32.const 100) "raw_rand")
    (func $hold (param i32)
      (call $call_new (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 8)
        (i32.const 2) (i32.const 0) (i32.const 3) (i32.const 0))
      (drop (call $perform)))
    (func $held (param i32) (call $answer (i32.const 0) (i32.const 0)))
    (func (export "canister_update hold") (call $hold (i32.const 0)))
    (func (export "canister_update arm")
      (drop (call $timer_set (call $time))) (call $reply))
    (func (export "canister_global_timer")
      (global.set $fired (i32.add (global.get $fired) (i32.const 1))))
    (func (export "canister_query fired") (call $answer32 (global.get $fired)))
    (func (export "canister_pre_upgrade")
      (if (i32.eqz (i32.load8_u (i32.const 99))) (then (return)))
      (i32.store (i32.const 0) (call $status)) (call $print (i32.const 0) (i32.const 1)))
    (func (export "canister_update remember") (i32.store8 (i32.const 99) (i32.const 1)) (call $reply))
"#;

pub fn forwarder() -> Module {
    module(FORWARD)
}

/// Counts in stable memory and on the heap, and answers with both.
const COUNTER: &str = r#"
    (memory 1)
    (func (export "canister_init") (drop (call $stable_grow (i64.const 1))))
    (func (export "canister_update count")
      (call $stable_read (i64.const 16) (i64.const 0) (i64.const 1))
      (i32.store8 (i32.const 16) (i32.add (i32.load8_u (i32.const 16)) (i32.const 1)))
      (call $stable_write (i64.const 0) (i64.const 16) (i64.const 1))
      (i32.store8 (i32.const 17) (i32.add (i32.load8_u (i32.const 17)) (i32.const 1)))
      (call $append (i32.const 16) (i32.const 2)) (call $reply))
    (func (export "canister_post_upgrade")
      (if (call $arg_size) (then unreachable)))
"#;

pub fn counter() -> Module {
    module(COUNTER)
}

/// How a call ended that was rejected: code and message.
pub type Rejected = (u8, String);

/// A host with an orchestrator on it.
pub struct Orchestra {
    pub host: Host,
    pub id: Principal,
}

impl Orchestra {
    pub fn new() -> Self {
        Orchestra::with_config(HostConfig::default())
    }

    pub fn with_config(config: HostConfig) -> Self {
        let mut host = Host::with_config(config);
        let id = host.create_canister(CanisterSettings {
            controllers: vec![ME],
            cycles: 100_000_000_000_000,
            ..Default::default()
        });
        let mode = InstallMode::Install;
        host.install(id, mode, &forwarder(), &[], ME).unwrap();
        host.pass_rounds(1_000_000);
        Orchestra { host, id }
    }

    /// A canister with a module, which the orchestrator controls.
    pub fn player(&mut self, module: &Module) -> Principal {
        let id = self.host.create_canister(CanisterSettings {
            controllers: vec![self.id],
            ..Default::default()
        });
        let mode = InstallMode::Install;
        self.host.install(id, mode, module, &[], ME).unwrap();
        id
    }

    /// The orchestrator calls the management canister, and is answered.
    pub fn ask<R>(&mut self, method: &str, args: impl ArgumentEncoder) -> Result<R, Rejected>
    where
        R: for<'a> ArgumentDecoder<'a>,
    {
        self.ask_with(method, args, 0)
    }

    pub fn ask_with<R>(
        &mut self,
        method: &str,
        args: impl ArgumentEncoder,
        cycles: u64,
    ) -> Result<R, Rejected>
    where
        R: for<'a> ArgumentDecoder<'a>,
    {
        let arg = forwarded(method, args, cycles);
        let reply = self.host.update(self.id, ME, "forward", &arg);
        let bytes = ending(&reply.expect("the orchestrator answers").bytes)?;
        Ok(decode_args(&bytes).expect("it is what was asked for"))
    }

    /// It calls, and the answer comes later.
    pub fn begin(&mut self, method: &str, args: impl ArgumentEncoder) -> SubmittedCall {
        let arg = forwarded(method, args, 0);
        let call = self.host.submit(self.id, ME, "forward", &arg).unwrap();
        self.host.tick();
        call
    }

    /// How a call ended that was begun, if it has ended.
    pub fn ended(&mut self, call: SubmittedCall) -> Option<Result<(), Rejected>> {
        let answer = self.host.take_answer(call)?;
        Some(ending(&answer.expect("the orchestrator answers")).map(|_| ()))
    }

    pub fn status(&mut self, canister_id: Principal) -> CanisterStatusResult {
        let answer = self.ask("canister_status", (CanisterIdRecord { canister_id },));
        let (status,): (CanisterStatusResult,) = answer.unwrap();
        status
    }

    pub fn stop(&mut self, canister_id: Principal) {
        let answer = self.ask::<()>("stop_canister", (CanisterIdRecord { canister_id },));
        answer.unwrap();
    }

    pub fn start(&mut self, canister_id: Principal) {
        let answer = self.ask::<()>("start_canister", (CanisterIdRecord { canister_id },));
        answer.unwrap();
    }

    /// Makes a canister work on a call until the clock has moved by 5 minutes, so often.
    pub fn keep_busy(&mut self, id: Principal, times: u64) -> SubmittedCall {
        let fault = ManagementFault::new("raw_rand", ManagementFaultKind::NoAnswer);
        self.host.fail_management(fault.times(times));
        let call = self.host.submit(id, ME, "hold", &[]).unwrap();
        self.host.tick();
        call
    }
}

fn forwarded(method: &str, args: impl ArgumentEncoder, cycles: u64) -> Vec<u8> {
    let mut arg = vec![0, method.len() as u8];
    arg.extend(method.as_bytes());
    arg.extend(cycles.to_le_bytes());
    arg.extend(encode_args(args).unwrap());
    arg
}

fn ending(answer: &[u8]) -> Result<Vec<u8>, Rejected> {
    match answer.split_first() {
        Some((0, reply)) => Ok(reply.to_vec()),
        Some((code, message)) => Err((*code, String::from_utf8_lossy(message).into_owned())),
        None => panic!("the orchestrator answers with a byte at least"),
    }
}

/// Somebody calls the management canister past any canister, and sees the finer code.
pub fn manage<R>(
    host: &mut Host,
    caller: Principal,
    method: &str,
    args: impl ArgumentEncoder,
) -> Result<R, Reject>
where
    R: for<'a> ArgumentDecoder<'a>,
{
    let arg = encode_args(args).unwrap();
    let reply = host.call(Principal::management_canister(), caller, method, &arg)?;
    Ok(decode_args(&reply.bytes).expect("it is what was asked for"))
}

/// The argument of an upgrade.
pub fn upgrade(canister_id: Principal, module: &Module, arg: &[u8]) -> InstallCodeArgs {
    InstallCodeArgs {
        mode: CanisterInstallMode::Upgrade(Some(UpgradeFlags {
            skip_pre_upgrade: None,
            wasm_memory_persistence: None,
        })),
        canister_id,
        wasm_module: module.bytes().to_vec(),
        arg: arg.to_vec(),
        sender_canister_version: None,
    }
}

pub fn about(canister_id: Principal) -> (CanisterIdRecord,) {
    (CanisterIdRecord { canister_id },)
}
