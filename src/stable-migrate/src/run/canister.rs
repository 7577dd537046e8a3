//! One canister on a host of its own, brought there from a snapshot.

use std::time::{Duration, Instant};

use candid::Principal;
use canister_host::{
    EntryPoint, Fault, HostConfig, HostError, InstallMode, InstallReport, LoneCanister,
    MAX_HEAP_PAGES, Module, ModuleError, ModuleRule, PAGE_SIZE, Prices, Snapshot, StableMemory,
};
use canister_questions::words::reason;
use canister_questions::{Answer, Question, Respondent};

use super::migration::{self, Standing};
use super::setting::OwnSettings;

/// The code of a message that used up what it may.
const INSTRUCTION_LIMIT: &str = "IC0522";

/// What the network knows of a canister and a snapshot does not say.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its id; one of the host's where it matters to no one.
    pub canister: Option<Principal>,
    /// Its controller, who upgrades it and asks.
    pub sender: Principal,
    /// Instructions that one installation may take.
    pub install_instructions: u64,
    /// What is charged on its subnet.
    pub prices: Prices,
    /// Its own settings.
    pub own: OwnSettings,
}

/// A module and the argument it is installed with.
#[derive(Clone, Debug)]
pub struct Step {
    /// How it is called in reports.
    pub name: String,
    /// The module, or the rule of the network for which it is refused: the upgrade is, then, and tells so.
    pub module: Result<Module, ModuleRule>,
    /// The encoded argument.
    pub argument: Vec<u8>,
    /// Whether the module before it is not given the time to save.
    pub skip_pre_upgrade: bool,
}

impl Step {
    /// The same module once more, with another argument, where the one before it is given the time to save.
    pub fn again(&self, argument: Vec<u8>) -> Self {
        Self {
            argument,
            skip_pre_upgrade: false,
            ..self.clone()
        }
    }
}

/// A canister on a host.
pub struct Canister {
    pub(super) lone: LoneCanister,
    /// Instructions that one query may take.
    query_instructions: u64,
    /// The clock at which questions are asked, so that time alone changes no answer.
    asked_at: u64,
    heap_limit: u64,
    prices: Prices,
}

/// An upgrade that did not happen. The canister is then as it was.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The hook that trapped; none where no hook is to blame.
    pub hook: Option<&'static str>,
    /// What was said.
    pub reason: String,
    /// The hooks up to the one that trapped.
    pub report: InstallReport,
    /// How long it took here.
    pub took: Duration,
}

impl Canister {
    /// Brings a snapshot to a new host.
    ///
    /// # Errors
    /// A sentence, if its parts do not fit together or its module cannot run here.
    pub fn restore(snapshot: &Snapshot, setting: &Setting) -> Result<Self, String> {
        let mut config = HostConfig::default();
        if snapshot.taken_at > 0 {
            config.time = snapshot.taken_at;
        }
        let mut canister = Self::on_host(config, setting)?;
        let loaded = canister.lone.load(snapshot);
        loaded.map_err(|error| told(&error))?;
        Ok(canister)
    }

    /// An empty canister on a new host.
    fn on_host(config: HostConfig, setting: &Setting) -> Result<Self, String> {
        let (asked_at, query_instructions) = (config.time, config.query_instructions);
        let config = HostConfig {
            install_instructions: setting.install_instructions,
            // Nothing has a price where it is not known what the canister has.
            prices: setting.own.cycles.map(|_| setting.prices),
            ..config
        };
        let settings = setting.own.of_canister(setting.sender);
        let heap_limit = match settings.limits.wasm_memory_limit {
            0 => MAX_HEAP_PAGES * PAGE_SIZE,
            limit => limit,
        };
        let lone = LoneCanister::empty(config, setting.canister, setting.sender, settings);
        Ok(Self {
            lone: lone.map_err(|error| told(&error))?,
            query_instructions,
            asked_at,
            heap_limit,
            prices: setting.prices,
        })
    }

    /// Bytes of heap it may have.
    pub fn heap_limit(&self) -> u64 {
        self.heap_limit
    }

    /// What is charged on its subnet.
    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// A canister on which a module was just installed.
    ///
    /// # Errors
    /// A sentence, if it cannot be installed.
    pub fn fresh(module: &Module, argument: &[u8], setting: &Setting) -> Result<Self, String> {
        let mut canister = Self::on_host(HostConfig::default(), setting)?;
        let LoneCanister {
            host,
            id,
            controller,
        } = &mut canister.lone;
        host.install(*id, InstallMode::Install, module, argument, *controller)
            .map_err(|error| told(&error))?;
        Ok(canister)
    }

    /// Upgrades as the replica does. Also says how long that took here.
    ///
    /// # Errors
    /// What the hook that trapped said, or why there was nothing to run; the canister is then as it was.
    pub fn upgrade(&mut self, step: &Step) -> Result<(InstallReport, Duration), Box<Refused>> {
        let since = Instant::now();
        let outcome = self.install(step);
        let took = since.elapsed();
        outcome.map(|report| (report, took)).map_err(|error| {
            let (hook, reason, report) = match error {
                HostError::Hook {
                    hook,
                    reject,
                    report,
                    ..
                } => {
                    let said = format!("{} ({})", reason(&reject.message), reject.error_code);
                    (Some(hook_name(&hook)), said, *report)
                }
                error => (None, told(&error), InstallReport::default()),
            };
            Box::new(Refused {
                hook,
                reason,
                report,
                took,
            })
        })
    }

    /// Tries an upgrade in which `fault` strikes. True if the upgrade failed for it.
    ///
    /// # Errors
    /// A sentence, if it failed for another reason.
    pub fn upgrade_with(&mut self, fault: Fault, step: &Step) -> Result<bool, String> {
        self.lone.arm(Some(fault)).map_err(|error| told(&error))?;
        let outcome = self.install(step);
        let LoneCanister { host, id, .. } = &self.lone;
        let struck = !host.is_fault_armed(*id).map_err(|error| told(&error))?;
        self.lone.arm(None).map_err(|error| told(&error))?;
        match outcome {
            Ok(_) => Ok(false),
            Err(_) if struck => Ok(true),
            Err(error) => Err(told(&error)),
        }
    }

    fn install(&mut self, step: &Step) -> Result<InstallReport, HostError> {
        let module = step.module.as_ref();
        let module = module.map_err(|rule| ModuleError::from(rule.clone()))?;
        self.lone
            .upgrade(module, &step.argument, step.skip_pre_upgrade)
    }

    /// Where the canister's move stands.
    ///
    /// # Errors
    /// A sentence, if its journal cannot be read.
    pub fn standing(&self) -> Result<Standing, String> {
        migration::standing(self.stable()?)
    }

    /// Entries that were moved to stable maps, where the move is done.
    ///
    /// # Errors
    /// A sentence, if its journal cannot be read.
    pub fn moved(&self) -> Result<Option<u64>, String> {
        migration::moved(self.stable()?)
    }

    /// Bytes of state that pre_upgrade saved in memory 0, where this library did so.
    ///
    /// # Errors
    /// A sentence, if memory 0 cannot be read.
    pub fn saved_bytes(&self) -> Result<Option<u64>, String> {
        migration::saved_bytes(self.stable()?)
    }

    fn stable(&self) -> Result<StableMemory, String> {
        self.lone.memory().map_err(|error| told(&error))
    }

    /// Its clock, in nanoseconds since 1970.
    pub fn now(&self) -> u64 {
        self.lone.host.time()
    }

    /// When its global timer is due, in nanoseconds since 1970; none where it is not set.
    ///
    /// # Errors
    /// A sentence, if the canister is gone.
    pub fn timer(&self) -> Result<Option<u64>, String> {
        let LoneCanister { host, id, .. } = &self.lone;
        let due = host.global_timer(*id).map_err(|error| told(&error))?;
        Ok((due > 0).then_some(due))
    }

    /// Heap and stable memory, in pages of 64 KiB.
    ///
    /// # Errors
    /// A sentence, if the canister is gone.
    pub fn pages(&self) -> Result<(u64, u64), String> {
        let heap = self.lone.heap_pages().map_err(|error| told(&error))?;
        let stable = self.lone.stable_pages().map_err(|error| told(&error))?;
        Ok((heap, stable))
    }

    /// Everything it is.
    ///
    /// # Errors
    /// A sentence, if it cannot be taken.
    pub fn snapshot(&mut self) -> Result<Snapshot, String> {
        self.lone.snapshot().map_err(|error| told(&error))
    }
}

impl Respondent for Canister {
    /// At the time at which all questions are asked.
    fn ask(&mut self, question: &Question) -> (Answer, u64) {
        let now = self.lone.host.time();
        self.lone.host.set_time(self.asked_at);
        let (answer, instructions) = self.lone.ask(question);
        self.lone.host.set_time(now);
        match &answer {
            Answer::Refused(refusal) if refusal.code == INSTRUCTION_LIMIT => {
                (answer, self.query_instructions)
            }
            _ => (answer, instructions),
        }
    }

    fn module(&self) -> Result<Module, String> {
        self.lone.module()
    }

    fn principals(&self) -> Vec<Principal> {
        self.lone.principals()
    }

    fn memory_to_search(&self) -> Result<Vec<u8>, String> {
        self.lone.memory_to_search()
    }
}

/// The name of a hook as the network has it.
pub fn hook_name(hook: &EntryPoint) -> &'static str {
    match hook {
        EntryPoint::PreUpgrade => "pre_upgrade",
        EntryPoint::Start => "start",
        EntryPoint::PostUpgrade => "post_upgrade",
        _ => "init",
    }
}

/// An error of the host in one line.
pub(super) fn told(error: &HostError) -> String {
    reason(&error.to_string())
}
