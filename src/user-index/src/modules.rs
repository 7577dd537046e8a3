//! The modules in the index's chunk store, and the upload of one.
//!
//! A module is uploaded chunk by chunk, in order, and named when it is whole. Its SHA-256 is counted here while the chunks come,
//! so that what the store has is what the operator sent. An upload that an upgrade of the index interrupts begins again.

use std::cell::RefCell;

use fleet::ModuleHash;
use serde_bytes::ByteArray;
use sha2::{Digest, Sha256};

use crate::driver;
use crate::limits::{self, MAX_CHUNK_BYTES, MAX_CHUNKS, MAX_MODULES};
use crate::management;
use crate::state;
use crate::state::hot::StoredModule;

#[derive(Default)]
struct Upload {
    digest: Sha256,
    bytes: u64,
    chunks: Vec<ByteArray<32>>,
}

thread_local! {
    static UPLOAD: RefCell<Upload> = RefCell::default();
}

/// Takes the next chunk of a module; number 0 begins a new one. Returns how many it has then.
///
/// # Errors
/// It is not the next, or too large, or the store does not take it.
pub async fn upload(number: u32, bytes: Vec<u8>) -> Result<u32, String> {
    if bytes.is_empty() || bytes.len() > MAX_CHUNK_BYTES {
        let found = bytes.len();
        return Err(format!(
            "a chunk has 1 to {MAX_CHUNK_BYTES} bytes, this one {found}"
        ));
    }
    if number == 0 {
        UPLOAD.take();
    }
    expect(number)?;
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    let kept = management::upload_chunk(bytes.clone()).await;
    let kept = kept.map_err(|failure| failure.to_string())?;
    if kept != hash {
        return Err("the chunk store gave another hash: upload the chunk again".to_owned());
    }
    expect(number)?;
    UPLOAD.with_borrow_mut(|upload| {
        upload.digest.update(&bytes);
        upload.bytes += bytes.len() as u64;
        upload.chunks.push(ByteArray::new(hash));
    });
    Ok(number + 1)
}

fn expect(number: u32) -> Result<(), String> {
    let next = UPLOAD.with_borrow(|upload| upload.chunks.len());
    if next == number as usize && next < MAX_CHUNKS {
        return Ok(());
    }
    Err(format!(
        "chunk {number} was sent, and {next} is the next of at most {MAX_CHUNKS}"
    ))
}

/// Names the module that was uploaded, if it has this hash.
///
/// # Errors
/// It has another, or there is no room for it.
pub fn finish(name: String, expected: &str) -> Result<StoredModule, String> {
    limits::name(&name, "a module's name")?;
    let expected: ModuleHash = expected.parse().map_err(|not| format!("{not}"))?;
    let module = UPLOAD.with_borrow(|upload| StoredModule {
        hash: ModuleHash(upload.digest.clone().finalize().into()),
        name,
        bytes: upload.bytes,
        chunks: upload.chunks.clone(),
    });
    if module.hash != expected {
        let (hash, bytes) = (module.hash, module.bytes);
        return Err(format!(
            "what was uploaded has {bytes} bytes and the hash {hash}: upload the module again from chunk 0"
        ));
    }
    state::with(|state| {
        let modules = &mut state.hot.modules;
        modules.retain(|other| other.hash != module.hash);
        if modules.len() >= MAX_MODULES {
            return Err(format!("there are {MAX_MODULES} modules: clear them first"));
        }
        modules.push(module.clone());
        Ok(())
    })?;
    UPLOAD.take();
    Ok(module)
}

/// Forgets all modules; the network has no way to forget one.
///
/// # Errors
/// A plan needs them, or the store was not cleared.
pub async fn clear() -> Result<(), String> {
    if driver::is_under_way() {
        return Err("a plan is under way that needs them".to_owned());
    }
    state::with(|state| state.hot.modules.clear());
    UPLOAD.take();
    let cleared = management::clear_chunks().await;
    cleared.map_err(|failure| failure.to_string())
}

/// The module of a hash.
///
/// # Errors
/// It was not uploaded.
pub fn get(hash: ModuleHash) -> Result<StoredModule, String> {
    let found = state::with(|state| {
        let mut modules = state.hot.modules.iter();
        modules.find(|module| module.hash == hash).cloned()
    });
    found.ok_or_else(|| format!("the module {hash} is not in the index: upload it first"))
}
