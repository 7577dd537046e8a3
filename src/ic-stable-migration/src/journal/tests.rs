use proptest::prelude::*;

use super::*;
use crate::mover::Phase;

fn journals() -> impl Strategy<Value = Journal> {
    let slots = any::<(u8, [u64; 4])>().prop_map(|(id, [a, b, c, d])| Slot {
        id,
        content: Digest { sum: a, count: b },
        audit: Digest { sum: c, count: d },
    });
    let keys = || prop::collection::vec(any::<u8>(), 0..40);
    let removed = (any::<u8>(), keys()).prop_map(|(id, key)| Removed { id, key });
    (
        prop::collection::vec(slots, 0..5),
        any::<(bool, u64, u64)>(),
        prop::option::of(keys()),
        prop::collection::vec(removed, 0..5),
    )
        .prop_map(|(slots, (paused, started, steps), hot, removed)| Journal {
            slots,
            registry: Recorded::of(Registry::default()).unwrap(),
            progress: Progress {
                phase: Phase::Auditing,
                paused,
                started,
                steps,
                ..Progress::default()
            },
            hot,
            removed,
        })
}

proptest! {
    #[test]
    fn a_journal_reads_back_as_it_was(journal in journals()) {
        prop_assert_eq!(Journal::from_bytes(&journal.to_bytes().unwrap(), None), Ok(journal));
    }

    #[test]
    fn every_flipped_bit_is_noticed(journal in journals(), bit in any::<prop::sample::Index>()) {
        let mut bytes = journal.to_bytes().unwrap();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(Journal::from_bytes(&bytes, None).is_err());
    }

    #[test]
    fn a_journal_cut_short_is_an_error_or_lacks_whole_records(
        journal in journals(),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = journal.to_bytes().unwrap();
        if let Ok(found) = Journal::from_bytes(&bytes[..cut.index(bytes.len())], None) {
            prop_assert_eq!(found.slots, journal.slots);
            prop_assert!(found.removed.len() <= journal.removed.len());
        }
    }

    #[test]
    fn no_byte_string_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Journal::from_bytes(&bytes, None);
    }
}

#[test]
fn a_journal_of_before_there_was_a_registry_is_read_without_one() {
    let progress = Progress {
        steps: 3,
        ..Progress::default()
    };
    let mut bytes = 0u32.to_le_bytes().to_vec();
    bytes.extend(news(&progress, None).unwrap());
    let journal = Journal::from_bytes(&bytes, None).unwrap();
    assert_eq!(*journal.registry.registry(), Registry::default());
    assert_eq!(journal.progress, progress);
}
