//! Downloads of snapshots.

use std::path::Path;

use ::fleet::SnapshotId;
use candid::{Decode, Encode, Principal};
use ic_management_canister_types::{
    ReadCanisterSnapshotDataArgs, ReadCanisterSnapshotDataResult, ReadCanisterSnapshotMetadataArgs,
    SnapshotDataKind,
};
use tokio::task::spawn_blocking;

use super::connection::{Connection, Failure};
use crate::snapshot_dir::{Metadata, write_part};

/// The management canister.
const MANAGEMENT: Principal = Principal::management_canister();

/// Most bytes of a slice.
const SLICE: u64 = 1_900_000;

/// A slice of a part, by its offset and size.
type Kind = fn(u64, u64) -> SnapshotDataKind;

impl Connection {
    /// Downloads a snapshot into a directory, as `icp canister snapshot download` does.
    ///
    /// # Errors
    /// Why it could not.
    pub async fn download(
        &self,
        canister: Principal,
        snapshot: &SnapshotId,
        directory: &Path,
    ) -> Result<(), Failure> {
        let method = "read_canister_snapshot_metadata";
        let arguments = ReadCanisterSnapshotMetadataArgs {
            canister_id: canister,
            snapshot_id: snapshot.clone(),
        };
        let argument = Encode!(&arguments).map_err(|error| Failure::unreadable(method, &error))?;
        let reply = self.update(MANAGEMENT, canister, method, argument).await?;
        let mut metadata =
            Decode!(&reply, Metadata).map_err(|error| Failure::unreadable(method, &error))?;
        // Chunks of modules that are not installed are no part of what is upgraded.
        metadata.wasm_chunk_store.clear();
        let parts: [(&str, u64, Kind); 3] = [
            (
                "wasm_module.bin",
                metadata.wasm_module_size,
                |offset, size| SnapshotDataKind::WasmModule { offset, size },
            ),
            (
                "wasm_memory.bin",
                metadata.wasm_memory_size,
                |offset, size| SnapshotDataKind::WasmMemory { offset, size },
            ),
            (
                "stable_memory.bin",
                metadata.stable_memory_size,
                |offset, size| SnapshotDataKind::StableMemory { offset, size },
            ),
        ];
        for (name, length, kind) in parts {
            let mut offset = 0;
            write(directory, name, Vec::new()).await?;
            while offset < length {
                let size = SLICE.min(length - offset);
                let slice = self.slice(canister, snapshot, kind(offset, size)).await?;
                if slice.len() as u64 != size {
                    return Err(Failure::Unknown(format!("{name} was cut short")));
                }
                write(directory, name, slice).await?;
                offset += size;
            }
        }
        let text = serde_json::to_vec(&metadata);
        let text = text.map_err(|error| Failure::Unknown(error.to_string()))?;
        write(directory, "metadata.json", text).await
    }

    async fn slice(
        &self,
        canister: Principal,
        snapshot: &SnapshotId,
        kind: SnapshotDataKind,
    ) -> Result<Vec<u8>, Failure> {
        let method = "read_canister_snapshot_data";
        let arguments = ReadCanisterSnapshotDataArgs {
            canister_id: canister,
            snapshot_id: snapshot.clone(),
            kind,
        };
        let argument = Encode!(&arguments).map_err(|error| Failure::unreadable(method, &error))?;
        let reply = self.update(MANAGEMENT, canister, method, argument).await?;
        let slice = Decode!(&reply, ReadCanisterSnapshotDataResult)
            .map_err(|error| Failure::unreadable(method, &error))?;
        Ok(slice.chunk)
    }
}

/// Appends to a file of the directory.
async fn write(directory: &Path, name: &str, bytes: Vec<u8>) -> Result<(), Failure> {
    let path = directory.join(name);
    let written = spawn_blocking(move || write_part(&path, &bytes)).await;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure::Unknown(error.to_string())),
        Err(error) => Err(Failure::Unknown(error.to_string())),
    }
}
