//! A memory under a manager must not be formatted again.
use ic_stable_migration::{BucketPlan, Opened, open};
use ic_stable_structures::VectorMemory;

fn main() {
    if let Opened::Managed(managed) = open(VectorMemory::default()) {
        let _ = managed.format(BucketPlan::default());
    }
}
