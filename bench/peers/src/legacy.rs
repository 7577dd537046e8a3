//! Reads the value that release 0 left at offset 0.

use std::io::BufReader;

use ic_cdk::stable::StableReader;
use individual_user::state::legacy::CanisterData;

use crate::or_trap;

/// Bytes that are read at once: one page.
const BUFFER_BYTES: usize = 64 * 1024;

/// The MessagePack value at offset 0 of stable memory.
pub fn read() -> CanisterData {
    let reader = BufReader::with_capacity(BUFFER_BYTES, StableReader::default());
    or_trap(rmp_serde::from_read(reader))
}
