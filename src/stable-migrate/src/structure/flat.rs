//! The structures without pointers: a cell, a log, a vector, a heap. All numbers are little-endian.
//!
//! ```text
//! cell        "SCL" 1  length u32 @4  value @8
//! log index   "GLI" 1  entries u64 @32  end of each entry, u64 @40
//! log data    "GLD" 1  entries @32
//! vector      "SVC" 1  entries u64 @4  largest entry u32 @12  fixed size u8 @16  slots @64
//! min-heap    "SMH" 1  the same
//! ```

use super::{Recognized, Slots, Structure, fits};
use crate::virtual_memory::{Flaw, VirtualMemory};

/// Where the entries of a log's data memory start.
pub const LOG_DATA_AT: u64 = 32;

pub fn cell(memory: &VirtualMemory) -> Result<Recognized, Flaw> {
    let value_bytes = u64::from(memory.u32_at(4)?);
    let what = format!("it is a cell with a value of {value_bytes} bytes");
    let used = fits(memory, Some(8 + value_bytes), &what)?;
    Ok((Structure::StableCell { value_bytes }, used))
}

pub fn log_index(memory: &VirtualMemory) -> Result<Recognized, Flaw> {
    let entries = memory.u64_at(32)?;
    let ends = entries.checked_mul(8).and_then(|ends| ends.checked_add(40));
    let what = format!("it is the index of a log of {entries} entries");
    let used = fits(memory, ends, &what)?;
    let data_bytes = match entries {
        0 => 0,
        _ => memory.u64_at(used - 8)?,
    };
    let structure = Structure::StableLogIndex {
        entries,
        data_bytes,
    };
    Ok((structure, used))
}

pub fn slots(memory: &VirtualMemory) -> Result<(Slots, u64), Flaw> {
    let entries = memory.u64_at(4)?;
    let largest = u64::from(memory.u32_at(12)?);
    let length_bytes = match (memory.bytes_at(16)?, largest) {
        ([1], _) => 0,
        ([0], 0..=0xff) => 1,
        ([0], 0x100..=0xffff) => 2,
        ([0], _) => 4,
        ([other], _) => {
            return Err(Flaw::Damaged(format!(
                "it is a vector whose fixed-size flag is {other}"
            )));
        }
    };
    let slot_bytes = largest + length_bytes;
    let end = entries.checked_mul(slot_bytes);
    let what = format!("it is a vector of {entries} entries of {slot_bytes} bytes");
    let used = fits(memory, end.and_then(|end| end.checked_add(64)), &what)?;
    let slots = Slots {
        entries,
        slot_bytes,
    };
    Ok((slots, used))
}
