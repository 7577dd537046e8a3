//! Calls to canisters.

use candid::Principal;
use wasmtime::Linker;

use super::{Call, Pointer, amount, system_call};
use crate::cost;
use crate::deadline::MOST_SECONDS;
use crate::entry::Entries;
use crate::env::Env;
use crate::execution::{Callback, Closure, Execution, OutgoingCall};
use crate::stop::Stop;

/// The largest argument of a call, to a canister and to the management canister, in bytes.
const MAX_ARGUMENT: usize = 2 << 20;
const MAX_MANAGEMENT_ARGUMENT: usize = 10 << 20;

pub(super) fn define<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    let from = Entries::CALL;
    system_call!(
        linker,
        "call_new",
        from,
        cost::CALL_NEW,
        |call,
         callee: P,
         callee_size: P,
         name: P,
         name_size: P,
         on_reply: P,
         reply_environment: P,
         on_reject: P,
         reject_environment: P| {
            let callee = call.take(callee, callee_size)?;
            let callee = Principal::try_from_slice(&callee)
                .map_err(|e| Stop::violation(format!("the callee is not a principal: {e}")))?;
            let method = call.take_text(name, name_size)?;
            let run = call.run();
            run.drop_pending_call();
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
                timeout: None,
            });
        }
    );
    system_call!(
        linker,
        "call_on_cleanup",
        from,
        cost::SYSTEM_CALL,
        |call, function: P, environment: P| {
            let pending = pending(call.run())?;
            let cleanup = Some(closure(function, environment));
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
        |call, at: P, size: P| append(&mut call, at, size)?
    );
    system_call!(
        linker,
        "call_with_best_effort_response",
        from,
        cost::SYSTEM_CALL,
        |call, seconds: u32| {
            pending(call.run())?.timeout = Some(seconds.min(MOST_SECONDS));
        }
    );
    system_call!(
        linker,
        "call_cycles_add128",
        from,
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

fn closure<P: Pointer>(function: P, environment: P) -> Closure {
    Closure {
        function: function.function(),
        environment: environment.into(),
    }
}

fn append<P: Pointer>(call: &mut Call, at: P, size: P) -> Result<(), Stop> {
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

pub(super) fn attach(run: &mut Execution, cycles: u128) -> Result<(), Stop> {
    let balance = run.state.cycles;
    pending(run)?.cycles += cycles.min(balance);
    run.state.cycles = balance.checked_sub(cycles).ok_or_else(|| {
        Stop::violation(format!(
            "{cycles} cycles cannot be attached, the balance is {balance}"
        ))
    })?;
    Ok(())
}
