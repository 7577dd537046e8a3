use ic_stable_structures::VectorMemory;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use proptest::prelude::*;

use super::*;
use crate::codec::{Cbor, LengthU32};
use crate::test_memory::{Untouchable, memory_of};

fn look(bytes: &[u8]) -> Opened<Untouchable> {
    open(Untouchable(memory_of(bytes)))
}

#[test]
fn each_layout_is_told_from_the_others() {
    assert!(matches!(look(&[]), Opened::Empty(_)));
    assert!(matches!(look(&[0x8c, 0xb1]), Opened::Legacy(_)));
    assert!(matches!(look(&[0xac]), Opened::Legacy(_)));
    assert!(matches!(look(b"DIDL\x00\x00"), Opened::Legacy(_)));
    assert!(matches!(look(b"SPLC"), Opened::Unrecognized(_)));
    let memory = VectorMemory::default();
    MemoryManager::init_with_bucket_size(memory.clone(), 1)
        .get(MemoryId::new(3))
        .grow(1);
    assert!(matches!(open(Untouchable(memory)), Opened::Managed(_)));
}

#[test]
fn an_unrecognized_memory_shows_its_first_bytes_and_what_was_expected() {
    let Opened::Unrecognized(unrecognized) = look(b"SPLC and so on and on") else {
        panic!("recognized");
    };
    assert_eq!(unrecognized.found.as_bytes(), b"SPLC and so on a");
    let text = Error::from(unrecognized).to_string();
    for part in [
        "offset 0",
        "53 50 4c 43",
        "memory manager",
        "MessagePack",
        "Candid",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn zeros_are_empty_only_where_that_is_asked_for() {
    assert!(matches!(look(&[0; 70_000]), Opened::Unrecognized(_)));
    let options = OpenOptions::any_format().zeroed_is_empty(true);
    let mut bytes = vec![0; 70_000];
    let zeros = Untouchable(memory_of(&bytes));
    assert!(matches!(options.open(zeros), Opened::Empty(_)));
    bytes[69_999] = 1;
    let almost = Untouchable(memory_of(&bytes));
    assert!(matches!(options.open(almost), Opened::Unrecognized(_)));
}

#[test]
fn a_length_that_reads_like_the_managers_magic_is_a_legacy_value() {
    let memory = memory_of(&vec![0; 22_200_000]);
    memory.write(0, &22_169_421u32.to_le_bytes());
    memory.write(4, &[0xac]);
    let options = OpenOptions::new().accept::<(), LengthU32<Cbor>>();
    let Opened::Legacy(_) = options.open(Untouchable(memory.clone())) else {
        panic!("the magic alone was believed");
    };
    // Without that codec it is nothing known, and the report says what is wrong with the manager.
    let Opened::Unrecognized(unrecognized) = open(Untouchable(memory)) else {
        panic!("recognized");
    };
    assert!(
        unrecognized.expected.contains("adds up"),
        "{}",
        unrecognized.expected
    );
}

proptest! {
    #[test]
    fn no_byte_string_makes_open_panic_or_write(
        bytes in prop::collection::vec(any::<u8>(), 0..3_000),
        magic in any::<bool>(),
    ) {
        let mut bytes = bytes;
        if magic {
            bytes.splice(0..0, *b"MGR\x01");
        }
        look(&bytes);
    }

    #[test]
    fn a_manager_with_one_damaged_field_is_not_managed_or_still_adds_up(
        at in 0u64..36_000,
        byte in any::<u8>(),
    ) {
        let memory = VectorMemory::default();
        let manager = MemoryManager::init_with_bucket_size(memory.clone(), 2);
        manager.get(MemoryId::new(0)).grow(3);
        manager.get(MemoryId::new(9)).grow(1);
        memory.write(at, &[byte]);
        if let Opened::Managed(managed) = open(Untouchable(memory)) {
            let _ = managed.content();
        }
    }
}

/// A codec of an adopter's own, with a header of 24 bytes.
struct LongHeader;

impl Codec<Vec<u64>> for LongHeader {
    const FORMAT: Format = Format::Cbor;
    const PROBE_BYTES: usize = 24;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        first.len() == 24 && first.starts_with(b"MYSTATE\x01") && first[23] == 7
    }

    fn decode<R: std::io::Read>(mut reader: R) -> Result<Vec<u64>, String> {
        let mut header = [0; 24];
        reader
            .read_exact(&mut header)
            .map_err(|error| error.to_string())?;
        <Cbor as Codec<Vec<u64>>>::decode(reader)
    }
}

#[test]
fn a_long_header_of_ones_own_is_recognized_by_its_last_byte() {
    let mut bytes = [0; 28];
    bytes[..8].copy_from_slice(b"MYSTATE\x01");
    bytes[23..].copy_from_slice(b"\x07\x83\x01\x02\x03");
    let options = OpenOptions::any_format().accept::<Vec<u64>, LongHeader>();
    let Opened::Legacy(legacy) = options.open(Untouchable(memory_of(&bytes))) else {
        panic!("not recognized");
    };
    assert_eq!(legacy.read::<Vec<u64>, LongHeader>().unwrap().0, [1, 2, 3]);
    bytes[23] = 8;
    let Opened::Unrecognized(unrecognized) = options.open(Untouchable(memory_of(&bytes))) else {
        panic!("recognized");
    };
    assert_eq!(unrecognized.found.as_bytes().len(), 16);
}

/// A codec that asks for a whole page.
struct WholePage;

impl Codec<()> for WholePage {
    const FORMAT: Format = Format::Cbor;
    const PROBE_BYTES: usize = 65_536;

    fn can_start(first: &[u8], memory_bytes: u64) -> bool {
        memory_bytes == 65_536 && first.last() == Some(&9)
    }

    fn decode<R: std::io::Read>(_reader: R) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn a_probe_may_ask_for_a_page() {
    let mut bytes = vec![0; 65_536];
    let options = OpenOptions::new().accept::<(), WholePage>();
    assert!(matches!(
        options.open(Untouchable(memory_of(&bytes))),
        Opened::Unrecognized(_)
    ));
    bytes[65_535] = 9;
    assert!(matches!(
        options.open(Untouchable(memory_of(&bytes))),
        Opened::Legacy(_)
    ));
}
