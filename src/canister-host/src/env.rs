//! What the system interface finds in the store of the instance that calls it.

use wasmtime::{Memory, ResourceLimiter};

use crate::config::PAGE_SIZE;
use crate::cost;
use crate::execution::Execution;
use crate::stop::Stop;

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
        if desired as u64 > limits.heap_pages * PAGE_SIZE {
            return Ok(false);
        }
        let soft = limits.wasm_memory_limit;
        if soft != 0 && desired as u64 > soft && run.entry.is_held_to_memory_limit() {
            return Err(Stop::HeapLimit(soft).into());
        }
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.run.meter.owed += cost::GROW_REST;
        Ok(true)
    }
}
