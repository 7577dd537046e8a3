//! The canister's cycles and those that come and go with calls.

use wasmtime::Linker;

use super::{amount, system_call};
use crate::cost;
use crate::entry::Entries;
use crate::env::Env;
use crate::execution::Execution;
use crate::stop::Stop;

pub(super) fn define(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    let refunds = Entries::REPLY.and(Entries::REJECT);
    define_amount(
        linker,
        "canister_cycle_balance",
        Entries::NOT_START,
        |run| run.state.cycles,
    )?;
    define_amount(linker, "msg_cycles_available", Entries::ACCEPT, |run| {
        run.available
    })?;
    define_amount(linker, "msg_cycles_refunded", refunds, |run| {
        run.input.refunded
    })?;
    let liquid = "canister_liquid_cycle_balance128";
    system_call!(
        linker,
        liquid,
        Entries::NOT_START,
        cost::SYSTEM_CALL,
        |call, to: u32| {
            let run = call.run();
            let liquid = run.state.cycles.saturating_sub(run.frozen);
            call.give_amount(to, liquid)?
        }
    );
    let accept = "msg_cycles_accept";
    system_call!(
        linker,
        accept,
        Entries::ACCEPT,
        cost::SYSTEM_CALL,
        |call, max: u64| {
            // At most `max` is accepted, so it fits.
            accept_cycles(call.run(), max.into()) as u64
        }
    );
    let accept = "msg_cycles_accept128";
    system_call!(
        linker,
        accept,
        Entries::ACCEPT,
        cost::SYSTEM_CALL,
        |call, high: u64, low: u64, to: u32| {
            let accepted = accept_cycles(call.run(), amount(high, low));
            call.give_amount(to, accepted)?
        }
    );
    system_call!(
        linker,
        "cycles_burn128",
        Entries::REPLICATED,
        cost::CYCLES_BURN,
        |call, high: u64, low: u64, to: u32| {
            let state = &mut call.run().state;
            let burned = amount(high, low).min(state.cycles);
            state.cycles -= burned;
            call.give_amount(to, burned)?
        }
    );
    system_call!(
        linker,
        "mint_cycles128",
        Entries::ALL,
        cost::SYSTEM_CALL,
        |_call, _high: u64, _low: u64, _to: u32| {
            Err::<(), _>(Stop::violation(
                "only the cycles minting canister may mint cycles",
            ))?
        }
    );
    Ok(())
}

/// Defines `NAME`, which traps where the amount needs more than 64 bits, and `NAME128`.
fn define_amount(
    linker: &mut Linker<Env>,
    name: &str,
    from: Entries,
    amount: fn(&Execution) -> u128,
) -> wasmtime::Result<()> {
    system_call!(linker, name, from, cost::SYSTEM_CALL, |call| {
        u64::try_from(amount(call.run()))
            .map_err(|_| Stop::violation("an amount of cycles does not fit in 64 bits"))?
    });
    system_call!(
        linker,
        format!("{name}128"),
        from,
        cost::SYSTEM_CALL,
        |call, to: u32| {
            let amount = amount(call.run());
            call.give_amount(to, amount)?
        }
    );
    Ok(())
}

fn accept_cycles(run: &mut Execution, max: u128) -> u128 {
    let accepted = max.min(run.available);
    run.available -= accepted;
    run.state.cycles = run.state.cycles.saturating_add(accepted);
    accepted
}
