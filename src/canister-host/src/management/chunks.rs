//! The chunk store: parts of modules that are too large for one message.

use std::collections::BTreeMap;
use std::sync::Arc;

use candid::Principal;
use ic_management_canister_types as types;
use sha2::{Digest, Sha256};

use super::command::{encode, nothing};
use super::errors;
use super::install::Order;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::reject::{Reject, code};

/// The largest chunk, in bytes, and the most chunks a canister may store.
const MAX_CHUNK: usize = 1 << 20;
const MAX_CHUNKS: usize = 100;

/// The chunks of a canister, by their hashes. A copy shares them.
#[derive(Clone, Default)]
pub(crate) struct Chunks(BTreeMap<[u8; 32], Arc<[u8]>>);

impl Chunks {
    /// What they take: the network counts each as a whole one.
    pub(crate) fn size(&self) -> u64 {
        (self.0.len() * MAX_CHUNK) as u64
    }
}

fn store_error(message: impl std::fmt::Display) -> Reject {
    let message = format!("chunk store: {message}");
    Reject::new(code::CONTRACT_VIOLATION, message)
}

impl Host {
    pub(super) fn upload_chunk(&mut self, args: types::UploadChunkArgs) -> Result<Vec<u8>, Reject> {
        let (id, chunk) = (args.canister_id, args.chunk);
        let canister = self.canisters.get_mut(&id);
        let store = &mut canister.ok_or_else(|| canister_not_found(id))?.chunks.0;
        if chunk.len() > MAX_CHUNK {
            let bytes = chunk.len();
            let message = format!("a chunk of {bytes} bytes, {MAX_CHUNK} are allowed");
            return Err(store_error(message));
        }
        let hash: [u8; 32] = Sha256::digest(&chunk).into();
        if store.len() >= MAX_CHUNKS && !store.contains_key(&hash) {
            return Err(store_error(format!(
                "it is full, it has {MAX_CHUNKS} chunks"
            )));
        }
        store.entry(hash).or_insert_with(|| chunk.into());
        encode(&types::ChunkHash {
            hash: hash.to_vec(),
        })
    }

    pub(super) fn stored_chunks(&self, id: Principal) -> Result<Vec<u8>, Reject> {
        let canister = self.canisters.get(&id);
        let store = &canister.ok_or_else(|| canister_not_found(id))?.chunks.0;
        let hashes = store.keys().map(|hash| types::ChunkHash {
            hash: hash.to_vec(),
        });
        encode(&hashes.collect::<Vec<_>>())
    }

    pub(super) fn clear_chunks(&mut self, id: Principal) -> Result<Vec<u8>, Reject> {
        let canister = self.canisters.get_mut(&id);
        canister.ok_or_else(|| canister_not_found(id))?.chunks = Chunks::default();
        nothing()
    }

    /// Puts a module together from the chunks of a canister that the caller controls, or is.
    pub(super) fn assemble(
        &self,
        caller: Principal,
        args: types::InstallChunkedCodeArgs,
    ) -> Result<Order, Reject> {
        let from = args.store_canister.unwrap_or(args.target_canister);
        let canister = self.canisters.get(&from);
        let canister = canister.ok_or_else(|| canister_not_found(from))?;
        if from != caller && !canister.settings.controllers.contains(&caller) {
            return Err(errors::not_a_controller(canister, caller));
        }
        if args.chunk_hashes_list.len() > MAX_CHUNKS {
            return Err(store_error(format!("{MAX_CHUNKS} chunks are allowed")));
        }
        let mut wasm = Vec::new();
        for chunk in &args.chunk_hashes_list {
            let hash = <&[u8; 32]>::try_from(chunk.hash.as_slice()).ok();
            let chunk = hash.and_then(|hash| canister.chunks.0.get(hash));
            let missing = || store_error(format!("canister {from} has not all of the chunks"));
            wasm.extend_from_slice(chunk.ok_or_else(missing)?);
        }
        if Sha256::digest(&wasm).as_slice() != args.wasm_module_hash {
            return Err(store_error("the chunks together have another hash"));
        }
        Ok(Order {
            canister: args.target_canister,
            mode: args.mode,
            wasm,
            arg: args.arg,
        })
    }
}
