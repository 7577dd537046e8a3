//! A canister module: its bytes, what it offers, and its compiled code.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};
use wasmtime::{InstancePre, UnknownImportError};

use crate::code_cache;
use crate::config::{MAX_HEAP_PAGES, MAX_WIDE_HEAP_PAGES};
use crate::engine;
use crate::env::Env;
use crate::profile;
use crate::rewrite::{self, MetadataSection, Shape};
use crate::rules::{self, MAX_MODULE, ModuleRule};

/// Why bytes are not a module this host can run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// Not WebAssembly, or not a form of it that canisters may use.
    #[error("not a valid canister module: {reason}")]
    Invalid {
        /// Where and what, in the words of the parser or the compiler.
        reason: String,
    },
    /// It is WebAssembly, but the network would refuse it.
    #[error("the network refuses the module: {0}")]
    Rule(#[from] ModuleRule),
    /// It wants something of the system that is not there.
    #[error("the module imports {module}.{name}, which this host does not provide")]
    UnknownImport {
        /// The module imported from, `ic0` for the system interface.
        module: String,
        /// The name imported.
        name: String,
    },
    /// WebAssembly cannot be compiled on this machine.
    #[error("WebAssembly cannot be run here: {reason}")]
    Engine {
        /// What the engine said.
        reason: String,
    },
}

impl ModuleError {
    pub(crate) fn invalid(error: impl std::fmt::Display) -> Self {
        ModuleError::Invalid {
            reason: error.to_string(),
        }
    }
}

/// A compiled canister module. Cloning costs one reference.
///
/// Compiling takes seconds for a large module, so a process compiles the same bytes once:
/// every later [`Module::new`] finds them by their SHA-256. If the environment variable
/// `CANISTER_HOST_CACHE` names a directory, compiled code is also kept there, for the next
/// process; it is code that will be run, so nobody else should be able to write there.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    bytes: Vec<u8>,
    hash: [u8; 32],
    shape: Shape,
    code: InstancePre<Env>,
    /// The names of the functions by index, if the module tells when they run.
    names: Option<HashMap<u32, String>>,
}

type Slot = Arc<OnceLock<Result<Module, ModuleError>>>;

impl Module {
    /// Checks and compiles a module, which may be packed with gzip.
    ///
    /// # Errors
    /// It is not valid, breaks a rule of the network, or imports what this host does not
    /// provide.
    pub fn new(wasm: &[u8]) -> Result<Module, ModuleError> {
        static CACHE: OnceLock<Mutex<HashMap<[u8; 32], Slot>>> = OnceLock::new();
        let hash: [u8; 32] = Sha256::digest(wasm).into();
        let slot = {
            let cache = CACHE.get_or_init(Mutex::default);
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.entry(hash).or_default().clone()
        };
        slot.get_or_init(|| Module::compile(wasm, hash, false))
            .clone()
    }

    /// The same module, telling the host when each of its functions begins and ends, so that reports have a
    /// [profile](crate::MessageReport::profile). Give it the module before its names are removed.
    ///
    /// The telling takes up to 20 instructions a call beside those of the module: the report's and the canister's own
    /// count of instructions has them in it, the profile has not.
    ///
    /// # Errors
    /// As [`Module::new`]; and a module that imports nothing cannot be profiled.
    pub fn profiled(wasm: &[u8]) -> Result<Module, ModuleError> {
        Module::compile(wasm, Sha256::digest(wasm).into(), true)
    }

    fn compile(wasm: &[u8], hash: [u8; 32], profiled: bool) -> Result<Module, ModuleError> {
        let machine = engine::get().map_err(|reason| ModuleError::Engine { reason })?;
        let unpacked = unpack(wasm)?;
        rules::check(&unpacked)?;
        let (mut rewritten, shape) = rewrite::rewrite(&unpacked)?;
        let mut names = None;
        if profiled {
            let (wrapped, found) = profile::wrap(&rewritten).map_err(ModuleError::invalid)?;
            rewritten = wrapped;
            names = Some(found);
        }
        let compiled =
            code_cache::compile(&machine.engine, &rewritten).map_err(|e| ModuleError::Invalid {
                reason: format!("{e:#}"),
            })?;
        let linker = match shape.wide_heap {
            true => &machine.wide_linker,
            false => &machine.linker,
        };
        let code = linker.instantiate_pre(&compiled).map_err(|e| {
            match e.downcast_ref::<UnknownImportError>() {
                Some(import) => ModuleError::UnknownImport {
                    module: import.module().to_owned(),
                    name: import.name().to_owned(),
                },
                None => ModuleError::Invalid {
                    reason: format!("{e:#}"),
                },
            }
        })?;
        Ok(Module(Arc::new(Inner {
            bytes: wasm.to_vec(),
            hash,
            shape,
            code,
            names,
        })))
    }

    /// The bytes it was made from, packed if they were.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// The SHA-256 of these bytes: the network's module hash.
    pub fn hash(&self) -> [u8; 32] {
        self.0.hash
    }

    /// The names of all exported functions, in the module's order: `canister_init`,
    /// `canister_query NAME` and so on.
    pub fn exports(&self) -> &[String] {
        &self.0.shape.functions
    }

    /// The names of the update methods.
    pub fn updates(&self) -> impl Iterator<Item = &str> {
        self.methods("canister_update ")
    }

    /// The names of the query methods, composite ones too.
    pub fn queries(&self) -> impl Iterator<Item = &str> {
        self.methods("canister_query ")
            .chain(self.methods("canister_composite_query "))
    }

    fn methods(&self, prefix: &'static str) -> impl Iterator<Item = &str> {
        self.0
            .shape
            .functions
            .iter()
            .filter_map(move |name| name.strip_prefix(prefix))
    }

    /// The metadata sections, in the module's order.
    pub fn metadata(&self) -> &[MetadataSection] {
        &self.0.shape.metadata
    }

    pub(crate) fn exports_function(&self, name: &str) -> bool {
        self.0.shape.functions.iter().any(|f| f == name)
    }

    /// Whether an entry point is there, the start function's reserved name included.
    pub(crate) fn offers(&self, name: &str) -> bool {
        self.exports_function(name) || self.0.code.module().get_export(name).is_some()
    }

    /// The pages the heap starts with and the pages it may have, if there is a heap.
    pub(crate) fn heap_pages(&self) -> Option<(u64, u64)> {
        let export = self.0.code.module().get_export(rewrite::MEMORY)?;
        let memory = export.memory()?.clone();
        let most = match memory.is_64() {
            true => MAX_WIDE_HEAP_PAGES,
            false => MAX_HEAP_PAGES,
        };
        Some((memory.minimum(), memory.maximum().unwrap_or(most)))
    }

    /// Whether the heap has 64-bit addresses.
    pub fn has_wide_heap(&self) -> bool {
        self.0.shape.wide_heap
    }

    /// Whether the module's heap is kept over upgrades, which is how Motoko persists.
    pub fn keeps_heap(&self) -> bool {
        self.metadata()
            .iter()
            .any(|section| section.name == "enhanced-orthogonal-persistence")
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// The names of its functions, if it tells when they run.
    pub(crate) fn names(&self) -> Option<&HashMap<u32, String>> {
        self.0.names.as_ref()
    }

    pub(crate) fn code(&self) -> &InstancePre<Env> {
        &self.0.code
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Module(")?;
        self.0.hash[..4]
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "…, {} bytes)", self.0.bytes.len())
    }
}

/// The module as plain WebAssembly.
pub(crate) fn unpack(wasm: &[u8]) -> Result<Vec<u8>, ModuleError> {
    if !wasm.starts_with(&[0x1f, 0x8b]) {
        return Ok(wasm.to_vec());
    }
    let mut plain = Vec::new();
    let mut unpacker = flate2::read::GzDecoder::new(wasm).take(MAX_MODULE + 1);
    unpacker
        .read_to_end(&mut plain)
        .map_err(|e| ModuleError::Invalid {
            reason: format!("it starts like a gzip file but cannot be unpacked: {e}"),
        })?;
    if plain.len() as u64 > MAX_MODULE {
        return Err(ModuleError::Invalid {
            reason: format!("unpacked it is larger than {MAX_MODULE} bytes"),
        });
    }
    Ok(plain)
}

/// The content of a metadata section of a module, as `candid:service`.
///
/// # Errors
/// The bytes are not WebAssembly.
pub fn metadata(wasm: &[u8], name: &str) -> Result<Option<Vec<u8>>, ModuleError> {
    let (_, shape) = rewrite::rewrite(&unpack(wasm)?)?;
    Ok(shape
        .metadata
        .into_iter()
        .find(|section| section.name == name)
        .map(|s| s.content))
}
