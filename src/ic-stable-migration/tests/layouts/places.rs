//! A state that does not begin where stable memory does.

use ic_stable_migration::{Cbor, LengthU32, MessagePack, Origin};
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
