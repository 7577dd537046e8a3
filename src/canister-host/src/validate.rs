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
    match ModuleError::all_of(wasm).into_iter().next() {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

impl ModuleError {
    /// Everything for which [`validate`] refuses a module, in one go: each rule that it breaks, a hundred at most, then an import
    /// that is not there, or that it is not valid. Where it breaks a rule, it is not said to be invalid: that can be the same.
    ///
    /// ```
    /// use canister_host::ModuleError;
    ///
    /// let wasm = wat::parse_str(
    ///     r#"(module (memory 1) (memory 1) (func (export "canister_post_update")))"#,
    /// )?;
    /// assert_eq!(ModuleError::all_of(&wasm).len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn all_of(wasm: &[u8]) -> Vec<ModuleError> {
        let mut found = Vec::new();
        if let Err(error) = look(wasm, &mut found) {
            found.push(error);
        }
        found
    }
}

/// Notes the rules that a module breaks, and goes on to what else is wrong with it.
fn look(wasm: &[u8], found: &mut Vec<ModuleError>) -> Result<(), ModuleError> {
    let machine = engine::get().map_err(|reason| ModuleError::Engine { reason })?;
    let unpacked = unpack(wasm)?;
    found.extend(rules::broken(&unpacked)?.into_iter().map(ModuleError::Rule));
    let keeps_rules = found.is_empty();
    let invalid = |error: wasmtime::Error| ModuleError::Invalid {
        reason: format!("{error:#}"),
    };
    let wide_heap = match rewrite::rewrite(&unpacked) {
        Ok((rewritten, shape)) => {
            if keeps_rules {
                wasmtime::Module::validate(&machine.engine, &rewritten).map_err(invalid)?;
            }
            shape.wide_heap
        }
        Err(error) if keeps_rules => return Err(error),
        Err(_) => return Ok(()),
    };
    let imports = imports_alone(&unpacked)?;
    let imports = wasmtime::Module::new(&machine.engine, imports).map_err(invalid);
    let imports = match imports {
        Err(_) if !keeps_rules => return Ok(()),
        imports => imports?,
    };
    let linker = match wide_heap {
        true => &machine.wide_linker,
        false => &machine.linker,
    };
    match linker.instantiate_pre(&imports) {
        Ok(_) => Ok(()),
        Err(error) => match error.downcast_ref::<UnknownImportError>() {
            Some(import) => Err(ModuleError::UnknownImport {
                module: import.module().to_owned(),
                name: import.name().to_owned(),
            }),
            None if keeps_rules => Err(invalid(error)),
            None => Ok(()),
        },
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
