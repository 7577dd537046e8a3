//! A snapshot directory as the host's snapshot, and back.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use candid::{Nat, Reserved};
use canister_host::{GlobalValue, Snapshot, StableMemory, StableSource};
use ic_management_canister_types::{
    CanisterTimer, OnLowWasmMemoryHookStatus, SnapshotMetadataGlobal, SnapshotSource,
};

use crate::error::{Error, Result};
use crate::image::{CHUNK, Image};
use crate::snapshot_dir::{Metadata, NewSnapshotDir, SnapshotDir};
use crate::sparse::SparseWriter;

/// A module with nothing in it, for a canister of which only the stable memory is known.
const NO_PROGRAM: &[u8] = b"\0asm\x01\0\0\0";

impl StableSource for Image {
    fn len(&self) -> u64 {
        self.bytes()
    }

    fn read_at(&self, offset: u64, target: &mut [u8]) -> io::Result<()> {
        self.try_read(offset, target)
    }
}

/// The snapshot in a directory. The heap is read into RAM, stable memory stays where it is.
///
/// # Errors
/// [`Error::Io`], [`Error::Metadata`] for a global without a value.
pub fn of_directory(directory: &SnapshotDir) -> Result<Snapshot> {
    let metadata = directory.metadata();
    let mut globals = Vec::new();
    for (index, global) in metadata.globals.iter().enumerate() {
        let value = global.as_ref().and_then(global_value);
        globals.push(value.ok_or_else(|| Error::Metadata {
            path: directory.path().join("metadata.json"),
            reason: format!("global {index} has no value that a global can have"),
        })?);
    }
    Ok(Snapshot {
        module: directory.module()?,
        heap: directory.heap()?,
        globals,
        stable: stable_over(directory.stable())?,
        certified_data: metadata.certified_data.clone(),
        global_timer: metadata.global_timer.as_ref().map(|timer| match timer {
            CanisterTimer::Inactive => 0,
            CanisterTimer::Active(at) => *at,
        }),
        version: metadata.canister_version,
        taken_at: metadata.taken_at_timestamp,
    })
}

/// A canister of which only the stable memory is known: it has a module without a method, and no heap.
///
/// # Errors
/// [`Error::Io`].
pub fn of_bare(stable: &Image) -> Result<Snapshot> {
    Ok(Snapshot {
        module: NO_PROGRAM.to_vec(),
        heap: Vec::new(),
        globals: vec![GlobalValue::I64(0)],
        stable: stable_over(stable)?,
        certified_data: Vec::new(),
        global_timer: Some(0),
        version: 0,
        taken_at: 0,
    })
}

/// A memory over an image, which stays in its file until it is written to.
///
/// # Errors
/// [`Error::Io`].
pub fn stable_over(image: &Image) -> Result<StableMemory> {
    Ok(StableMemory::over(Arc::new(image.another()?)))
}

fn global_value(global: &SnapshotMetadataGlobal) -> Option<GlobalValue> {
    Some(match global {
        SnapshotMetadataGlobal::I32(value) => GlobalValue::I32(*value),
        SnapshotMetadataGlobal::I64(value) => GlobalValue::I64(*value),
        SnapshotMetadataGlobal::F32(value) => GlobalValue::F32(value.to_bits()),
        SnapshotMetadataGlobal::F64(value) => GlobalValue::F64(value.to_bits()),
        SnapshotMetadataGlobal::V128(value) => {
            GlobalValue::V128(u128::try_from(value.0.clone()).ok()?)
        }
    })
}

/// The metadata of a snapshot that the host took, with what `before` says of the canister beside it.
///
/// # Errors
/// A sentence, for a global that metadata.json cannot hold.
fn metadata_of(snapshot: &Snapshot, before: &Metadata) -> std::result::Result<Metadata, String> {
    let mut globals = Vec::new();
    for (index, value) in snapshot.globals.iter().enumerate() {
        globals.push(Some(match *value {
            GlobalValue::I32(value) => SnapshotMetadataGlobal::I32(value),
            GlobalValue::I64(value) => SnapshotMetadataGlobal::I64(value),
            GlobalValue::F32(bits) if f32::from_bits(bits).is_finite() => {
                SnapshotMetadataGlobal::F32(f32::from_bits(bits))
            }
            GlobalValue::F64(bits) if f64::from_bits(bits).is_finite() => {
                SnapshotMetadataGlobal::F64(f64::from_bits(bits))
            }
            GlobalValue::F32(_) | GlobalValue::F64(_) => {
                return Err(format!(
                    "global {index} is infinite or not a number, which JSON cannot hold"
                ));
            }
            GlobalValue::V128(value) => SnapshotMetadataGlobal::V128(Nat::from(value)),
        }));
    }
    Ok(Metadata {
        wasm_module_size: snapshot.module.len() as u64,
        globals,
        wasm_memory_size: snapshot.heap.len() as u64,
        stable_memory_size: snapshot.stable.size(),
        certified_data: snapshot.certified_data.clone(),
        global_timer: Some(match snapshot.global_timer {
            None | Some(0) => CanisterTimer::Inactive,
            Some(at) => CanisterTimer::Active(at),
        }),
        on_low_wasm_memory_hook_status: Some(OnLowWasmMemoryHookStatus::ConditionNotSatisfied),
        ..before.clone()
    })
}

/// Writes a snapshot that the host took as a new directory `target`, as a client downloads one.
///
/// # Errors
/// [`Error::Exists`], [`Error::Io`], [`Error::Metadata`] for a global that metadata.json cannot hold.
pub fn write_snapshot(snapshot: &Snapshot, target: &Path) -> Result<()> {
    let making = NewSnapshotDir::begin(target)?;
    let metadata = Metadata {
        source: Some(SnapshotSource::TakenFromCanister(Reserved)),
        taken_at_timestamp: snapshot.taken_at,
        canister_version: snapshot.version,
        wasm_module_size: 0,
        globals: Vec::new(),
        wasm_memory_size: 0,
        stable_memory_size: 0,
        wasm_chunk_store: Vec::new(),
        certified_data: Vec::new(),
        global_timer: None,
        on_low_wasm_memory_hook_status: None,
    };
    write_over(snapshot, None, &metadata, &making)?;
    making.finish()
}

/// Writes a snapshot that the host took into a directory in the making, and opens it. Its stable memory lies over
/// `source`, where that is known; `before` is what metadata.json said of the canister.
///
/// # Errors
/// [`Error::Io`], [`Error::Metadata`] for a global that metadata.json cannot hold.
pub fn write_over(
    snapshot: &Snapshot,
    source: Option<&Image>,
    before: &Metadata,
    making: &NewSnapshotDir,
) -> Result<SnapshotDir> {
    let path = making.stable_target();
    let metadata = metadata_of(snapshot, before).map_err(|reason| Error::Metadata {
        path: path.with_file_name("metadata.json"),
        reason,
    })?;
    making.write_program(&snapshot.module, &snapshot.heap)?;
    let file = making.create_stable()?;
    write_stable(&snapshot.stable, source, file, &path, &mut |_| {})?;
    making.seal(&metadata)
}

/// Writes a stable memory into an empty file, leaving holes where it is zero. Where neither the memory nor `source`,
/// the image it lies over, was written, nothing is read; without a source, all of it is.
///
/// # Errors
/// [`Error::Io`].
pub fn write_stable(
    stable: &StableMemory,
    source: Option<&Image>,
    file: File,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let chunk_bytes = CHUNK as u64;
    let mut chunks: Vec<u64> = stable
        .written_blocks()
        .map(|offset| offset / chunk_bytes)
        .collect();
    match source {
        None => chunks.extend(0..stable.size().div_ceil(chunk_bytes)),
        Some(source) => source.for_each_chunk(0, source.bytes(), |at, chunk| {
            chunks.extend(at / chunk_bytes..=(at + chunk.len() as u64 - 1) / chunk_bytes);
            Ok(())
        })?,
    }
    chunks.sort_unstable();
    chunks.dedup();
    let mut out = SparseWriter::new(file);
    let mut buffer = vec![0; CHUNK];
    for start in chunks.into_iter().map(|chunk| chunk * chunk_bytes) {
        let length = stable.size().saturating_sub(start).min(chunk_bytes) as usize;
        let chunk = &mut buffer[..length];
        stable
            .read(start, chunk)
            .map_err(|error| Error::io(path)(io::Error::other(error)))?;
        out.skip_to(start)
            .and_then(|()| out.write_all(chunk))
            .map_err(Error::io(path))?;
        progress(length as u64);
    }
    out.skip_to(stable.size())
        .and_then(|()| out.finish())
        .map(drop)
        .map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::test_images::TestImage;

    #[test]
    fn what_was_written_over_an_image_and_what_was_not_are_both_kept() {
        let mut bytes = vec![0; 40 * 65_536];
        bytes[7] = 1;
        bytes[39 * 65_536] = 2;
        let image = TestImage::of(&bytes).image;
        let mut stable = stable_over(&image).unwrap();
        stable.grow(3, 100).unwrap();
        for (at, byte) in [(7, 3), (20 * 65_536, 4), (43 * 65_536 - 1, 5)] {
            stable.write(at, &[byte]).unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        for (name, source) in [("known", Some(&*image)), ("unknown", None)] {
            let path = dir.path().join(name);
            let file = File::create_new(&path).unwrap();
            write_stable(&stable, source, file, &path, &mut |_| {}).unwrap();
            assert!(fs::read(&path).unwrap() == stable.to_vec().unwrap());
        }
    }
}
