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

/// The engine and the system interface linked to it, or why there is none on this machine.
pub(crate) fn get() -> Result<&'static (Engine, Linker<Env>), String> {
    static ENGINE: OnceLock<Result<(Engine, Linker<Env>), String>> = OnceLock::new();
    ENGINE
        .get_or_init(|| create().map_err(|e| format!("{e:#}")))
        .as_ref()
        .map_err(String::clone)
}

fn create() -> wasmtime::Result<(Engine, Linker<Env>)> {
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
        .wasm_memory64(false);
    if let Some(creator) = heap::memory_creator() {
        // The engine's own copy-on-write images are for memories it maps itself.
        config.with_host_memory(creator).memory_init_cow(false);
    }
    let engine = Engine::new(&config)?;
    let linker = ic0::linker(&engine)?;
    Ok((engine, linker))
}
