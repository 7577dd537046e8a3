//! A canister on a host of its own, driven as its users and its controller do.

use std::time::Duration;

use candid::Principal;

use crate::config::{CanisterSettings, HostConfig};
use crate::error::HostError;
use crate::fault::Fault;
use crate::host::Host;
use crate::install::InstallMode;
use crate::module::Module;
use crate::reject::Reject;
use crate::report::{InstallReport, MessageReport};
use crate::snapshot::Snapshot;
use crate::stable::StableMemory;

/// Time from one look for due timers to the next.
const TICK: Duration = Duration::from_secs(1);

/// One canister on one host.
///
/// ```
/// use canister_host::{HostConfig, LoneCanister, Module, Principal};
///
/// let module = Module::new(&wat::parse_str("(module (memory 1))")?)?;
/// let me = Principal::anonymous();
/// let mut canister = LoneCanister::install(HostConfig::default(), None, me, &module, &[])?;
/// let report = canister.upgrade(&module, &[], false)?;
/// assert_eq!((report.stable_writes(), canister.stable_pages()?), (0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LoneCanister {
    /// Its host, for what a test wants beyond this.
    pub host: Host,
    /// Its id.
    pub id: Principal,
    /// Its controller, who installs and upgrades it.
    pub controller: Principal,
}

impl LoneCanister {
    /// An empty canister on a new host. Without an `id` it gets the first that a host gives.
    ///
    /// # Errors
    /// The id cannot be a canister's.
    pub fn empty(
        config: HostConfig,
        id: Option<Principal>,
        controller: Principal,
        settings: CanisterSettings,
    ) -> Result<Self, HostError> {
        let mut host = Host::with_config(config);
        let id = match id {
            None => host.create_canister(settings),
            Some(id) => {
                host.create_canister_with_id(id, settings)?;
                id
            }
        };
        Ok(Self {
            host,
            id,
            controller,
        })
    }

    /// The same with a module installed, and `controller` as the only one.
    ///
    /// # Errors
    /// What the host or `canister_init` refused.
    pub fn install(
        config: HostConfig,
        id: Option<Principal>,
        controller: Principal,
        module: &Module,
        argument: &[u8],
    ) -> Result<Self, HostError> {
        let settings = CanisterSettings {
            controllers: vec![controller],
            ..CanisterSettings::default()
        };
        let mut canister = Self::empty(config, id, controller, settings)?;
        let Self { host, id, .. } = &mut canister;
        host.install(*id, InstallMode::Install, module, argument, controller)?;
        Ok(canister)
    }

    /// Puts `memory` in place of its stable memory and lets `module` take it up, without pre_upgrade.
    ///
    /// # Errors
    /// What the host or `canister_post_upgrade` refused.
    pub fn restore(
        &mut self,
        memory: impl Into<StableMemory>,
        module: &Module,
        argument: &[u8],
    ) -> Result<InstallReport, HostError> {
        self.host.set_stable_memory(self.id, memory)?;
        self.upgrade(module, argument, true)
    }

    /// Upgrades it.
    ///
    /// # Errors
    /// What the host or a hook refused; everything is then as it was.
    pub fn upgrade(
        &mut self,
        module: &Module,
        argument: &[u8],
        skip_pre_upgrade: bool,
    ) -> Result<InstallReport, HostError> {
        let mode = InstallMode::Upgrade { skip_pre_upgrade };
        self.host
            .install(self.id, mode, module, argument, self.controller)
    }

    /// Makes an update call.
    ///
    /// # Errors
    /// The reject.
    pub fn update(
        &mut self,
        caller: Principal,
        method: &str,
        argument: &[u8],
    ) -> Result<Vec<u8>, Reject> {
        let reply = self.host.update(self.id, caller, method, argument);
        reply.map(|reply| reply.bytes)
    }

    /// Makes a query.
    ///
    /// # Errors
    /// The reject.
    pub fn query(
        &mut self,
        caller: Principal,
        method: &str,
        argument: &[u8],
    ) -> Result<Vec<u8>, Reject> {
        let reply = self.host.query(self.id, caller, method, argument);
        reply.map(|reply| reply.bytes)
    }

    /// Lets a second pass and runs the timers that are due, with the messages they set off.
    pub fn tick(&mut self) -> Vec<MessageReport> {
        self.host.advance_time(TICK);
        self.host.tick()
    }

    /// Lets time pass, a second at a time, until no timer is due or `most` seconds are over.
    pub fn run_timers(&mut self, most: usize) -> Vec<MessageReport> {
        let mut reports = Vec::new();
        for _ in 0..most {
            let ran = self.tick();
            if ran.is_empty() {
                break;
            }
            reports.extend(ran);
        }
        reports
    }

    /// Arms a fault, or disarms the one that is armed.
    ///
    /// # Errors
    /// The canister is gone.
    pub fn arm(&mut self, fault: Option<Fault>) -> Result<(), HostError> {
        self.host.set_fault(self.id, fault)
    }

    /// Everything it is.
    ///
    /// # Errors
    /// What [`Host::take_snapshot`] refuses.
    pub fn snapshot(&mut self) -> Result<Snapshot, HostError> {
        self.host.take_snapshot(self.id)
    }

    /// Makes it what it was when the snapshot was taken, or another canister whose snapshot it is.
    ///
    /// # Errors
    /// What [`Host::load_snapshot`] refuses.
    pub fn load(&mut self, snapshot: &Snapshot) -> Result<(), HostError> {
        self.host.load_snapshot(self.id, snapshot)
    }

    /// A copy of its stable memory, which costs nothing until one of the two is written.
    ///
    /// # Errors
    /// The canister is gone.
    pub fn memory(&self) -> Result<StableMemory, HostError> {
        self.host.stable_memory(self.id)
    }

    /// Pages of its stable memory, 64 KiB each.
    ///
    /// # Errors
    /// The canister is gone.
    pub fn stable_pages(&self) -> Result<u64, HostError> {
        self.host.stable_pages(self.id)
    }

    /// Pages of its heap, 64 KiB each: the high-water mark since the module was installed.
    ///
    /// # Errors
    /// The canister is gone.
    pub fn heap_pages(&self) -> Result<u64, HostError> {
        self.host.heap_pages(self.id)
    }
}
