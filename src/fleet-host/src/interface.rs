//! What the operator does: modules, plans, commands, and looking.

use canister_host::Principal;
use fleet::ModuleHash;
use serde_bytes::ByteBuf;
use user_index::api::modules::ModuleInfo;
use user_index::api::plan::Members;
use user_index::api::status::{At, CanisterStatus, ErrorLine, EventLine, Status};
use user_index::api::views::PlanArgs;

use crate::error::FleetError;
use crate::on_host::FleetOnHost;

/// Bytes of a chunk.
const CHUNK: usize = 1 << 20;
/// Entries of a page.
const PAGE: u32 = 200;

impl FleetOnHost {
    /// Uploads a module to the index. Returns its hash.
    ///
    /// # Errors
    /// The index refused.
    pub fn upload(&mut self, name: &str, wasm: &[u8]) -> Result<String, FleetError> {
        for (number, chunk) in (0u32..).zip(wasm.chunks(CHUNK)) {
            let chunk = ByteBuf::from(chunk);
            let _: u32 = self.command("upload_module_chunk", (number, chunk))?;
        }
        let hash = ModuleHash::of(wasm).to_string();
        let module: ModuleInfo = self.command("finish_module", (name, &hash))?;
        Ok(module.hash)
    }

    /// Sets a plan. Returns it with everything that was left out.
    ///
    /// # Errors
    /// The index refused.
    pub fn set_plan(&mut self, plan: PlanArgs, members: Members) -> Result<PlanArgs, FleetError> {
        self.command("set_plan", (plan, members))
    }

    /// Begins with the plan.
    ///
    /// # Errors
    /// The index refused.
    pub fn begin(&mut self) -> Result<(), FleetError> {
        self.command("begin", ())
    }

    /// `pause`, `resume`, `abort`.
    ///
    /// # Errors
    /// The index refused.
    pub fn control(&mut self, method: &str) -> Result<(), FleetError> {
        self.command(method, ())
    }

    /// `exclude`, `include`, `retry`, `give_up`.
    ///
    /// # Errors
    /// The index refused.
    pub fn control_one(&mut self, method: &str, canister: Principal) -> Result<(), FleetError> {
        self.command(method, (canister,))
    }

    /// Where the plan stands.
    ///
    /// # Errors
    /// The index does not say.
    pub fn status(&mut self) -> Result<Status, FleetError> {
        self.query("status", ())
    }

    /// The report, as JSON.
    ///
    /// # Errors
    /// There is no plan.
    pub fn report(&mut self) -> Result<String, FleetError> {
        let report: Result<String, String> = self.query("report", ())?;
        report.map_err(FleetError::Refused)
    }

    /// Where every canister stands.
    ///
    /// # Errors
    /// The index does not say.
    pub fn canisters(&mut self) -> Result<Vec<CanisterStatus>, FleetError> {
        let mut all: Vec<CanisterStatus> = Vec::new();
        loop {
            let from = all.len() as u32;
            let page: Vec<CanisterStatus> = self.query("canisters", (from, PAGE))?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// The events that are kept.
    ///
    /// # Errors
    /// The index does not say.
    pub fn events(&mut self) -> Result<Vec<EventLine>, FleetError> {
        let mut all: Vec<EventLine> = Vec::new();
        loop {
            let from = all.last().map_or(0, |last| last.number + 1);
            let page: Vec<EventLine> = self.query("events", (from, PAGE))?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// What went wrong with the index itself.
    ///
    /// # Errors
    /// The index does not say.
    pub fn errors(&mut self) -> Result<Vec<ErrorLine>, FleetError> {
        self.query("errors", ())
    }

    /// Runs until the plan is finished.
    ///
    /// # Errors
    /// It never is: also where it stands still and waits for the operator.
    pub fn run_to_end(&mut self) -> Result<Status, FleetError> {
        self.run_until(|fleet| {
            let status = fleet.status()?;
            let waits = (status.paused || status.halted) && !status.aborted;
            if waits && status.steps.is_empty() && status.at != At::Finished {
                return Err(FleetError::Idle(format!("{status:?}")));
            }
            Ok(status.at == At::Finished)
        })?;
        self.status()
    }

    /// Runs until so many canisters have ended, and not a tick longer.
    ///
    /// # Errors
    /// They never have.
    pub fn run_until_ended(&mut self, canisters: u32) -> Result<(), FleetError> {
        self.run_asking(1, |fleet| Ok(fleet.status()?.ended >= canisters))
    }
}
