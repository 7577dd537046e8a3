//! Calls to canisters.

use candid::Principal;
use wasmtime::Linker;

use super::{Call, amount, system_call};
use crate::cost;
use crate::entry::Entries;
use crate::env::Env;
use crate::execution::{Callback, Closure, Execution, OutgoingCall};
use crate::stop::Stop;

/// The largest argument of a call, to a canister and to the management canister, in bytes.
const MAX_ARGUMENT: usize = 2 << 20;
const MAX_MANAGEMENT_ARGUMENT: usize = 10 << 20;

pub(super) fn define(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    let from = Entries::CALL;
    system_call!(
        linker,
        "call_new",
        from,
        cost::CALL_NEW,
        |call,
         callee: u32,
         callee_size: u32,
         name: u32,
         name_size: u32,
         on_reply: u32,
         reply_environment: u32,
         on_reject: u32,
         reject_environment: u32| {
            let callee = call.take(callee, callee_size)?;
            let callee = Principal::try_from_slice(&callee)
                .map_err(|e| Stop::violation(format!("the callee is not a principal: {e}")))?;
            let method = call.take_text(name, name_size)?;
            let run = call.run();
            run.drop_pending_call();
            let closure = |function, environment| Closure {
                function,
                environment,
            };
            run.effects.pending = Some(OutgoingCall {
                callee,
                method,
                arg: Vec::new(),
                cycles: 0,
                callback: Callback {
                    reply: closure(on_reply, reply_environment),
                    reject: closure(on_reject, reject_environment),
                    cleanup: None,
                },
            });
        }
    );
    system_call!(
        linker,
        "call_on_cleanup",
        from,
        cost::SYSTEM_CALL,
        |call, function: u32, environment: u32| {
            let pending = pending(call.run())?;
            let cleanup = Some(Closure {
                function,
                environment,
            });
            if std::mem::replace(&mut pending.callback.cleanup, cleanup).is_some() {
                Err(Stop::violation("call_on_cleanup was called twice"))?;
            }
        }
    );
    system_call!(
        linker,
        "call_data_append",
        from,
        cost::SYSTEM_CALL,
        |call, at: u32, size: u32| append(&mut call, at, size)?
    );
    system_call!(
        linker,
        "call_with_best_effort_response",
        from,
        cost::SYSTEM_CALL,
        |call, _t: u32| {
            pending(call.run())?;
        }
    );
    let paid = from;
    system_call!(
        linker,
        "call_cycles_add",
        paid,
        cost::SYSTEM_CALL,
        |call, cycles: u64| attach(call.run(), cycles.into())?
    );
    system_call!(
        linker,
        "call_cycles_add128",
        paid,
        cost::SYSTEM_CALL,
        |call, high: u64, low: u64| attach(call.run(), amount(high, low))?
    );
    system_call!(linker, "call_perform", from, cost::CALL_PERFORM, |call| {
        let run = call.run();
        pending(run)?;
        run.effects.calls.extend(run.effects.pending.take());
        0u32
    });
    Ok(())
}

fn pending(run: &mut Execution) -> Result<&mut OutgoingCall, Stop> {
    run.effects
        .pending
        .as_mut()
        .ok_or_else(|| Stop::violation("no call is under construction"))
}

fn append(call: &mut Call, at: u32, size: u32) -> Result<(), Stop> {
    let part = call.take(at, size)?;
    let pending = pending(call.run())?;
    let to_management = pending.callee == Principal::management_canister();
    let limit = if to_management {
        MAX_MANAGEMENT_ARGUMENT
    } else {
        MAX_ARGUMENT
    };
    if pending.arg.len() + part.len() > limit {
        return Err(Stop::violation(format!(
            "a call's argument is larger than {limit} bytes"
        )));
    }
    pending.arg.extend_from_slice(&part);
    Ok(())
}

fn attach(run: &mut Execution, cycles: u128) -> Result<(), Stop> {
    let balance = run.state.cycles;
    pending(run)?.cycles += cycles.min(balance);
    run.state.cycles = balance.checked_sub(cycles).ok_or_else(|| {
        Stop::violation(format!(
            "{cycles} cycles cannot be attached, the balance is {balance}"
        ))
    })?;
    Ok(())
}
