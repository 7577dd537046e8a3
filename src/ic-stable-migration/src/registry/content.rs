//! What a virtual memory holds, told by its first bytes.

use ic_stable_structures::Memory;

use crate::bucket_plan::PAGE_BYTES;

/// Bytes of a map's header.
const MAP_HEADER_BYTES: usize = 28;
pub const MAP_MAGIC: &[u8; 3] = b"BTR";
/// Where a map's first node can be: behind the header and the allocator's.
const FIRST_CHUNK_AT: u64 = 100;

/// The structure of ic-stable-structures whose magic `first` is, if it is one.
pub fn kind_of(first: &[u8]) -> Option<&'static str> {
    match first.get(..3)? {
        b"BTR" => Some("a StableBTreeMap"),
        b"SCL" => Some("a StableCell"),
        b"SVC" => Some("a StableVec"),
        b"SMH" => Some("a StableMinHeap"),
        b"GLI" => Some("the index of a StableLog"),
        b"GLD" => Some("the data of a StableLog"),
        b"MGR" => Some("a memory manager"),
        _ => None,
    }
}

/// Checks the header of a map, which the map itself would trust; `at_least` entries must be there.
///
/// # Errors
/// What is wrong with it.
pub fn map_header(memory: &impl Memory, at_least: u64) -> Result<(), String> {
    if memory.size() == 0 {
        return Err(format!("it is empty, and had {at_least} entries"));
    }
    let mut header = [0; MAP_HEADER_BYTES];
    memory.read(0, &mut header);
    if !header.starts_with(MAP_MAGIC) {
        return Err(match kind_of(&header) {
            Some(kind) => format!("it holds {kind}"),
            None => "no magic of a StableBTreeMap".into(),
        });
    }
    let version = header[3];
    if !matches!(version, 1 | 2) {
        return Err(format!("a StableBTreeMap of version {version}"));
    }
    let u64_at = |at: usize| {
        let mut field = [0; 8];
        field.copy_from_slice(&header[at..at + 8]);
        u64::from_le_bytes(field)
    };
    let (root, entries) = (u64_at(12), u64_at(20));
    if entries < at_least {
        return Err(format!("{entries} entries, and there were {at_least}"));
    }
    let bytes = memory.size().saturating_mul(PAGE_BYTES);
    if (root == 0) != (entries == 0) {
        return Err(format!("{entries} entries, and its root at {root}"));
    }
    if root != 0 && !(FIRST_CHUNK_AT..bytes).contains(&root) {
        return Err(format!("its root at {root}, outside of its {bytes} bytes"));
    }
    Ok(())
}
