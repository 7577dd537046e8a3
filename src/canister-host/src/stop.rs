//! Why an execution ended before its end.

use wasmtime::Trap;

use crate::reject::{Reject, code};

/// Raised by a system call to end the execution.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Stop {
    #[error("Canister called `ic0.trap` with message: '{0}'")]
    CalledTrap(String),
    #[error("Canister violated contract: {0}")]
    Violation(String),
    #[error("Canister exceeded the limit of {0} instructions for single message execution")]
    InstructionLimit(u64),
    #[error(
        "Canister exceeded its current Wasm memory limit of {limit} bytes. The peak Wasm memory \
         usage was {bytes} bytes"
    )]
    HeapLimit { limit: u64, bytes: u64 },
    #[error(
        "Canister cannot grow memory to {bytes} bytes due to insufficient cycles: it would have \
         {balance} cycles, and be frozen with less than {threshold}"
    )]
    GrowthFreezes {
        bytes: u64,
        balance: u128,
        threshold: u128,
    },
    #[error(
        "Canister exceeded memory access limits: Exceeded the limit for the number of {what} pages \
         in the stable memory in a single execution: limit {limit_kib} KB"
    )]
    StableAccess { what: &'static str, limit_kib: u64 },
    #[error("Canister trapped: {0}")]
    Trapped(String),
    #[error("{0}")]
    Injected(String),
}

impl Stop {
    /// What ended a call into WebAssembly; `out_of_fuel` is what running out of fuel means.
    pub(crate) fn from_wasm(error: &wasmtime::Error, out_of_fuel: Stop) -> Stop {
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return stop.clone();
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => out_of_fuel,
            Some(trap) => Stop::Trapped(trap.to_string()),
            None => Stop::Trapped(error.to_string()),
        }
    }

    pub(crate) fn violation(message: impl Into<String>) -> Stop {
        Stop::Violation(message.into())
    }

    pub(crate) fn to_reject(&self, canister: &str) -> Reject {
        let code = match self {
            Stop::CalledTrap(_) => code::CALLED_TRAP,
            Stop::Violation(_) => code::CONTRACT_VIOLATION,
            Stop::InstructionLimit(_) => code::INSTRUCTION_LIMIT,
            Stop::HeapLimit { .. } => code::HEAP_LIMIT,
            Stop::GrowthFreezes { .. } => code::GROWTH_FREEZES,
            Stop::StableAccess { .. } => code::ACCESS_LIMIT,
            Stop::Trapped(_) | Stop::Injected(_) => code::TRAPPED,
        };
        Reject::new(code, format!("Error from Canister {canister}: {self}"))
    }
}
