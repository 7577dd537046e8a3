//! Installations: one after the other on a subnet.
//!
//! Where [rounds](crate::HostConfig::round) take time, an installation begins when the one
//! before it is over. It is executed as a whole when it begins, and its answer is on its way
//! for as many rounds as its instructions need. From then on its debit falls.

use candid::Principal;
use ic_management_canister_types as types;
use types::{CanisterInstallMode, UpgradeFlags, WasmMemoryPersistence};

use super::command::nothing;
use super::later::{Later, Waiter};
use crate::clock::nanoseconds;
use crate::config::INSTALL_RATE;
use crate::error::HostError;
use crate::host::Host;
use crate::install::InstallMode;
use crate::messages::canister_not_found;
use crate::module::Module;
use crate::reject::{Reject, code};

/// What is to be installed, and where.
pub(super) struct Order {
    pub(super) canister: Principal,
    pub(super) mode: CanisterInstallMode,
    pub(super) wasm: Vec<u8>,
    pub(super) arg: Vec<u8>,
}

impl From<types::InstallCodeArgs> for Order {
    fn from(args: types::InstallCodeArgs) -> Self {
        Order {
            canister: args.canister_id,
            mode: args.mode,
            wasm: args.wasm_module,
            arg: args.arg,
        }
    }
}

/// An installation whose turn has not come.
pub(super) struct Installation {
    waiter: Waiter,
    order: Order,
    /// When it was asked for.
    since: u64,
}

impl Host {
    pub(super) fn enqueue_installation(&mut self, waiter: Waiter, order: Order) {
        let since = self.time;
        let installation = Installation {
            waiter,
            order,
            since,
        };
        self.management.installations.push_back(installation);
        self.run_installations();
    }

    /// Executes the installations whose turn has come by the clock.
    pub(super) fn run_installations(&mut self) {
        while let Some(first) = self.management.installations.front() {
            let now = self.time;
            let begin = match self.config.round {
                None => now,
                Some(_) => first.since.min(now).max(self.management.busy_until),
            };
            if begin > now {
                return;
            }
            let Some(Installation { waiter, order, .. }) =
                self.management.installations.pop_front()
            else {
                return;
            };
            let id = order.canister;
            let (result, instructions) = self.install_order(waiter.caller, &order);
            let takes = self.time_for(instructions);
            if takes == 0 {
                self.answer(waiter, result);
                continue;
            }
            let end = begin.saturating_add(takes);
            self.management.busy_until = end;
            self.delay_debit(id, end);
            let answer = Later::Answer(waiter, result);
            self.management.agenda.put(end, answer);
        }
    }

    /// The answer to an installation, and its instructions.
    fn install_order(
        &mut self,
        caller: Principal,
        order: &Order,
    ) -> (Result<Vec<u8>, Reject>, u64) {
        let prepared = self.mode_of(order).and_then(|mode| {
            let module = Module::new(&order.wasm).map_err(HostError::from)?;
            Ok((mode, module))
        });
        let (mode, module) = match prepared {
            Ok(prepared) => prepared,
            Err(reject) => return (Err(reject), 0),
        };
        match self.install(order.canister, mode, &module, &order.arg, caller) {
            Ok(report) => (nothing(), report.instructions()),
            Err(error) => {
                let instructions = match &error {
                    HostError::Hook { report, .. } => report.instructions(),
                    _ => 0,
                };
                (Err(error.into()), instructions)
            }
        }
    }

    /// How to install. What becomes of a heap that is kept over upgrades has to be said, and
    /// here it can only stay.
    fn mode_of(&self, order: &Order) -> Result<InstallMode, Reject> {
        let id = order.canister;
        let canister = self.canisters.get(&id);
        let instance = &canister.ok_or_else(|| canister_not_found(id))?.instance;
        let flags: UpgradeFlags = match order.mode {
            CanisterInstallMode::Install => return Ok(InstallMode::Install),
            CanisterInstallMode::Reinstall => return Ok(InstallMode::Reinstall),
            CanisterInstallMode::Upgrade(flags) => flags.unwrap_or_default(),
        };
        let keeps = instance.as_ref().is_some_and(|i| i.module().keeps_heap());
        let wrong = |message: &str| Err(Reject::new(code::CONTRACT_VIOLATION, message));
        match (flags.wasm_memory_persistence, keeps) {
            (None, true) => wrong(
                "an upgrade option is missing: the module keeps its state on the heap, so \
                 wasm_memory_persistence must be said",
            ),
            (Some(WasmMemoryPersistence::Keep), false) => wrong(
                "an upgrade option is wrong: a heap is kept only of a module with enhanced \
                 orthogonal persistence",
            ),
            (Some(WasmMemoryPersistence::Replace), true) => {
                wrong("this host does not replace a heap that keeps a canister's state")
            }
            _ => Ok(InstallMode::Upgrade {
                skip_pre_upgrade: flags.skip_pre_upgrade.unwrap_or(false),
            }),
        }
    }

    /// The time for which an installation keeps the subnet, in nanoseconds.
    fn time_for(&self, instructions: u64) -> u64 {
        let rate = self.config.install_rate.unwrap_or(INSTALL_RATE).max(1);
        let rounds = instructions.div_ceil(rate);
        let round = self.config.round.map_or(0, nanoseconds);
        rounds.saturating_mul(round)
    }
}
