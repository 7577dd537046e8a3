//! The host, the index, and the clock.

use candid::utils::{ArgumentEncoder, encode_args};
use candid::{CandidType, Principal, decode_one};
use canister_host::{
    CanisterSettings, Host, HostConfig, InstallMode, InstallReport, MessageReport, Module,
};
use ic_management_canister_types::CanisterIdRecord;
use serde::de::DeserializeOwned;

use crate::error::FleetError;

/// Cycles that the index is created with.
pub const INDEX_CYCLES: u128 = 1_000_000_000_000_000;

/// Steps that a run may take: far more than one of 100 000 canisters.
const MOST_STEPS: u64 = 10_000_000;
/// Ticks after which the index is asked how it is even if more is due at once.
const ASK_EVERY: u64 = 64;

/// A fleet with its index on a host of its own.
pub struct FleetOnHost {
    /// The host, for what a test wants beyond this.
    pub host: Host,
    /// The index.
    pub index: Principal,
    /// Its controller.
    pub operator: Principal,
}

impl FleetOnHost {
    /// A host with an index and no user.
    ///
    /// # Errors
    /// The module cannot be installed.
    pub fn new(config: HostConfig, index: &Module) -> Result<Self, FleetError> {
        let mut host = Host::with_config(config);
        let operator = canister_scenario::people::operator();
        let id = host.create_canister(CanisterSettings {
            controllers: vec![operator],
            cycles: INDEX_CYCLES,
            ..CanisterSettings::default()
        });
        host.install(id, InstallMode::Install, index, &[], operator)?;
        Ok(Self {
            host,
            index: id,
            operator,
        })
    }

    /// Calls an update method of the index as its controller. It is answered before the clock moves.
    ///
    /// # Errors
    /// The call was rejected, or the answer is another.
    pub fn update<R>(&mut self, method: &str, args: impl ArgumentEncoder) -> Result<R, FleetError>
    where
        R: CandidType + DeserializeOwned,
    {
        let arg = encode_args(args)?;
        let reply = self.host.update(self.index, self.operator, method, &arg)?;
        Ok(decode_one(&reply.bytes)?)
    }

    /// The same of a method that refuses in words.
    ///
    /// # Errors
    /// Also what the index refused.
    pub fn command<R>(&mut self, method: &str, args: impl ArgumentEncoder) -> Result<R, FleetError>
    where
        R: CandidType + DeserializeOwned,
    {
        let answer: Result<R, String> = self.update(method, args)?;
        answer.map_err(FleetError::Refused)
    }

    /// Asks the index as its controller.
    ///
    /// # Errors
    /// The query was rejected, or the answer is another.
    pub fn query<R>(&mut self, method: &str, args: impl ArgumentEncoder) -> Result<R, FleetError>
    where
        R: CandidType + DeserializeOwned,
    {
        let arg = encode_args(args)?;
        let reply = self.host.query(self.index, self.operator, method, &arg)?;
        Ok(decode_one(&reply.bytes)?)
    }

    /// Runs what is due; if nothing was, moves the clock to the next thing that is. None if there is no such thing.
    pub fn step(&mut self) -> Option<Vec<MessageReport>> {
        let reports = self.host.tick();
        if !reports.is_empty() {
            return Some(reports);
        }
        let due = self.host.next_due()?;
        self.host.set_time(due.max(self.host.time()));
        Some(self.host.tick())
    }

    /// Runs until the index says what is waited for. It is asked before the clock is moved, and now and then.
    ///
    /// # Errors
    /// It never does.
    pub fn run_until(
        &mut self,
        done: impl FnMut(&mut Self) -> Result<bool, FleetError>,
    ) -> Result<(), FleetError> {
        self.run_asking(ASK_EVERY, done)
    }

    /// The same, asked after every so many ticks.
    ///
    /// # Errors
    /// As [`run_until`](Self::run_until).
    pub fn run_asking(
        &mut self,
        every: u64,
        mut done: impl FnMut(&mut Self) -> Result<bool, FleetError>,
    ) -> Result<(), FleetError> {
        for steps in 0..MOST_STEPS {
            let reports = self.host.tick();
            let asked = reports.is_empty() || steps % every.max(1) == 0;
            if asked && done(self)? {
                return Ok(());
            }
            if reports.is_empty() {
                let Some(due) = self.host.next_due() else {
                    return Err(FleetError::Idle(self.described()));
                };
                self.host.set_time(due.max(self.host.time()));
            }
        }
        Err(FleetError::TooLong {
            steps: MOST_STEPS,
            status: self.described(),
        })
    }

    fn described(&mut self) -> String {
        match self.status() {
            Ok(status) => format!("{status:?}"),
            Err(error) => error.to_string(),
        }
    }

    /// Stops the index, upgrades it and starts it again, as `icp canister install` does: what it has asked for is answered
    /// first, and the clock moves for as long as that takes.
    ///
    /// # Errors
    /// It does not stop, or a hook refused.
    pub fn upgrade_index(&mut self, module: &Module) -> Result<InstallReport, FleetError> {
        // A stop that times out goes on; whoever repeats it waits for the rest.
        if self.manage(self.index, "stop_canister").is_err() {
            self.manage(self.index, "stop_canister")?;
        }
        let upgraded = self.upgrade_index_running(module);
        self.manage(self.index, "start_canister")?;
        upgraded
    }

    /// Upgrades the index without stopping it.
    ///
    /// # Errors
    /// A hook refused.
    pub fn upgrade_index_running(&mut self, module: &Module) -> Result<InstallReport, FleetError> {
        let mode = InstallMode::Upgrade {
            skip_pre_upgrade: false,
        };
        let upgraded = self
            .host
            .install(self.index, mode, module, &[], self.operator);
        Ok(upgraded?)
    }

    /// The operator asks the management canister for something about a canister, as `stop_canister`, and waits.
    ///
    /// # Errors
    /// It is refused, or is never answered.
    pub fn manage(&mut self, canister: Principal, method: &str) -> Result<(), FleetError> {
        let arg = encode_args((CanisterIdRecord {
            canister_id: canister,
        },))?;
        let management = Principal::management_canister();
        let call = self.host.submit(management, self.operator, method, &arg)?;
        loop {
            let went_on = self.step().is_some();
            if let Some(answer) = self.host.take_answer(call) {
                return Ok(answer.map(drop)?);
            }
            if !went_on {
                return Err(FleetError::Idle(format!("waiting for {method}")));
            }
        }
    }
}
