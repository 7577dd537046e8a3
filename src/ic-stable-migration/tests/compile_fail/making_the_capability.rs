//! The capability comes from reading and from nowhere else.
use ic_stable_migration::Adoptable;
use ic_stable_structures::VectorMemory;

fn main() {
    let _ = Adoptable {
        memory: VectorMemory::default(),
        value_bytes: 0,
    };
}
