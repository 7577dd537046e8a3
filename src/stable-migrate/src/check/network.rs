//! What the network refuses, or takes another way.

use canister_host::ModuleError;

use super::{Outline, Severity, Told};
use crate::units::bytes_text;

/// The largest message that reaches the network from outside.
const MESSAGE: u64 = 2 << 20;

pub(super) fn check(module: &[u8], new: &Outline, told: &mut Told) {
    const LOSS: &str = "nothing: install_code is refused; the canister was stopped for it in vain";
    for error in ModuleError::all_of(module) {
        refusal(error, LOSS, told);
    }
    if new.bytes > MESSAGE {
        told.find(
            "C504",
            Severity::Note,
            format!(
                "the module has {}, more than fits into one message",
                bytes_text(new.bytes)
            ),
            "nothing",
            "pack it with gzip, or let a client install it in chunks, as icp and dfx do",
        );
    }
}

/// One thing for which the network refuses a module.
fn refusal(error: ModuleError, loss: &str, told: &mut Told) {
    match error {
        ModuleError::Rule(rule) => told.find(
            "C501",
            Severity::Refused,
            format!("the network refuses the module: {rule}"),
            loss,
            "build it otherwise: optimized for size, shrunk (`ic-wasm shrink`), split",
        ),
        ModuleError::UnknownImport { module, name } => told.find(
            "C503",
            Severity::Refused,
            format!("the module imports {module}.{name}, which the network does not have"),
            loss,
            "take the dependency out that wants it: often wasm-bindgen or WASI, by way of a crate for random numbers or time",
        ),
        ModuleError::Invalid { reason } => told.find(
            "C502",
            Severity::Refused,
            format!("the module is not valid: {reason}"),
            loss,
            "build it anew; a tool that was run on it may have damaged it",
        ),
        ModuleError::Engine { reason } => {
            told.cannot_check(format!("the rules of the network were not tried: {reason}"));
        }
    }
}
