//! A value in a virtual memory, as the quick start of ic-stable-structures writes it: a length of 32 bits, and CBOR.

use ic_stable_structures::Memory;
use ic_stable_structures::writer::Writer;
use serde::{Serialize, de::DeserializeOwned};

use crate::or_trap;

/// Encodes `value` on the heap and writes it.
pub fn write(memory: &mut impl Memory, value: &impl Serialize) {
    let mut bytes = Vec::new();
    or_trap(ciborium::into_writer(value, &mut bytes));
    let len = or_trap(u32::try_from(bytes.len()));
    let mut writer = Writer::new(memory, 0);
    or_trap(writer.write(&len.to_le_bytes()));
    or_trap(writer.write(&bytes));
}

/// Reads all bytes to the heap and decodes them.
pub fn read<T: DeserializeOwned>(memory: &impl Memory) -> T {
    let mut len = [0; 4];
    memory.read(0, &mut len);
    let mut bytes = vec![0; u32::from_le_bytes(len) as usize];
    memory.read(4, &mut bytes);
    or_trap(ciborium::from_reader(bytes.as_slice()))
}
