//! Installing, upgrading and reinstalling modules: one atomic unit with one limit.

use candid::Principal;

use crate::canister::{Allowance, Canister, Outcome};
use crate::config::HostConfig;
use crate::entry::EntryPoint;
use crate::error::{Balance, HostError};
use crate::execution::State;
use crate::host::Host;
use crate::instance::{Instance, Target};
use crate::management::Change;
use crate::module::Module;
use crate::rates::{self, Compilation};
use crate::report::InstallReport;
use crate::rewrite;

/// What becomes of the state a canister has when a module is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallMode {
    /// There is none: the canister is empty.
    Install,
    /// It is lost, stable memory too.
    Reinstall,
    /// Stable memory stays; the heap begins anew. It stays too if both modules say so in the
    /// section `enhanced-orthogonal-persistence`, as the command-line clients ask for.
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
    config: HostConfig,
    compilation: Compilation,
    state: State,
    report: InstallReport,
}

impl Host {
    /// Installs a module. An upgrade runs the old `canister_pre_upgrade`, then, on a fresh
    /// heap, the new start function and `canister_post_upgrade(arg)`; the other modes run
    /// the start function and `canister_init(arg)`. Hooks a module does not export are
    /// skipped. This way in is not particular about who may: `sender` is what hooks see as
    /// their caller. The management canister's `install_code` obeys controllers alone.
    ///
    /// # Errors
    /// The mode does not fit the canister, it has too few cycles or installed too much
    /// lately, the module cannot be instantiated, the limit is too low, or a hook trapped;
    /// then the canister is as it was, but for what the attempt is charged.
    pub fn install(
        &mut self,
        id: Principal,
        mode: InstallMode,
        module: &Module,
        arg: &[u8],
        sender: Principal,
    ) -> Result<InstallReport, HostError> {
        let compilation = self.compilation_of(module);
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
        let kept = |i: &Instance| upgrade && i.module().keeps_heap();
        let keep_heap = canister.instance.as_ref().is_some_and(kept);
        if keep_heap && !module.keeps_heap() {
            return Err(HostError::WouldLoseHeap(id));
        }
        rates::check_debit(canister, self.config.install_rate)?;
        let prepaid = prepay(canister, &self.config, module)?;
        let before = Canister::usage(canister.instance.as_ref(), &canister.state);
        let mut config = self.config.clone();
        let mut state = canister.state.clone();
        state.cycles = state.cycles.saturating_sub(prepaid);
        if mode == InstallMode::Reinstall {
            let given_back = state.stable.pages();
            config.free_stable_pages = config
                .free_stable_pages
                .map(|free| free.saturating_add(given_back));
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
            config,
            compilation,
            state,
            report: InstallReport::default(),
        };
        let result = installation
            .run(old.as_mut(), module, mode, keep_heap)
            .and_then(|instance| installation.settle(instance, prepaid, before));
        let Installation {
            state,
            report,
            config,
            ..
        } = installation;
        rates::book(canister, report.instructions(), config.install_rate);
        if report.compile_instructions > 0 {
            self.compiled.insert(module.hash());
        }
        match result {
            Ok(instance) => {
                canister.instance = Some(instance);
                canister.state = state;
                canister.version = canister.version.saturating_add(1);
                self.config.free_stable_pages = config.free_stable_pages;
                let (module_hash, instructions) = (module.hash(), report.instructions());
                self.record(
                    id,
                    Some(sender),
                    Change::Installed {
                        mode,
                        module_hash,
                        instructions,
                    },
                );
                Ok(report)
            }
            Err(error) => {
                let cycles = cost(&report, &config);
                canister.state.cycles = canister.state.cycles.saturating_sub(cycles);
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

/// The cycles for all the instructions an installation may use, if the canister has them
/// above its freezing threshold. Nothing where there are no prices.
fn prepay(canister: &Canister, config: &HostConfig, module: &Module) -> Result<u128, HostError> {
    let Some(prices) = &config.prices else {
        return Ok(0);
    };
    let balance = Balance {
        cycles: canister.state.cycles,
        threshold: canister.threshold_now(prices),
        needed: prices.installation(config.install_instructions, module.has_wide_heap()),
    };
    match balance.missing() {
        0 => Ok(balance.needed),
        _ => Err(HostError::OutOfCycles {
            canister: canister.id,
            balance: Box::new(balance),
        }),
    }
}

/// What an installation costs, failed or not.
fn cost(report: &InstallReport, config: &HostConfig) -> u128 {
    config.prices.as_ref().map_or(0, |prices| {
        prices.installation(report.instructions(), report.wide_heap)
    })
}

impl Installation<'_> {
    fn run(
        &mut self,
        mut old: Option<&mut Instance>,
        module: &Module,
        mode: InstallMode,
        keep_heap: bool,
    ) -> Result<Instance, HostError> {
        self.report.compile_first = self.compilation.first;
        self.report.compile_again = self.compilation.again;
        self.report.wide_heap = module.has_wide_heap();
        let with_pre_upgrade = InstallMode::Upgrade {
            skip_pre_upgrade: false,
        };
        if let Some(old) = old.as_deref_mut().filter(|_| mode == with_pre_upgrade) {
            self.hook(old, EntryPoint::PreUpgrade, "canister_pre_upgrade")?;
        }
        let (needed, left) = (self.compilation.charged, self.left());
        if needed > left {
            return Err(HostError::CompileLimit { needed, left });
        }
        self.report.compile_instructions = needed;
        // Also of what pre_upgrade set.
        self.state.global_timer = 0;
        let limits = self.canister.settings.limits;
        let mut instance = match old.filter(|_| keep_heap) {
            Some(old) => Instance::on_heap(module, limits, old.heap()),
            None => Instance::new(module, limits),
        }
        .map_err(|stop| self.not_instantiated(&stop))?;
        self.check_first_heap(&instance)?;
        self.hook(&mut instance, EntryPoint::Start, rewrite::START)?;
        let (entry, export) = match mode {
            InstallMode::Upgrade { .. } => (EntryPoint::PostUpgrade, "canister_post_upgrade"),
            _ => (EntryPoint::Init, "canister_init"),
        };
        self.hook(&mut instance, entry, export)?;
        instance
            .commit()
            .map_err(|stop| self.not_instantiated(&stop))?;
        Ok(instance)
    }

    fn not_instantiated(&self, stop: &dyn std::fmt::Display) -> HostError {
        HostError::Instantiation {
            canister: self.canister.id,
            reason: stop.to_string(),
        }
    }

    /// No hook has run yet, so what is there is what the module asks for.
    fn check_first_heap(&self, instance: &Instance) -> Result<(), HostError> {
        let limits = &self.canister.settings.limits;
        let bytes = instance.heap().len() as u64;
        match limits.forbid(bytes) {
            false => Ok(()),
            true => Err(HostError::WasmMemoryLimit {
                canister: self.canister.id,
                bytes,
                limit: limits.wasm_memory_limit,
            }),
        }
    }

    /// Pays back what was not used, and sees whether what is left bears the memory that came.
    fn settle(
        &mut self,
        instance: Instance,
        prepaid: u128,
        before: u64,
    ) -> Result<Instance, HostError> {
        let Some(prices) = &self.config.prices else {
            return Ok(instance);
        };
        let back = prepaid.saturating_sub(cost(&self.report, &self.config));
        self.state.cycles = self.state.cycles.saturating_add(back);
        let bytes = Canister::usage(Some(&instance), &self.state);
        let balance = Balance {
            cycles: self.state.cycles,
            threshold: self.canister.threshold(bytes, prices),
            needed: 0,
        };
        if bytes > before && balance.missing() > 0 {
            return Err(HostError::InstallationFreezes {
                canister: self.canister.id,
                bytes,
                balance: Box::new(balance),
            });
        }
        Ok(instance)
    }

    fn left(&self) -> u64 {
        self.config
            .install_instructions
            .saturating_sub(self.report.instructions())
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
        let allowance = Allowance::new(&self.config, self.left(), 0);
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
        self.config.free_stable_pages = execution.free_stable_pages;
        Ok(())
    }
}
