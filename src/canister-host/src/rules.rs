//! What the network asks of a canister module beyond being WebAssembly.
//!
//! The rules and their numbers are those of the replica's validation of modules and of its
//! default configuration (dfinity/ic, `embedders/src/wasm_utils/validation.rs` and
//! `config/src/embedders.rs`), read in November 2026. The code section grew from 10 MiB to 12
//! in the course of that year; a subnet that is behind still refuses more than 10 or 11.

mod complexity;
mod read;

use std::collections::BTreeSet;

use crate::config::MAX_WIDE_HEAP_PAGES;
use crate::module::ModuleError;
use read::Outline;

/// The largest module, unpacked, in bytes.
pub(crate) const MAX_MODULE: u64 = 100 << 20;
/// The largest code section, unpacked, in bytes.
const MAX_CODE: u64 = 12 << 20;
const MAX_FUNCTIONS: u64 = 50_000;
const MAX_GLOBALS: u64 = 1_000;
const MAX_TABLES: u64 = 1;
const MAX_MEMORIES: u64 = 1;
/// Exported methods, and the bytes of all their names.
const MAX_METHODS: u64 = 1_000;
const MAX_METHOD_NAMES: u64 = 20_000;
/// Sections `icp:public NAME` and `icp:private NAME`, and the bytes of all their names and
/// contents.
const MAX_SECTIONS: u64 = 16;
const MAX_SECTION_BYTES: u64 = 1 << 20;
/// Of one function.
const MAX_FUNCTION_INSTRUCTIONS: u64 = 1_000_000;
const MAX_COMPLEXITY: u64 = 1_000_000;
/// Names that nothing may be exported under.
const RESERVED: [&str; 6] = [
    "canister counter_instructions",
    "canister counter_dirty_pages",
    "canister counter_accessed_pages",
    "canister_start",
    "stable_memory",
    "stable_bytemap_memory",
];

/// What may be exported with `canister_` in front, beside methods.
const ENTRY_POINTS: [&str; 7] = [
    "canister_init",
    "canister_pre_upgrade",
    "canister_post_upgrade",
    "canister_inspect_message",
    "canister_heartbeat",
    "canister_global_timer",
    "canister_on_low_wasm_memory",
];

const METHODS: [&str; 3] = [
    "canister_update ",
    "canister_query ",
    "canister_composite_query ",
];

/// A rule of the network that a module breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleRule {
    /// There is more of something than there may be.
    #[error("{found} {what} are more than the {most} a module may have")]
    TooMuch {
        /// Of what, in words.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        most: u64,
    },
    /// One function is too large.
    #[error(
        "function {index} has {found} {what}, {most} are allowed: split it, or have it \
         optimized for size"
    )]
    Function {
        /// The function's index in the code section.
        index: u64,
        /// Of what, in words.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        most: u64,
    },
    /// A name the network uses itself is exported.
    #[error("the export name {name:?} is reserved for the network")]
    ReservedExport {
        /// The name.
        name: String,
    },
    /// An export looks like an entry point and is none.
    #[error("the export {name:?} is no entry point: names with canister_ in front are reserved")]
    UnknownEntryPoint {
        /// The name.
        name: String,
    },
    /// An entry point or a method takes or returns something.
    #[error("{name:?} is of the type {found}: an entry point takes nothing and returns nothing")]
    EntryPointType {
        /// The export.
        name: String,
        /// Its type.
        found: String,
    },
    /// A method is exported twice: as an update and as a query, for example.
    #[error("the method {name:?} is exported twice, with different kinds of calls")]
    MethodTwice {
        /// The method.
        name: String,
    },
    /// A metadata section that is neither public nor private.
    #[error(
        "the custom section {name:?} is not allowed: what starts with icp: is called \
         `icp:public NAME` or `icp:private NAME`"
    )]
    SectionName {
        /// The section.
        name: String,
    },
    /// Two metadata sections with one name.
    #[error("two metadata sections are called {name:?}")]
    SectionTwice {
        /// The name without icp:public or icp:private.
        name: String,
    },
    /// A global of a type that is not a number.
    #[error("global {index} is of the type {found}, which is not a number")]
    GlobalType {
        /// The global's index.
        index: u64,
        /// Its type.
        found: String,
    },
    /// A data segment whose place is computed.
    #[error("the place of data segment {index} is not a constant")]
    DataOffset {
        /// The segment's index.
        index: u64,
    },
}

/// Most rules that are told of one module.
const MOST_TOLD: usize = 100;

/// Checks a module, unpacked.
///
/// # Errors
/// It breaks a rule, or is not WebAssembly as far as the rules look at it.
pub(crate) fn check(wasm: &[u8]) -> Result<(), ModuleError> {
    match broken(wasm)?.into_iter().next() {
        None => Ok(()),
        Some(rule) => Err(rule.into()),
    }
}

/// The rules that a module, unpacked, breaks: all of them, but for what comes after the first hundred.
///
/// # Errors
/// It is not WebAssembly as far as the rules look at it.
pub(crate) fn broken(wasm: &[u8]) -> Result<Vec<ModuleRule>, ModuleError> {
    let mut broken = Broken::default();
    broken.at_most("bytes", wasm.len() as u64, MAX_MODULE);
    if !broken.0.is_empty() {
        return Ok(broken.0);
    }
    let outline = read::outline(wasm)?;
    broken.at_most("bytes of code", outline.code_bytes, MAX_CODE);
    broken.at_most("functions", outline.functions.len() as u64, MAX_FUNCTIONS);
    broken.at_most("globals", outline.globals.len() as u64, MAX_GLOBALS);
    broken.at_most("tables", outline.tables, MAX_TABLES);
    broken.at_most("memories", outline.memories, MAX_MEMORIES);
    let pages = "pages of a 64-bit heap";
    broken.at_most(pages, outline.wide_heap_pages, MAX_WIDE_HEAP_PAGES);
    for (index, found) in (0..).zip(&outline.globals) {
        if !matches!(found.as_str(), "i32" | "i64" | "f32" | "f64" | "v128") {
            let found = found.clone();
            broken.note(ModuleRule::GlobalType { index, found });
        }
    }
    if let Some(index) = outline.computed_segment {
        broken.note(ModuleRule::DataOffset { index });
    }
    broken.exports(&outline)?;
    broken.bodies(&outline);
    broken.sections(&outline);
    Ok(broken.0)
}

/// The rules that are broken, in the order in which they are looked at.
#[derive(Default)]
struct Broken(Vec<ModuleRule>);

impl Broken {
    fn note(&mut self, rule: ModuleRule) {
        if self.0.len() < MOST_TOLD {
            self.0.push(rule);
        }
    }

    fn at_most(&mut self, what: &'static str, found: u64, most: u64) {
        if found > most {
            self.note(ModuleRule::TooMuch { what, found, most });
        }
    }

    fn exports(&mut self, outline: &Outline) -> Result<(), ModuleError> {
        for (name, _) in outline.exports.iter().filter(|(n, _)| RESERVED.contains(n)) {
            let name = shown(name);
            self.note(ModuleRule::ReservedExport { name });
        }
        let mut methods = BTreeSet::new();
        for (export, function) in &outline.exports {
            let (Some(function), true) = (function, export.starts_with("canister_")) else {
                continue;
            };
            let method = METHODS.iter().find_map(|kind| export.strip_prefix(kind));
            if method.is_none() && !ENTRY_POINTS.contains(export) {
                let name = shown(export);
                self.note(ModuleRule::UnknownEntryPoint { name });
                continue;
            }
            let found = outline.type_of(*function)?;
            if found != "() -> ()" {
                let name = shown(export);
                self.note(ModuleRule::EntryPointType { name, found });
            }
            if let Some(method) = method
                && !methods.insert(method)
            {
                let name = shown(method);
                self.note(ModuleRule::MethodTwice { name });
            }
        }
        self.at_most("methods", methods.len() as u64, MAX_METHODS);
        let bytes: usize = methods.iter().map(|name| name.len()).sum();
        self.at_most("bytes of method names", bytes as u64, MAX_METHOD_NAMES);
        Ok(())
    }

    fn bodies(&mut self, outline: &Outline) {
        for (index, body) in (0..).zip(&outline.bodies) {
            let limits = [
                ("instructions", body.instructions, MAX_FUNCTION_INSTRUCTIONS),
                ("points of complexity", body.complexity, MAX_COMPLEXITY),
            ];
            for (what, found, most) in limits {
                if found > most {
                    self.note(ModuleRule::Function {
                        index,
                        what,
                        found,
                        most,
                    });
                }
            }
        }
    }

    fn sections(&mut self, outline: &Outline) {
        let (mut names, mut bytes) = (BTreeSet::new(), 0);
        for (section, size) in &outline.sections {
            if !section.starts_with("icp:") {
                continue;
            }
            let name = ["icp:public ", "icp:private "]
                .iter()
                .find_map(|scope| section.strip_prefix(scope));
            let Some(name) = name else {
                let name = shown(section);
                self.note(ModuleRule::SectionName { name });
                continue;
            };
            if !names.insert(name) {
                let name = shown(name);
                self.note(ModuleRule::SectionTwice { name });
            }
            bytes += name.len() as u64 + size;
        }
        self.at_most("metadata sections", names.len() as u64, MAX_SECTIONS);
        self.at_most("bytes of metadata sections", bytes, MAX_SECTION_BYTES);
    }
}

/// As much of a name as an error shows.
fn shown(name: &str) -> String {
    const MOST: usize = 80;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
