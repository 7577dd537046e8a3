//! The canister itself, the clock, the timer, and words to the operator.

use wasmtime::Linker;

use super::{Pointer, define_value, system_call};
use crate::cost;
use crate::entry::Entries;
use crate::env::Env;
use crate::stop::Stop;

/// The largest certified data, in bytes.
const MAX_CERTIFIED: u64 = 32;
/// The longest message that is kept of a trap or a log, in bytes.
const MAX_LOGGED: u64 = 32 << 10;

/// The host's subnet is one, and its id an opaque principal nobody holds.
const SUBNET: [u8; 10] = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1];

pub(super) fn define<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    define_self::<P>(linker)?;
    define_clock(linker)?;
    define_words::<P>(linker)?;
    define_certified_data::<P>(linker)?;
    define_environment::<P>(linker)
}

fn define_self<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    let from = Entries::NOT_START;
    define_value::<P>(linker, "canister_self", from, |run| {
        run.input.canister.as_slice()
    })?;
    define_value::<P>(linker, "subnet_self", from, |_| &SUBNET)?;
    define_value::<P>(linker, "root_key", Entries::REPLICATED, |_| &[])?;
    system_call!(
        linker,
        "canister_status",
        from,
        cost::SYSTEM_CALL,
        |call| call.run().input.status as u32
    );
    system_call!(
        linker,
        "canister_version",
        from,
        cost::SYSTEM_CALL,
        |call| call.run().input.version
    );
    let name = "is_controller";
    system_call!(
        linker,
        name,
        Entries::ALL,
        cost::IS_CONTROLLER,
        |call, at: P, size: P| {
            let who = call.take(at, size)?;
            u32::from(
                call.run()
                    .input
                    .controllers
                    .iter()
                    .any(|c| c.as_slice() == who),
            )
        }
    );
    let name = "in_replicated_execution";
    system_call!(linker, name, Entries::ALL, cost::SYSTEM_CALL, |call| {
        u32::from(call.run().entry.is_replicated())
    });
    Ok(())
}

fn define_clock(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    system_call!(
        linker,
        "time",
        Entries::NOT_START,
        cost::SYSTEM_CALL,
        |call| call.run().input.time
    );
    // A timer that pre_upgrade sets is gone before anything else runs: see `install`.
    let from = Entries::CHANGE
        .and(Entries::PRE_UPGRADE)
        .and(Entries::CLEANUP);
    system_call!(
        linker,
        "global_timer_set",
        from,
        cost::SYSTEM_CALL,
        |call, at: u64| std::mem::replace(&mut call.run().state.global_timer, at)
    );
    let name = "performance_counter";
    system_call!(
        linker,
        name,
        Entries::ALL,
        cost::PERFORMANCE_COUNTER,
        |call, kind: u32| {
            let used = call.used()?;
            match kind {
                0 => used,
                1 => call.run().input.instructions_before + used,
                _ => Err(Stop::violation(format!(
                    "there is no performance counter {kind}"
                )))?,
            }
        }
    );
    Ok(())
}

fn define_words<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    let name = "debug_print";
    system_call!(
        linker,
        name,
        Entries::ALL,
        cost::DEBUG_PRINT,
        |call, at: P, size: P| {
            let size = size.into().min(MAX_LOGGED);
            call.charge_bytes(size, cost::BYTE_LOGGED)?;
            // A range outside the heap is logged as nothing, it does not trap.
            if let Ok(text) = super::range(call.heap().0, at, size) {
                let text = String::from_utf8_lossy(text).into_owned();
                call.run().effects.logs.push(text);
            }
        }
    );
    let name = "trap";
    system_call!(
        linker,
        name,
        Entries::ALL,
        cost::SYSTEM_CALL,
        |call, at: P, size: P| {
            let size = size.into().min(MAX_LOGGED);
            call.charge_bytes(size, cost::BYTE_LOGGED)?;
            let text = super::range(call.heap().0, at, size)?;
            Err::<(), _>(Stop::CalledTrap(String::from_utf8_lossy(text).into_owned()))?
        }
    );
    Ok(())
}

fn define_certified_data<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    let from = Entries::CHANGE.and(Entries::PRE_UPGRADE);
    let name = "certified_data_set";
    system_call!(
        linker,
        name,
        from,
        cost::SYSTEM_CALL,
        |call, at: P, size: P| {
            let bytes = size.into();
            if bytes > MAX_CERTIFIED {
                let most = MAX_CERTIFIED;
                Err(Stop::violation(format!(
                    "certified data of {bytes} bytes, {most} are allowed"
                )))?;
            }
            let data = call.take(at, size)?;
            call.run().state.certified_data = data;
        }
    );
    // There is nobody here whose certificate a client would believe.
    let name = "data_certificate_present";
    system_call!(
        linker,
        name,
        Entries::NOT_START,
        cost::SYSTEM_CALL,
        |_call| 0u32
    );
    let name = "data_certificate_size";
    system_call!(linker, name, Entries::QUERY, cost::SYSTEM_CALL, |_call| {
        no_certificate::<P>()?
    });
    let name = "data_certificate_copy";
    system_call!(
        linker,
        name,
        Entries::QUERY,
        cost::SYSTEM_CALL,
        |_call, _to: P, _offset: P, _size: P| {
            no_certificate::<P>()?;
        }
    );
    Ok(())
}

fn no_certificate<P>() -> Result<P, Stop> {
    Err(Stop::violation("there is no data certificate"))
}

/// Environment variables: there are none.
fn define_environment<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    fn none<P>() -> Result<P, Stop> {
        Err(Stop::violation("no such environment variable"))
    }
    let (from, cost) = (Entries::NOT_START, cost::SYSTEM_CALL);
    system_call!(linker, "env_var_count", from, cost, |_call| P::of_len(0));
    system_call!(
        linker,
        "env_var_name_size",
        from,
        cost,
        |_call, _index: P| none::<P>()?
    );
    system_call!(
        linker,
        "env_var_name_copy",
        from,
        cost,
        |_call, _index: P, _to: P, _offset: P, _size: P| {
            none::<P>()?;
        }
    );
    system_call!(
        linker,
        "env_var_name_exists",
        from,
        cost,
        |_call, _at: P, _size: P| 0u32
    );
    system_call!(
        linker,
        "env_var_value_size",
        from,
        cost,
        |_call, _at: P, _size: P| none::<P>()?
    );
    system_call!(
        linker,
        "env_var_value_copy",
        from,
        cost,
        |_call, _at: P, _name_size: P, _to: P, _offset: P, _size: P| {
            none::<P>()?;
        }
    );
    Ok(())
}
