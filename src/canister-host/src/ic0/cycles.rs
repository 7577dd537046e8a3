//! The canister's cycles and those that come and go with calls.

use wasmtime::Linker;

use super::call::attach;
use super::{Pointer, amount, system_call};
use crate::cost;
use crate::entry::Entries;
use crate::env::Env;
use crate::execution::Execution;
use crate::stop::Stop;

/// An amount a canister may ask for: `NAME128`, and `NAME` in 64 bits.
struct Amount {
    name: &'static str,
    from: Entries,
    of: fn(&Execution) -> u128,
}

const AMOUNTS: [Amount; 3] = [
    Amount {
        name: "canister_cycle_balance",
        from: Entries::NOT_START,
        of: |run| run.state.cycles,
    },
    Amount {
        name: "msg_cycles_available",
        from: Entries::ACCEPT,
        of: |run| run.available,
    },
    Amount {
        name: "msg_cycles_refunded",
        from: Entries::REPLY.and(Entries::REJECT),
        of: |run| run.input.refunded,
    },
];

pub(super) fn define<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    for Amount { name, from, of } in AMOUNTS {
        system_call!(
            linker,
            format!("{name}128"),
            from,
            cost::SYSTEM_CALL,
            |call, to: P| {
                let amount = of(call.run());
                call.give_amount(to, amount)?
            }
        );
    }
    let liquid = "canister_liquid_cycle_balance128";
    system_call!(
        linker,
        liquid,
        Entries::NOT_START,
        cost::SYSTEM_CALL,
        |call, to: P| {
            let run = call.run();
            let liquid = run.state.cycles.saturating_sub(run.frozen);
            call.give_amount(to, liquid)?
        }
    );
    let accept = "msg_cycles_accept128";
    system_call!(
        linker,
        accept,
        Entries::ACCEPT,
        cost::SYSTEM_CALL,
        |call, high: u64, low: u64, to: P| {
            let accepted = accept_cycles(call.run(), amount(high, low));
            call.give_amount(to, accepted)?
        }
    );
    system_call!(
        linker,
        "cycles_burn128",
        Entries::REPLICATED,
        cost::CYCLES_BURN,
        |call, high: u64, low: u64, to: P| {
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
        |_call, _high: u64, _low: u64, _to: P| {
            Err::<(), _>(Stop::violation(
                "only the cycles minting canister may mint cycles",
            ))?
        }
    );
    Ok(())
}

/// The functions whose amounts are 64 bits, which only modules with a 32-bit heap have. They
/// trap where an amount needs more.
pub(super) fn define_32(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    for Amount { name, from, of } in AMOUNTS {
        system_call!(linker, name, from, cost::SYSTEM_CALL, |call| {
            u64::try_from(of(call.run()))
                .map_err(|_| Stop::violation("an amount of cycles does not fit in 64 bits"))?
        });
    }
    system_call!(
        linker,
        "msg_cycles_accept",
        Entries::ACCEPT,
        cost::SYSTEM_CALL,
        |call, max: u64| {
            // At most `max` is accepted, so it fits.
            accept_cycles(call.run(), max.into()) as u64
        }
    );
    system_call!(
        linker,
        "call_cycles_add",
        Entries::CALL,
        cost::SYSTEM_CALL,
        |call, cycles: u64| attach(call.run(), cycles.into())?
    );
    Ok(())
}

fn accept_cycles(run: &mut Execution, max: u128) -> u128 {
    let accepted = max.min(run.available);
    run.available -= accepted;
    run.state.cycles = run.state.cycles.saturating_add(accepted);
    accepted
}
