//! Whether the network would take a module, without compiling it.

use wasm_encoder::RawSection;
use wasmparser::{Parser, Payload};
use wasmtime::UnknownImportError;

use crate::engine;
use crate::module::{ModuleError, unpack};
use crate::rewrite;
use crate::rules;

/// Everything for which [`Module::new`](crate::Module::new) refuses a module, packed or not, but what only compiling its
/// code tells. Takes a fraction of the time.
///
/// ```
/// use canister_host::{ModuleError, validate};
///
/// let wasm = wat::parse_str(r#"(module (func (export "canister_post_update")))"#)?;
/// assert!(matches!(validate(&wasm), Err(ModuleError::Rule(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// It is not valid, breaks a rule of the network, or imports what this host does not provide.
pub fn validate(wasm: &[u8]) -> Result<(), ModuleError> {
    let machine = engine::get().map_err(|reason| ModuleError::Engine { reason })?;
    let unpacked = unpack(wasm)?;
    rules::check(&unpacked)?;
    let (rewritten, shape) = rewrite::rewrite(&unpacked)?;
    let invalid = |error: wasmtime::Error| ModuleError::Invalid {
        reason: format!("{error:#}"),
    };
    wasmtime::Module::validate(&machine.engine, &rewritten).map_err(invalid)?;
    let imports = imports_alone(&unpacked)?;
    let imports = wasmtime::Module::new(&machine.engine, imports).map_err(invalid)?;
    let linker = match shape.wide_heap {
        true => &machine.wide_linker,
        false => &machine.linker,
    };
    match linker.instantiate_pre(&imports) {
        Ok(_) => Ok(()),
        Err(error) => Err(match error.downcast_ref::<UnknownImportError>() {
            Some(import) => ModuleError::UnknownImport {
                module: import.module().to_owned(),
                name: import.name().to_owned(),
            },
            None => invalid(error),
        }),
    }
}

/// A module that imports the same and does nothing.
fn imports_alone(wasm: &[u8]) -> Result<Vec<u8>, ModuleError> {
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(ModuleError::invalid)?;
        if let Payload::TypeSection(_) | Payload::ImportSection(_) = payload
            && let Some((id, range)) = payload.as_section()
            && let Some(data) = wasm.get(range)
        {
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}
