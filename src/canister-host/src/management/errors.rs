//! Rejects of the management canister.

use candid::Principal;

use crate::canister::Canister;
use crate::error::HostError;
use crate::reject::{Reject, RejectCode, code};
use crate::snapshot::SnapshotError;

pub(super) fn not_a_controller(canister: &Canister, caller: Principal) -> Reject {
    let controllers = canister.settings.controllers.iter();
    let controllers: Vec<String> = controllers.map(Principal::to_text).collect();
    let message = format!(
        "canister {} obeys its controllers alone, and {caller} is none of them ({})",
        canister.id,
        controllers.join(" ")
    );
    Reject::new(code::NOT_A_CONTROLLER, message)
}

pub(super) fn bad_settings(message: impl std::fmt::Display) -> Reject {
    let message = format!("these settings cannot be: {message}");
    Reject::new(code::CONTRACT_VIOLATION, message)
}

impl Reject {
    /// The reject of a fault: its finer code is this host's own.
    pub(super) fn injected(code: RejectCode, message: String) -> Reject {
        let error_code = match code {
            RejectCode::SysFatal => "IC0198",
            RejectCode::SysTransient => "IC0298",
            RejectCode::DestinationInvalid => "IC0398",
            RejectCode::CanisterReject => "IC0498",
            RejectCode::CanisterError => "IC0598",
            RejectCode::SysUnknown => "IC0698",
        };
        Reject::new(error_code, message)
    }
}

impl From<HostError> for Reject {
    fn from(error: HostError) -> Reject {
        let code = match &error {
            HostError::Hook { reject, .. } => return reject.clone(),
            HostError::CanisterNotFound(_) => code::CANISTER_NOT_FOUND,
            HostError::NotEmpty(_) => code::NOT_EMPTY,
            HostError::NoModule(_) => code::NO_MODULE,
            HostError::CanisterIdTaken(_) | HostError::WouldLoseHeap(_) => code::CONTRACT_VIOLATION,
            HostError::Module(_) | HostError::Instantiation { .. } => code::INVALID_WASM,
            HostError::CompileLimit { .. } => code::INSTRUCTION_LIMIT,
            HostError::WasmMemoryLimit { .. } => code::HEAP_LIMIT,
            HostError::OutOfCycles { .. } => code::OUT_OF_CYCLES,
            HostError::InstallationFreezes { .. } => code::GROWTH_FREEZES,
            HostError::InstallCodeRateLimited { .. } => code::INSTALL_RATE_LIMITED,
            HostError::Snapshot { error, .. } => match error {
                SnapshotError::Module(_) => code::INVALID_WASM,
                _ => code::BAD_PAYLOAD,
            },
        };
        Reject::new(code, error.to_string())
    }
}
