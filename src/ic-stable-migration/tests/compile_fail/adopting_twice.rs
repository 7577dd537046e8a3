//! The capability to adopt is used up by adopting.
use ic_stable_migration::{Application, BucketPlan, Cbor, MessagePack, Opened, Stamp, open};
use ic_stable_structures::VectorMemory;

fn main() {
    let stamp = Stamp {
        release: 1,
        schema: 1,
        now: 0,
        application: Application::NONE,
    };
    if let Opened::Legacy(legacy) = open(VectorMemory::default()) {
        let (state, adoptable) = legacy.read::<Vec<u64>, MessagePack>().unwrap();
        let _ = adoptable.adopt::<_, Cbor>(BucketPlan::default(), &state, stamp);
        let _ = adoptable.adopt::<_, Cbor>(BucketPlan::default(), &state, stamp);
    }
}
