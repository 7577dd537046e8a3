//! Read, adopt, then hand out virtual memories.
use ic_stable_migration::{Application, BucketPlan, Cbor, MessagePack, Opened, Stamp, open};
use ic_stable_structures::{Memory, VectorMemory};

fn main() {
    let memory = VectorMemory::default();
    memory.grow(1);
    memory.write(0, &[0x92, 7, 8]);
    let Opened::Legacy(legacy) = open(memory) else {
        panic!("not legacy");
    };
    let (state, adoptable) = legacy.read::<Vec<u64>, MessagePack>().unwrap();
    let stamp = Stamp {
        release: 1,
        schema: 1,
        now: 0,
        application: Application::NONE,
    };
    let managed = adoptable
        .adopt::<_, Cbor>(BucketPlan::default(), &state, stamp)
        .unwrap();
    assert!(managed.memory(1).is_ok());
}
