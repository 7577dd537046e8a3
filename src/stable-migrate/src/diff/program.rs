//! In what two snapshots differ beside stable memory.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Both;
use crate::error::{Error, Result};
use crate::hex::hex;
use crate::snapshot_dir::SnapshotDir;
use crate::virtual_memory::VirtualMemory;

/// Fields of metadata.json that are the canister's own; the others are sizes, and when and as what it was taken.
const FIELDS: [&str; 5] = [
    "globals",
    "certified_data",
    "global_timer",
    "on_low_wasm_memory_hook_status",
    "wasm_chunk_store",
];

/// Module, heap, and what metadata.json says of the canister.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct ProgramDiff {
    /// SHA-256 of the modules as they were installed, in hexadecimal: what the network says as the module's hash.
    pub module_hash: Both<String>,
    /// Pages of the heaps.
    pub heap_pages: Both<u64>,
    /// Bytes in which the heaps differ. A shorter one counts as if zeros followed.
    pub heap_bytes_changed: u64,
    /// The canister's versions.
    pub canister_version: Both<u64>,
    /// When the snapshots were taken, nanoseconds since 1970.
    pub taken_at: Both<u64>,
    /// Fields of metadata.json that differ: globals, certified data, timer, hook, chunks.
    pub fields: Vec<FieldDiff>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct FieldDiff {
    /// Its name.
    pub name: &'static str,
    /// Its values; of a list the elements that differ, as pairs of place and value.
    pub values: Both<Value>,
}

impl ProgramDiff {
    pub(super) fn of(before: &SnapshotDir, after: &SnapshotDir) -> Result<Self> {
        let both = [before, after];
        let [one, two] = both.map(|snapshot| snapshot.module());
        let modules = [one?, two?];
        let [one, two] = both.map(|snapshot| snapshot.heap_image());
        let heaps = [one?, two?];
        let heap_bytes_changed =
            VirtualMemory::whole(&heaps[0]).changed_bytes(&VirtualMemory::whole(&heaps[1]))?;
        Ok(Self {
            module_hash: modules.map(|module| hex(&Sha256::digest(module))),
            heap_pages: [heaps[0].pages(), heaps[1].pages()],
            heap_bytes_changed,
            canister_version: both.map(|snapshot| snapshot.metadata().canister_version),
            taken_at: both.map(|snapshot| snapshot.metadata().taken_at_timestamp),
            fields: fields(before, after)?,
        })
    }

    /// Whether the canister's program and what it has on its heap are the same.
    pub fn is_same(&self) -> bool {
        let [before, after] = &self.module_hash;
        let [heap_before, heap_after] = self.heap_pages;
        before == after
            && heap_before == heap_after
            && self.heap_bytes_changed == 0
            && self.fields.is_empty()
    }
}

fn fields(before: &SnapshotDir, after: &SnapshotDir) -> Result<Vec<FieldDiff>> {
    let json = |snapshot: &SnapshotDir| {
        serde_json::to_value(snapshot.metadata()).map_err(|error| Error::Metadata {
            path: snapshot.path().to_owned(),
            reason: error.to_string(),
        })
    };
    let (before, after) = (json(before)?, json(after)?);
    let differing = FIELDS.into_iter().filter_map(|name| {
        let values = [&before, &after].map(|all| all.get(name).unwrap_or(&Value::Null));
        (values[0] != values[1]).then(|| FieldDiff {
            name,
            values: what_differs(values),
        })
    });
    Ok(differing.collect())
}

/// Of two lists of one length the elements that differ.
fn what_differs(values: Both<&Value>) -> Both<Value> {
    let [Value::Array(before), Value::Array(after)] = values else {
        return values.map(Value::clone);
    };
    if before.len() != after.len() {
        return values.map(Value::clone);
    }
    let pairs = |of: &[Value]| {
        let differ = (0..of.len()).filter(|&at| before[at] != after[at]);
        differ
            .map(|at| Value::from(vec![at.into(), of[at].clone()]))
            .collect()
    };
    [pairs(before), pairs(after)]
}
