//! Installing, upgrading and reinstalling modules: one atomic unit with one limit.

use candid::Principal;

use crate::canister::{Allowance, Canister, Outcome};
use crate::cost;
use crate::entry::EntryPoint;
use crate::error::HostError;
use crate::execution::State;
use crate::host::Host;
use crate::instance::{Instance, Target};
use crate::module::Module;
use crate::report::InstallReport;
use crate::rewrite;

/// What becomes of the state a canister has when a module is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallMode {
    /// There is none: the canister is empty.
    Install,
    /// It is lost, stable memory too.
    Reinstall,
    /// Stable memory stays; the heap begins anew.
    Upgrade {
        /// Whether the old module's `canister_pre_upgrade` is left out.
        skip_pre_upgrade: bool,
    },
}

/// An installation in progress.
struct Installation<'a> {
    canister: &'a mut Canister,
    arg: &'a [u8],
    sender: Principal,
    time: u64,
    limit: u64,
    free_stable_pages: Option<u64>,
    state: State,
    report: InstallReport,
}

impl Host {
    /// Installs a module. An upgrade runs the old `canister_pre_upgrade`, then, on a fresh
    /// heap, the new start function and `canister_post_upgrade(arg)`; the other modes run
    /// the start function and `canister_init(arg)`. Hooks a module does not export are
    /// skipped. The host is not particular about who may: `sender` is what hooks see as
    /// their caller.
    ///
    /// # Errors
    /// The mode does not fit the canister, the module cannot be instantiated, the limit is
    /// too low, or a hook trapped; then the canister is as it was.
    pub fn install(
        &mut self,
        id: Principal,
        mode: InstallMode,
        module: &Module,
        arg: &[u8],
        sender: Principal,
    ) -> Result<InstallReport, HostError> {
        let canister = self
            .canisters
            .get_mut(&id)
            .ok_or(HostError::CanisterNotFound(id))?;
        let upgrade = matches!(mode, InstallMode::Upgrade { .. });
        match mode {
            InstallMode::Install if canister.instance.is_some() => {
                return Err(HostError::NotEmpty(id));
            }
            InstallMode::Upgrade { .. } if canister.instance.is_none() => {
                return Err(HostError::NoModule(id));
            }
            _ => {}
        }
        let mut free = self.config.free_stable_pages;
        let mut state = canister.state.clone();
        if mode == InstallMode::Reinstall {
            free = free.map(|free| free + state.stable.pages());
        }
        if !upgrade {
            // What was put there beforehand is what an empty canister starts from.
            if mode == InstallMode::Reinstall {
                state.stable = Default::default();
            }
            state.certified_data = Vec::new();
        }
        let mut old = canister.instance.take();
        let mut installation = Installation {
            canister,
            arg,
            sender,
            time: self.time,
            limit: self.config.install_instructions,
            free_stable_pages: free,
            state,
            report: InstallReport::default(),
        };
        let pre_upgrade = mode
            == InstallMode::Upgrade {
                skip_pre_upgrade: false,
            };
        let result = installation.run(old.as_mut().filter(|_| pre_upgrade), module, upgrade);
        let Installation {
            state,
            report,
            free_stable_pages,
            ..
        } = installation;
        match result {
            Ok(instance) => {
                canister.instance = Some(instance);
                canister.state = state;
                canister.version = canister.version.saturating_add(1);
                self.config.free_stable_pages = free_stable_pages;
                Ok(report)
            }
            Err(error) => {
                let restored = old.as_mut().map_or(Ok(()), Instance::rollback);
                canister.instance = old;
                restored.map_err(|stop| HostError::Instantiation {
                    canister: id,
                    reason: stop.to_string(),
                })?;
                Err(error)
            }
        }
    }
}

impl Installation<'_> {
    fn run(
        &mut self,
        old: Option<&mut Instance>,
        module: &Module,
        upgrade: bool,
    ) -> Result<Instance, HostError> {
        let id = self.canister.id;
        if let Some(old) = old {
            self.hook(old, EntryPoint::PreUpgrade, "canister_pre_upgrade")?;
        }
        let needed = module.shape().instructions * cost::COMPILE;
        let left = self.left();
        if needed > left {
            return Err(HostError::CompileLimit { needed, left });
        }
        self.report.compile_instructions = needed;
        self.state.global_timer = 0;
        let mut instance =
            Instance::new(module, self.canister.settings.limits).map_err(|stop| {
                HostError::Instantiation {
                    canister: id,
                    reason: stop.to_string(),
                }
            })?;
        self.hook(&mut instance, EntryPoint::Start, rewrite::START)?;
        if upgrade {
            self.hook(
                &mut instance,
                EntryPoint::PostUpgrade,
                "canister_post_upgrade",
            )?;
        } else {
            self.hook(&mut instance, EntryPoint::Init, "canister_init")?;
        }
        instance.commit().map_err(|stop| HostError::Instantiation {
            canister: id,
            reason: stop.to_string(),
        })?;
        Ok(instance)
    }

    fn left(&self) -> u64 {
        self.limit.saturating_sub(self.report.instructions())
    }

    /// Runs a hook if the module has it, and keeps what it did for the next one.
    fn hook(
        &mut self,
        instance: &mut Instance,
        entry: EntryPoint,
        export: &str,
    ) -> Result<(), HostError> {
        if !instance.module().offers(export) {
            return Ok(());
        }
        let mut input = self.canister.input(self.time);
        (input.arg, input.caller) = (self.arg.to_vec(), self.sender);
        let allowance = Allowance {
            instructions: self.left(),
            free_stable_pages: self.free_stable_pages,
            cycles: 0,
        };
        let state = self.state.clone();
        let target = Target::Export(export);
        let Outcome {
            execution, report, ..
        } = self
            .canister
            .run_on(instance, state, entry.clone(), target, input, allowance);
        let trap = report.trap.clone();
        let place = match entry {
            EntryPoint::PreUpgrade => &mut self.report.pre_upgrade,
            EntryPoint::Start => &mut self.report.start,
            EntryPoint::PostUpgrade => &mut self.report.post_upgrade,
            _ => &mut self.report.init,
        };
        *place = Some(report);
        if let Some(reject) = trap {
            return Err(HostError::Hook {
                canister: self.canister.id,
                hook: entry,
                reject,
                report: Box::new(self.report.clone()),
            });
        }
        self.state = execution.state;
        self.free_stable_pages = execution.free_stable_pages;
        Ok(())
    }
}
