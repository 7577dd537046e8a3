//! What a canister's controllers are told of it.

use candid::{Nat, Principal};
use ic_management_canister_types as types;

use super::command::encode;
use super::{RunStatus, settings};
use crate::canister::Canister;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::prices::Prices;
use crate::reject::Reject;

const DAY: u64 = 24 * 3600;

impl Host {
    pub(super) fn status_of(&self, id: Principal) -> Result<Vec<u8>, Reject> {
        let canister = self.canisters.get(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        encode(&canister.tell_status(self.config.prices.as_ref()))
    }
}

impl Canister {
    fn tell_status(&self, prices: Option<&Prices>) -> types::CanisterStatusResult {
        let own = Canister::usage(self.instance.as_ref(), &self.state);
        let bytes = own.saturating_add(self.kept());
        let paid_for = bytes.max(self.settings.memory_allocation);
        let module = self.instance.as_ref().map(|instance| instance.module());
        let status = self.run_state.status();
        types::CanisterStatusResult {
            status: match status {
                RunStatus::Running => types::CanisterStatusType::Running,
                RunStatus::Stopping => types::CanisterStatusType::Stopping,
                RunStatus::Stopped => types::CanisterStatusType::Stopped,
            },
            ready_for_migration: status == RunStatus::Stopped,
            version: self.version,
            settings: settings::tell(&self.settings, &self.extras),
            module_hash: module.map(|module| module.hash().to_vec()),
            memory_size: bytes.into(),
            memory_metrics: self.tell_memory(),
            cycles: self.state.cycles.into(),
            reserved_cycles: zero(),
            idle_cycles_burned_per_day: prices
                .map_or(0, |prices| prices.storage(paid_for, DAY))
                .into(),
            query_stats: types::QueryStats {
                num_calls_total: zero(),
                num_instructions_total: zero(),
                request_payload_bytes_total: zero(),
                response_payload_bytes_total: zero(),
            },
        }
    }

    /// The parts of what it pays for. History and logs are not counted here.
    fn tell_memory(&self) -> types::MemoryMetrics {
        let module = self.instance.as_ref().map(|instance| instance.module());
        let heap = self.instance.as_ref().map_or(0, |i| i.heap().len());
        let globals = module.map_or(0, |module| module.shape().globals.len() * 8);
        let sections = module.map_or(0, |module| {
            let sections = module.metadata().iter();
            sections.map(|section| section.content.len()).sum()
        });
        let snapshots = self.snapshots.iter().map(|snapshot| snapshot.size);
        types::MemoryMetrics {
            wasm_memory_size: heap.into(),
            stable_memory_size: self.state.stable.size().into(),
            global_memory_size: globals.into(),
            wasm_binary_size: module.map_or(0, |module| module.bytes().len()).into(),
            custom_sections_size: sections.into(),
            canister_history_size: zero(),
            wasm_chunk_store_size: self.chunks.size().into(),
            snapshots_size: snapshots.fold(0, u64::saturating_add).into(),
            log_memory_store_size: zero(),
        }
    }
}

fn zero() -> Nat {
    0u64.into()
}
