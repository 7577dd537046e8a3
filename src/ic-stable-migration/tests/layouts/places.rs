//! A state that does not begin where stable memory does.

use ic_stable_migration::{Cbor, Framed, Json, LengthU32, MessagePack, Origin, Skip, U32Be, U64Be};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, RestrictedMemory, StableBTreeMap, VectorMemory};

use crate::canister::{Value, cbor, goes_to_done, messagepack, sample};

/// A canister's own page in front of everything else.
const HEADER: [u8; 9] = *b"my header";

/// All but the header page.
type Rest = RestrictedMemory<VectorMemory>;

fn behind_a_header_page() -> (VectorMemory, Rest) {
    let memory = VectorMemory::default();
    memory.grow(1);
    memory.write(0, &HEADER);
    let rest = RestrictedMemory::new(memory.clone(), 1..u64::MAX / 65_536);
    (memory, rest)
}

fn header_is_as_it_was(memory: &VectorMemory) {
    let mut header = HEADER.map(|_| 0);
    memory.read(0, &mut header);
    assert_eq!(header, HEADER);
}

#[test]
fn a_value_behind_a_header_page_that_stays() {
    let memories = std::cell::RefCell::new(Vec::new());
    let origin = goes_to_done::<Value, LengthU32<MessagePack>, _>(|| {
        let (memory, rest) = behind_a_header_page();
        let value = messagepack(&sample());
        rest.grow(value.len() as u64 / 65_536 + 1);
        rest.write(0, &(value.len() as u32).to_le_bytes());
        rest.write(4, &value);
        memories.borrow_mut().push(memory);
        rest
    });
    assert!(matches!(origin, Origin::Legacy { .. }));
    memories.borrow().iter().for_each(header_is_as_it_was);
}

#[test]
fn a_manager_behind_a_header_page_that_stays() {
    let memories = std::cell::RefCell::new(Vec::new());
    let origin = goes_to_done::<Value, Cbor, _>(|| {
        let (memory, rest) = behind_a_header_page();
        let manager = MemoryManager::init_with_bucket_size(rest.clone(), 16);
        let mut map = StableBTreeMap::init(manager.get(MemoryId::new(7)));
        map.insert(1u64, 2u64);
        let value = cbor(&sample());
        let upgrades = manager.get(MemoryId::new(0));
        upgrades.grow(value.len() as u64 / 65_536 + 1);
        upgrades.write(0, &value);
        memories.borrow_mut().push(memory);
        rest
    });
    assert!(matches!(origin, Origin::Value { .. }));
    for memory in memories.borrow().iter() {
        header_is_as_it_was(memory);
        let rest = RestrictedMemory::new(memory.clone(), 1..u64::MAX / 65_536);
        let manager = MemoryManager::init(rest);
        let map: StableBTreeMap<u64, u64, _> = StableBTreeMap::init(manager.get(MemoryId::new(7)));
        assert_eq!(map.get(&1), Some(2));
    }
}

/// A value in memory 0 of a manager with a map.
fn beside_a_map(value: &[u8]) -> VectorMemory {
    let memory = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(memory.clone(), 16);
    StableBTreeMap::init(manager.get(MemoryId::new(7))).insert(1u64, 2u64);
    let upgrades = manager.get(MemoryId::new(0));
    upgrades.grow(value.len() as u64 / 65_536 + 1);
    upgrades.write(0, value);
    memory
}

#[test]
fn a_value_in_a_manager_that_the_plans_codec_alone_reads() {
    let value = cbor(&sample());
    let behind = |front: &[u8]| beside_a_map(&[front, &value].concat());
    let length = value.len();
    let origins = [
        goes_to_done::<Value, Framed<U32Be, Cbor>, _>(|| behind(&(length as u32).to_be_bytes())),
        goes_to_done::<Value, Framed<U64Be, Cbor>, _>(|| behind(&(length as u64).to_be_bytes())),
        goes_to_done::<Value, Framed<Skip<8>, Cbor>, _>(|| behind(b"anything")),
        goes_to_done::<Value, Json, _>(|| beside_a_map(&serde_json::to_vec(&sample()).unwrap())),
    ];
    for origin in origins {
        assert!(matches!(origin, Origin::Value { .. }), "{origin:?}");
    }
}
