//! The bug of 2023: handing out virtual memories before the legacy value was read.
use ic_stable_migration::{Opened, open};
use ic_stable_structures::VectorMemory;

fn main() {
    if let Opened::Legacy(legacy) = open(VectorMemory::default()) {
        let _ = legacy.memory(1);
    }
}
