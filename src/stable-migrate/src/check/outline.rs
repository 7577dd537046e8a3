//! What a module is made of, read once and not run.

use ic_stable_migration::{Manifest, ManifestError};
use wasmparser::{ExternalKind, Operator, Parser, Payload};

use super::{Before, Severity, Side, Told};
use crate::module::{self, SECTION};

/// A module.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Its size as it is submitted, packed or not.
    pub bytes: u64,
    /// The names of its exported functions.
    pub functions: Vec<String>,
    /// Its interface: the section `candid:service`, or what `get_candid_pointer` tells.
    pub service: Option<String>,
    /// The section `candid:args`.
    pub args: Option<String>,
    /// Whether it uses this library.
    pub uses_library: bool,
    /// What its manifest says.
    pub said: Said,
    /// Where its stack starts, in bytes: it grows down to 0 in what Rust builds.
    pub stack_bytes: Option<u64>,
    /// Its heap.
    pub heap: Option<Heap>,
}

/// What became of a module's manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// There is none.
    Nothing,
    /// There is one.
    Manifest(Box<Manifest>),
    /// There is one that cannot be read, and why.
    Unreadable(ManifestError),
}

/// A heap as a module declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heap {
    /// Pages of 64 KiB at the start.
    pub pages: u64,
    /// The most it may have, if the module says.
    pub most: Option<u64>,
    /// Whether its addresses have 64 bits.
    pub wide: bool,
}

impl Outline {
    /// Reads a module, plain or packed with gzip.
    ///
    /// # Errors
    /// A sentence, if it is none.
    pub fn read(module: &[u8]) -> Result<Self, String> {
        let unpacked = module::unpack(module)?;
        let declared = module::declaration(&unpacked)?;
        let mut outline = Self {
            bytes: module.len() as u64,
            functions: Vec::new(),
            service: None,
            args: None,
            uses_library: declared.uses_library,
            said: Said::Nothing,
            stack_bytes: None,
            heap: None,
        };
        for payload in Parser::new(0).parse_all(&unpacked) {
            let payload = payload.map_err(module::invalid)?;
            outline.take(payload).map_err(module::invalid)?;
        }
        if outline.service.is_none() && outline.exports("get_candid_pointer") {
            outline.service = canister_host::candid_pointer(module).ok();
        }
        Ok(outline)
    }

    fn take(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if matches!(export.kind, ExternalKind::Func) {
                        self.functions.push(export.name.into());
                    }
                }
            }
            Payload::GlobalSection(globals) => {
                // The linker puts the stack's before all others.
                if let Some(global) = globals.into_iter().next() {
                    let global = global?;
                    let start = global.init_expr.get_operators_reader().into_iter().next();
                    self.stack_bytes = match start.transpose()? {
                        Some(Operator::I32Const { value }) if global.ty.mutable => {
                            u64::try_from(value).ok()
                        }
                        Some(Operator::I64Const { value }) if global.ty.mutable => {
                            u64::try_from(value).ok()
                        }
                        _ => None,
                    };
                }
            }
            Payload::MemorySection(memories) => {
                if let Some(memory) = memories.into_iter().next() {
                    let memory = memory?;
                    self.heap = Some(Heap {
                        pages: memory.initial,
                        most: memory.maximum,
                        wide: memory.memory64,
                    });
                }
            }
            Payload::CustomSection(section) => {
                let public = section.name().strip_prefix("icp:public ");
                let private = section.name().strip_prefix("icp:private ");
                let name = public.or(private).unwrap_or(section.name());
                let text = || std::str::from_utf8(section.data()).ok().map(str::to_owned);
                match name {
                    "candid:service" => self.service = text(),
                    "candid:args" => self.args = text(),
                    SECTION => {
                        self.said = match Manifest::read(section.data()) {
                            Ok(None) => return Ok(()),
                            Ok(Some(manifest)) => Said::Manifest(Box::new(manifest)),
                            Err(error) => Said::Unreadable(error),
                        };
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Its manifest.
    pub fn manifest(&self) -> Option<&Manifest> {
        match &self.said {
            Said::Manifest(manifest) => Some(manifest),
            _ => None,
        }
    }

    /// Whether it exports a function of this name.
    pub fn exports(&self, name: &str) -> bool {
        self.functions.iter().any(|function| function == name)
    }

    /// The names of its methods, of any kind, in the module's order.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        let kinds = [
            "canister_update ",
            "canister_query ",
            "canister_composite_query ",
        ];
        self.functions
            .iter()
            .filter_map(move |name| kinds.iter().find_map(|kind| name.strip_prefix(kind)))
    }

    pub(super) fn side(&self) -> Side {
        let manifest = self.manifest();
        Side {
            application: manifest.and_then(|manifest| manifest.application.clone()),
            release: manifest.map(|manifest| manifest.release),
            module_bytes: Some(self.bytes),
        }
    }
}

/// That a module says what cannot be read here. Of the new one nothing is known then that would have to be: whether it takes the
/// canister over is what was asked. Of the installed one stable memory may tell, and the upgrade itself does not ask it.
fn unreadable(which: &str, error: &ManifestError, told: &mut Told) {
    let (severity, loss) = match which {
        NEW => (
            Severity::Refused,
            "whatever the module does not read of the canister: nothing of application, release, formats and collections was compared",
        ),
        _ => (Severity::Risk, "what it would have said was not checked"),
    };
    let (found, remedy) = match error.newer {
        Some(version) => (
            format!("the manifest of {which} has a newer format ({version}) than this tool reads"),
            "update the tool: check with the version of stable-migrate that belongs to the module's library",
        ),
        None => (
            format!("the manifest of {which} cannot be read: {error}"),
            "build the module anew, with nothing run on it that changes sections; what its library writes this tool reads",
        ),
    };
    told.find("C701", severity, found, loss, remedy);
}

const INSTALLED: &str = "the installed module";
const NEW: &str = "the new module";

/// Says which manifests are not there.
pub(super) fn check(before: &Before, new: &Outline, told: &mut Told) {
    let old = before.module.as_ref().map(|module| &module.said);
    for (which, said) in [(INSTALLED, old), (NEW, Some(&new.said))] {
        match said {
            Some(Said::Unreadable(error)) => unreadable(which, error, told),
            Some(Said::Nothing) => told.cannot_check(
                format!(
                "{which} has no manifest: what it says of application, release, formats and collections{}; say `ic_stable_migration::manifest!` beside its hooks",
                match which {
                    NEW => " was not compared",
                    _ => " is known from stable memory alone, if that was given",
                }
            ),
            ),
            Some(Said::Manifest(_)) | None => {}
        }
    }
}
