//! A legacy value that was not read must not be overwritten.
use ic_stable_migration::{Application, BucketPlan, Cbor, Opened, Stamp, open};
use ic_stable_structures::VectorMemory;

fn main() {
    let stamp = Stamp {
        release: 1,
        schema: 1,
        now: 0,
        application: Application::NONE,
    };
    if let Opened::Legacy(legacy) = open(VectorMemory::default()) {
        let _ = legacy.adopt::<_, Cbor>(BucketPlan::default(), &7u64, stamp);
    }
}
