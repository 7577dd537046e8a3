//! What the system interface finds in the store of the instance that calls it.

use wasmtime::{Memory, ResourceLimiter};

use crate::config::PAGE_SIZE;
use crate::cost;
use crate::execution::Execution;
use crate::stop::Stop;

/// The most elements a table may have, as in the replica.
const MAX_TABLE_ELEMENTS: usize = 1_000_000;

/// The data of a canister's store.
#[derive(Default)]
pub(crate) struct Env {
    pub(crate) memory: Option<Memory>,
    /// The execution that is running; an idle one between executions.
    pub(crate) run: Execution,
}

impl ResourceLimiter for Env {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let run = &mut self.run;
        if current > 0 {
            run.meter.owed += cost::GROW_REST;
        }
        let limits = &run.limits;
        let bytes = desired as u64;
        if bytes > limits.heap_pages.saturating_mul(PAGE_SIZE) {
            return Ok(false);
        }
        let limit = limits.wasm_memory_limit;
        if limits.forbid(bytes) && run.entry.is_held_to_memory_limit() {
            return Err(Stop::HeapLimit { limit, bytes }.into());
        }
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.run.meter.owed += cost::GROW_REST;
        Ok(desired <= MAX_TABLE_ELEMENTS)
    }
}
