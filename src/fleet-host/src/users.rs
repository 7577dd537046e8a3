//! Users' canisters in the states that a fleet has them in.

use canister_host::{CanisterSettings, InstallMode, Module, Principal, StableMemory};
use canister_scenario::{Fill, Step, init_args, upgrade_args};

use crate::error::FleetError;
use crate::on_host::FleetOnHost;

impl FleetOnHost {
    /// A canister with nothing installed, which the index controls, as does the operator.
    pub fn add_empty(&mut self, cycles: u128) -> Principal {
        self.host.create_canister(CanisterSettings {
            controllers: vec![self.index, self.operator],
            cycles,
            ..CanisterSettings::default()
        })
    }

    /// A canister with a module of the individual user canister, and nothing in it.
    ///
    /// # Errors
    /// The module cannot be installed.
    pub fn add(&mut self, module: &Module) -> Result<Principal, FleetError> {
        self.add_with(module, &init_args())
    }

    /// A canister with any module.
    ///
    /// # Errors
    /// The module cannot be installed.
    pub fn add_with(&mut self, module: &Module, argument: &[u8]) -> Result<Principal, FleetError> {
        let id = self.add_empty(canister_host::DEFAULT_CYCLES);
        let by = self.operator;
        self.host
            .install(id, InstallMode::Install, module, argument, by)?;
        Ok(id)
    }

    /// A canister that was filled through its endpoints, and saved its state in an upgrade to the same module.
    ///
    /// # Errors
    /// The module cannot be installed.
    pub fn add_filled(&mut self, module: &Module, fill: &Fill) -> Result<Principal, FleetError> {
        let id = self.add(module)?;
        for step in fill.steps() {
            match step {
                Step::Pass(time) => self.host.advance_time(time),
                Step::Call(call) => {
                    self.host.update(id, call.caller, call.method, &call.args)?;
                }
            }
        }
        self.upgrade(id, module, false)?;
        Ok(id)
    }

    /// A canister that takes up a memory, as if it had left it itself.
    ///
    /// # Errors
    /// The module refuses the memory.
    pub fn add_with_memory(
        &mut self,
        module: &Module,
        memory: impl Into<StableMemory>,
    ) -> Result<Principal, FleetError> {
        let id = self.add(module)?;
        self.host.set_stable_memory(id, memory)?;
        self.upgrade(id, module, true)?;
        Ok(id)
    }

    /// Upgrades a canister past the index, and lets what that took be paid off.
    ///
    /// # Errors
    /// The host or a hook refuses.
    pub fn upgrade(
        &mut self,
        id: Principal,
        module: &Module,
        skip_pre_upgrade: bool,
    ) -> Result<(), FleetError> {
        let mode = InstallMode::Upgrade { skip_pre_upgrade };
        let by = self.operator;
        self.host.pass_rounds(1_000_000);
        self.host.install(id, mode, module, &upgrade_args(), by)?;
        self.host.pass_rounds(1_000_000);
        Ok(())
    }
}
