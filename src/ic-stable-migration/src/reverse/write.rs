//! Writing the legacy value where the old module looks for it. All that was behind it is zero afterwards: what is left of
//! a map would be taken for one by nobody, but for a rest by the release that goes forward again.

use ic_stable_structures::Memory;

use crate::bucket_plan::PAGE_BYTES;
use crate::error::Error;
use crate::legacy::chunks;
use crate::stream::grow_to;

/// Writes `value` at offset 0 of a whole stable memory.
///
/// # Errors
/// [`Error::OutOfStableMemory`] before anything is written.
pub fn at_offset_0(raw: &impl Memory, value: &[u8]) -> Result<(), Error> {
    let length = value.len() as u64;
    grow_to(raw, length.div_ceil(PAGE_BYTES))?;
    raw.write(0, value);
    clear(raw, length);
    Ok(())
}

/// Makes everything from `start` on zero. Reads all of it, and writes only what is not zero yet.
pub fn clear(memory: &impl Memory, start: u64) {
    for (at, mut chunk) in chunks(memory, start) {
        let first = chunk.iter().position(|&byte| byte != 0);
        let last = chunk.iter().rposition(|&byte| byte != 0);
        if let (Some(first), Some(last)) = (first, last) {
            let used = &mut chunk[first..=last];
            used.fill(0);
            memory.write(at + first as u64, used);
        }
    }
}
