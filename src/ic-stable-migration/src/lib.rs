//! Moves an Internet Computer canister from one serialized value at offset 0 of stable memory to a
//! `MemoryManager`, in stages and without losing a byte.

mod tiered;

pub use tiered::TieredMap;
