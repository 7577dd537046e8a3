//! The one compiler of the process, set up so that every run is the same run.

use std::sync::OnceLock;

use wasmtime::{Config, Engine, Linker};

use crate::cost;
use crate::env::Env;
use crate::heap;
use crate::ic0;

/// WebAssembly's share of the stack of the thread that runs a canister. Rust's test threads
/// have 2 MiB in all; the network gives 5 MiB.
const WASM_STACK: usize = 1 << 20;

/// The compiler and the system interface.
pub(crate) struct Machine {
    pub(crate) engine: Engine,
    /// For modules with a 32-bit heap, or with none.
    pub(crate) linker: Linker<Env>,
    /// For modules with a 64-bit heap.
    pub(crate) wide_linker: Linker<Env>,
}

/// The one of this process, or why there is none on this machine.
pub(crate) fn get() -> Result<&'static Machine, String> {
    static ENGINE: OnceLock<Result<Machine, String>> = OnceLock::new();
    ENGINE
        .get_or_init(|| create().map_err(|e| format!("{e:#}")))
        .as_ref()
        .map_err(String::clone)
}

fn create() -> wasmtime::Result<Machine> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(cost::operators())
        .max_wasm_stack(WASM_STACK)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_multi_memory(false)
        // The replica's validation turns them off.
        .wasm_tail_call(false)
        .wasm_memory64(true);
    if let Some(creator) = heap::memory_creator() {
        // The engine's own copy-on-write images are for memories it maps itself.
        config.with_host_memory(creator).memory_init_cow(false);
    }
    let engine = Engine::new(&config)?;
    Ok(Machine {
        linker: ic0::linker(&engine)?,
        wide_linker: ic0::wide_linker(&engine)?,
        engine,
    })
}
