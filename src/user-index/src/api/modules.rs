//! The modules.

use candid::CandidType;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::state::hot::StoredModule;
use crate::{modules as store, state};

/// A module that the index has.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct ModuleInfo {
    /// What it is called.
    pub name: String,
    /// SHA-256, in hexadecimal.
    pub hash: String,
    /// Its size.
    pub bytes: u64,
    /// Chunks that it is kept in.
    pub chunks: u32,
}

impl From<&StoredModule> for ModuleInfo {
    fn from(module: &StoredModule) -> Self {
        Self {
            name: module.name.clone(),
            hash: module.hash.to_string(),
            bytes: module.bytes,
            chunks: module.chunks.len() as u32,
        }
    }
}

/// Takes a chunk of at most 1 MiB; number 0 begins a new module. Returns the number of the next.
#[ic_cdk::update(guard = "super::controller")]
async fn upload_module_chunk(number: u32, bytes: ByteBuf) -> Result<u32, String> {
    store::upload(number, bytes.into_vec()).await
}

/// Names what was uploaded, if its SHA-256 is the one that is given.
#[ic_cdk::update(guard = "super::controller")]
fn finish_module(name: String, hash: String) -> Result<ModuleInfo, String> {
    store::finish(name, &hash).map(|module| ModuleInfo::from(&module))
}

/// Forgets all modules.
#[ic_cdk::update(guard = "super::controller")]
async fn clear_modules() -> Result<(), String> {
    store::clear().await
}

/// The modules that the index has.
#[ic_cdk::query(guard = "super::controller")]
fn modules() -> Vec<ModuleInfo> {
    state::with(|state| state.hot.modules.iter().map(ModuleInfo::from).collect())
}
