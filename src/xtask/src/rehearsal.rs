//! A canister on the embedded host, taken from release to release.

use candid::{CandidType, Deserialize, decode_one};
use canister_host::{
    Host, HostConfig, HostError, InstallReport, LoneCanister, MessageReport, Module, Principal,
    Snapshot, StableMemory,
};
use canister_scenario::{Answers, Call, Interview, Step, init_args, people, upgrade_args};
use ic_stable_migration::MoveStatus;

use crate::layout::Contents;
use crate::progress;

/// The query that tells how the move of the collections goes.
const STATUS: &str = "migration_status";

/// The encoding of no argument.
const NO_ARGUMENT: &[u8] = b"DIDL\0\0";

/// Why a rehearsal cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The host or a hook refused.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A call that fills the canister was rejected.
    #[error("{call} was rejected: {reason}")]
    Call {
        /// The call, with its argument.
        call: String,
        /// What the canister said.
        reason: String,
    },
    /// The canister does not tell how its move goes.
    #[error("{STATUS} does not tell how the move goes: {reason}")]
    Status {
        /// What it said instead, or why that could not be read.
        reason: String,
    },
    /// A query without argument is rejected.
    #[error("the query {method} was rejected: {reason}")]
    Query {
        /// The query.
        method: &'static str,
        /// What the canister said.
        reason: String,
    },
    /// Stable memory could not be read back.
    #[error(transparent)]
    Stable(#[from] canister_host::StableError),
}

type Result<T> = std::result::Result<T, RehearsalError>;

/// One canister on one host, owned and controlled as generated scenarios expect.
pub struct Rehearsal {
    lone: LoneCanister,
    /// The clock at which questions are asked, so that no answer differs for the time that went by.
    asked_at: u64,
}

/// What a canister takes up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// What stable memory holds.
    pub contents: Contents,
    /// Pages of stable memory, 64 KiB each.
    pub stable_pages: u64,
    /// Pages of heap, 64 KiB each: the high-water mark since the module was installed.
    pub heap_pages: u64,
}

impl Rehearsal {
    /// Installs `module` in a fresh canister.
    ///
    /// # Errors
    /// What the host or `canister_init` refused.
    pub fn install(module: &Module) -> Result<Self> {
        Self::install_on(HostConfig::default(), module)
    }

    /// The same on a host with a configuration of its own.
    ///
    /// # Errors
    /// What the host or `canister_init` refused.
    pub fn install_on(config: HostConfig, module: &Module) -> Result<Self> {
        let (id, controller) = (people::canister(0), people::user_index());
        let lone = LoneCanister::install(config, Some(id), controller, module, &init_args())?;
        let asked_at = lone.host.time();
        Ok(Self { lone, asked_at })
    }

    /// Puts `memory` in place of stable memory and lets `module` take it up, as after a restart
    /// of the canister's life at this point: pre_upgrade is skipped.
    ///
    /// # Errors
    /// What the host or `canister_post_upgrade` refused.
    pub fn restore(
        &mut self,
        memory: impl Into<StableMemory>,
        module: &Module,
    ) -> Result<InstallReport> {
        let _sign_of_life = progress::spinner("Upgrading");
        Ok(self.lone.restore(memory, module, &upgrade_args())?)
    }

    /// Upgrades to `module`.
    ///
    /// # Errors
    /// What the host or a hook refused.
    pub fn upgrade(&mut self, module: &Module) -> Result<InstallReport> {
        self.upgrade_with(module, &upgrade_args())
    }

    /// Upgrades to `module` with an argument of its own.
    ///
    /// # Errors
    /// What the host or a hook refused.
    pub fn upgrade_with(&mut self, module: &Module, args: &[u8]) -> Result<InstallReport> {
        let _sign_of_life = progress::spinner("Upgrading");
        Ok(self.lone.upgrade(module, args, false)?)
    }

    /// Makes the calls and lets the time pass. Returns how many calls were made.
    ///
    /// # Errors
    /// `Call` for the first call that the canister rejects.
    pub fn fill(&mut self, steps: &[Step]) -> Result<usize> {
        let bar = progress::bar("Filling the canister", steps.len());
        let mut calls = 0;
        for step in bar.wrap_iter(steps.iter()) {
            match step {
                Step::Pass(time) => self.lone.host.advance_time(*time),
                Step::Call(call) => {
                    let Call {
                        caller,
                        method,
                        args,
                    } = call;
                    let reply = self.lone.update(*caller, method, args);
                    reply.map_err(|reject| RehearsalError::Call {
                        call: call.to_string(),
                        reason: reject.to_string(),
                    })?;
                    calls += 1;
                }
            }
        }
        Ok(calls)
    }

    /// Finds the questions that the canister has something to say to. They are asked at the time
    /// it is now.
    pub fn interview(&mut self, interface: &str) -> Interview {
        self.asked_at = self.lone.host.time();
        let _sign_of_life = progress::spinner("Finding questions to ask");
        Interview::prepare(|call| self.ask(call)).with_names_of(interface)
    }

    /// Asks all questions, at the time of the interview.
    pub fn answers(&mut self, interview: &Interview) -> Answers {
        let now = self.lone.host.time();
        self.lone.host.set_time(self.asked_at);
        let bar = progress::bar("Asking", interview.questions().len());
        let answers = interview.answers(|call| {
            bar.inc(1);
            self.ask(call)
        });
        self.lone.host.set_time(now);
        answers
    }

    /// The reply to a query, or the finer code of its rejection: the words of a rejection may
    /// change from release to release, the code may not.
    fn ask(&mut self, call: &Call) -> std::result::Result<Vec<u8>, String> {
        let reply = self.lone.query(call.caller, call.method, &call.args);
        reply.map_err(|reject| reject.error_code.to_owned())
    }

    /// How the move of the collections goes; none in a release that does not move them.
    ///
    /// # Errors
    /// `Status` if the canister does not tell.
    pub fn move_status(&mut self) -> Result<Option<MoveStatus>> {
        /// What matters here of the reply.
        #[derive(CandidType, Deserialize)]
        struct Status {
            move_status: Option<MoveStatus>,
        }
        let untold = |reason: String| RehearsalError::Status { reason };
        let asker = people::user_index();
        let reply = self.lone.query(asker, STATUS, NO_ARGUMENT);
        let reply = reply.map_err(|reject| untold(reject.to_string()))?;
        let status: Status = decode_one(&reply).map_err(|error| untold(error.to_string()))?;
        Ok(status.move_status)
    }

    /// The reply to a query without argument, asked as a controller.
    ///
    /// # Errors
    /// `Query` if it is rejected.
    pub fn query(&mut self, method: &'static str) -> Result<Vec<u8>> {
        let asker = people::user_index();
        let reply = self.lone.query(asker, method, NO_ARGUMENT);
        let reply = reply.map_err(|reject| RehearsalError::Query {
            method,
            reason: reject.to_string(),
        })?;
        Ok(reply)
    }

    /// Lets a second pass and runs what timers are due, with the messages they set off.
    pub fn tick(&mut self) -> Vec<MessageReport> {
        self.lone.tick()
    }

    /// The canister, to be looked at on its host.
    pub fn subject(&self) -> (&Host, Principal) {
        (&self.lone.host, self.lone.id)
    }

    /// Everything that the canister is now, as the network's snapshots hold it.
    ///
    /// # Errors
    /// The canister has a global that snapshots do not hold.
    pub fn snapshot(&mut self) -> Result<Snapshot> {
        Ok(self.lone.snapshot()?)
    }

    /// What the canister takes up now.
    ///
    /// # Errors
    /// Stable memory cannot be read.
    pub fn size(&self) -> Result<Size> {
        let memory = self.lone.memory()?;
        Ok(Size {
            contents: Contents::of(memory.to_vec()?),
            stable_pages: memory.pages(),
            heap_pages: self.lone.heap_pages()?,
        })
    }
}
