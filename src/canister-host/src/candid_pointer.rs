//! The Candid interface a module tells itself.

use crate::config::Limits;
use crate::instance::Instance;
use crate::module::{Module, ModuleError};

/// Why a module does not tell its Candid interface.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CandidPointerError {
    /// The bytes are not a module for this host.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// `get_candid_pointer` could not be called.
    #[error("get_candid_pointer of the module cannot be called: {0}")]
    Call(String),
    /// What it points at is not a text that ends with a zero byte.
    #[error("get_candid_pointer of the module returned {0}, where there is no text")]
    NoText(u64),
}

/// The interface as the module's exported `get_candid_pointer` returns it: the address of a
/// text that ends with a zero byte.
///
/// # Errors
/// The module is not valid, does not export the function, or returns something else.
pub fn candid_pointer(wasm: &[u8]) -> Result<String, CandidPointerError> {
    let module = Module::new(wasm)?;
    let failed = |e: crate::stop::Stop| CandidPointerError::Call(e.to_string());
    let mut instance = Instance::new(&module, Limits::default()).map_err(failed)?;
    let at = instance
        .call_for_address("get_candid_pointer")
        .map_err(failed)?;
    let start = usize::try_from(at).ok();
    let text = start.and_then(|start| instance.heap().get(start..));
    let text = text.and_then(|rest| {
        let end = rest.iter().position(|&byte| byte == 0)?;
        String::from_utf8(rest[..end].to_vec()).ok()
    });
    text.ok_or(CandidPointerError::NoText(at))
}
