//! One canister on a host of its own, brought there from a snapshot.

use std::time::{Duration, Instant};

use candid::Principal;
use canister_host::{
    EntryPoint, Fault, Host, HostConfig, HostError, InstallMode, InstallReport, MessageReport,
    Module, Snapshot,
};

use super::answers::{Answer, Question};
use super::interface::{NO_ARGUMENT, one_line};
use super::migration::{STATUS_QUERY, Standing, standing};
use super::setting::OwnSettings;

/// Time that passes on the canister's clock from one look at its migration to the next.
const TICK: Duration = Duration::from_secs(1);

/// Instructions of one installation on the network: 300 B.
pub const INSTALL_INSTRUCTIONS: u64 = 300_000_000_000;

/// What the network knows of a canister and a snapshot does not say.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its id; one of the host's where it matters to no one.
    pub canister: Option<Principal>,
    /// Its controller, who upgrades it and asks.
    pub sender: Principal,
    /// Instructions that one installation may take.
    pub install_instructions: u64,
    /// Its own settings.
    pub own: OwnSettings,
}

/// A module and the argument it is installed with.
#[derive(Clone, Debug)]
pub struct Step {
    /// How it is called in reports.
    pub name: String,
    /// The module.
    pub module: Module,
    /// The encoded argument.
    pub argument: Vec<u8>,
    /// Whether the module before it is not given the time to save.
    pub skip_pre_upgrade: bool,
}

/// A canister on a host.
pub struct Canister {
    host: Host,
    id: Principal,
    sender: Principal,
    /// The clock at which questions are asked, so that time alone changes no answer.
    asked_at: u64,
}

/// What waiting for a migration's end took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waited {
    /// Messages that timers set off.
    pub messages: u64,
    /// Instructions of all of them.
    pub instructions: u64,
    /// Instructions of the largest.
    pub largest: u64,
    /// Seconds on the canister's clock.
    pub seconds: u64,
}

impl Canister {
    /// Brings a snapshot to a new host.
    ///
    /// # Errors
    /// A sentence, if its parts do not fit together or its module cannot run here.
    pub fn restore(snapshot: &Snapshot, setting: &Setting) -> Result<Self, String> {
        let mut config = HostConfig {
            install_instructions: setting.install_instructions,
            prices: setting.own.prices(),
            ..HostConfig::default()
        };
        if snapshot.taken_at > 0 {
            config.time = snapshot.taken_at;
        }
        let asked_at = config.time;
        let mut host = Host::with_config(config);
        let settings = setting.own.of_canister(setting.sender);
        let id = match setting.canister {
            None => host.create_canister(settings),
            Some(id) => {
                host.create_canister_with_id(id, settings).map_err(told)?;
                id
            }
        };
        host.load_snapshot(id, snapshot).map_err(told)?;
        Ok(Self {
            host,
            id,
            sender: setting.sender,
            asked_at,
        })
    }

    /// The module that is installed.
    ///
    /// # Errors
    /// A sentence, if none is.
    pub fn module(&self) -> Result<Module, String> {
        self.host.module(self.id).cloned().map_err(told)
    }

    /// Upgrades as the replica does. Also says how long that took here.
    ///
    /// # Errors
    /// A sentence with the hook and its trap; the canister is then as it was.
    pub fn upgrade(&mut self, step: &Step) -> Result<(InstallReport, Duration), String> {
        let since = Instant::now();
        let report = self.install(step).map_err(told)?;
        Ok((report, since.elapsed()))
    }

    /// Tries an upgrade in which `fault` strikes. True if the upgrade failed for it.
    ///
    /// # Errors
    /// A sentence, if it failed for another reason.
    pub fn upgrade_with(&mut self, fault: Fault, step: &Step) -> Result<bool, String> {
        self.host.set_fault(self.id, Some(fault)).map_err(told)?;
        let outcome = self.install(step);
        let struck = !self.host.is_fault_armed(self.id).map_err(told)?;
        self.host.set_fault(self.id, None).map_err(told)?;
        match outcome {
            Ok(_) => Ok(false),
            Err(_) if struck => Ok(true),
            Err(error) => Err(told(error)),
        }
    }

    fn install(&mut self, step: &Step) -> Result<InstallReport, HostError> {
        let mode = InstallMode::Upgrade {
            skip_pre_upgrade: step.skip_pre_upgrade,
        };
        self.host
            .install(self.id, mode, &step.module, &step.argument, self.sender)
    }

    /// Asks a question, at the time at which all questions are asked.
    pub fn ask(&mut self, question: &Question) -> Answer {
        let now = self.host.time();
        self.host.set_time(self.asked_at);
        let Question {
            sender,
            method,
            argument,
            ..
        } = question;
        let answer = match self.host.query(self.id, *sender, method, argument) {
            Ok(reply) => Answer::Reply(reply.bytes),
            Err(reject) => Answer::Refused(one_line(&reject.message)),
        };
        self.host.set_time(now);
        answer
    }

    /// Where the canister's migration stands; done for a module that has no such query.
    ///
    /// # Errors
    /// A sentence, if the query fails or answers in no form that is known.
    pub fn standing(&mut self) -> Result<Standing, String> {
        let module = self.module()?;
        if !module.queries().any(|query| query == STATUS_QUERY) {
            return Ok(Standing::Done);
        }
        let reply = self
            .host
            .query(self.id, self.sender, STATUS_QUERY, NO_ARGUMENT);
        let reply = reply
            .map_err(|reject| format!("{STATUS_QUERY} failed: {}", one_line(&reject.message)))?;
        standing(&reply.bytes)
    }

    /// Lets time pass and timers run until the migration says it is done. `progress` is called once a look.
    ///
    /// # Errors
    /// A sentence, if it fails, if nothing is left that would carry it on, or if it takes more than `most` looks.
    pub fn wait(&mut self, most: u64, progress: &mut dyn FnMut()) -> Result<Waited, String> {
        let mut waited = Waited::default();
        for _ in 0..most {
            match self.standing()? {
                Standing::Done => return Ok(waited),
                Standing::Failed(phase) => {
                    return Err(format!(
                        "the migration stands at {phase}: {STATUS_QUERY} says why"
                    ));
                }
                Standing::UnderWay => {}
            }
            let due = self.host.global_timer(self.id).map_err(told)?;
            if due == 0 && waited.seconds > 0 {
                return Err(
                    "the migration is not done, and no timer is set that would carry it on".into(),
                );
            }
            self.host.advance_time(TICK);
            waited.seconds += TICK.as_secs();
            for message in self.host.tick() {
                waited.messages += 1;
                waited.instructions += message.instructions;
                waited.largest = waited.largest.max(message.instructions);
            }
            progress();
        }
        Err(format!(
            "the migration is not done after {most} seconds on the canister's clock"
        ))
    }

    /// Heap and stable memory, in pages of 64 KiB.
    ///
    /// # Errors
    /// A sentence, if the canister is gone.
    pub fn pages(&self) -> Result<(u64, u64), String> {
        let heap = self.host.heap_pages(self.id).map_err(told)?;
        let stable = self.host.stable_pages(self.id).map_err(told)?;
        Ok((heap, stable))
    }

    /// Everything it is.
    ///
    /// # Errors
    /// A sentence, if it cannot be taken.
    pub fn snapshot(&mut self) -> Result<Snapshot, String> {
        self.host.take_snapshot(self.id).map_err(told)
    }
}

/// The name of a hook as the network has it.
pub fn hook_name(message: &MessageReport) -> &'static str {
    match message.entry {
        EntryPoint::PreUpgrade => "pre_upgrade",
        EntryPoint::Start => "start",
        EntryPoint::PostUpgrade => "post_upgrade",
        _ => "init",
    }
}

/// An error of the host in one line.
fn told(error: HostError) -> String {
    one_line(&error.to_string())
}
