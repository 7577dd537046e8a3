//! canister-host

mod candid_pointer;
mod canister;
mod config;
mod context;
mod cost;
mod engine;
mod entry;
mod env;
mod error;
mod execution;
mod fault;
mod host;
mod ic0;
mod inspect;
mod install;
mod instance;
mod management;
mod messages;
mod meter;
mod module;
mod reject;
mod report;
mod rewrite;
mod stable;
mod stop;

pub use candid::Principal;
pub use candid_pointer::{CandidPointerError, candid_pointer};
pub use canister::LogRecord;
pub use config::{
    CanisterSettings, DEFAULT_WASM_MEMORY_LIMIT, HostConfig, Limits, MAX_HEAP_PAGES,
    MAX_STABLE_PAGES, PAGE_SIZE,
};
pub use entry::EntryPoint;
pub use error::HostError;
pub use fault::{Fault, FaultFilter, FaultPoint};
pub use host::Host;
pub use install::InstallMode;
pub use module::{Module, ModuleError, metadata};
pub use reject::{Reject, RejectCode};
pub use report::{InstallReport, MessageReport, Reply};
pub use rewrite::MetadataSection;
pub use stable::{StableError, StableMemory, StableSource};
