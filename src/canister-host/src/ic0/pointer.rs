//! Addresses and sizes in a heap: 32 bits of them, or 64 if the module says so.

use wasmtime::WasmTy;

use crate::cost;

pub(crate) trait Pointer: WasmTy + Copy + Into<u64> {
    /// What dirtying a page of stable memory is charged.
    const DIRTY_STABLE_PAGE: u64;

    /// The length of a value of the system. None is longer than a heap can be.
    fn of_len(len: usize) -> Self;

    /// The index of a function. All ones, which mean none, are so in 64 bits too.
    fn function(self) -> u64;
}

impl Pointer for u32 {
    const DIRTY_STABLE_PAGE: u64 = cost::DIRTY_STABLE_PAGE;

    fn of_len(len: usize) -> Self {
        u32::try_from(len).unwrap_or(u32::MAX)
    }

    fn function(self) -> u64 {
        match self {
            u32::MAX => u64::MAX,
            index => index.into(),
        }
    }
}

impl Pointer for u64 {
    const DIRTY_STABLE_PAGE: u64 = cost::DIRTY_STABLE_PAGE_OF_WIDE_HEAP;

    fn of_len(len: usize) -> Self {
        len as u64
    }

    fn function(self) -> u64 {
        self
    }
}
