use proptest::prelude::*;

use super::*;

fn headers() -> impl Strategy<Value = Header> {
    (
        any::<[u64; 6]>(),
        prop::option::of(0..u64::MAX),
        any::<[u32; 4]>(),
        prop_oneof![Just(Format::Cbor), Just(Format::MessagePack)],
        prop_oneof![
            Just(Application::NONE),
            "[a-zü-]{1,16}".prop_map(|name| Application::named(&name)),
        ],
    )
        .prop_map(|(long, move_budget, short, format, application)| Header {
            format,
            schema: short[0],
            payload_bytes: long[0],
            payload_checksum: long[1],
            release: short[1],
            upgrades: short[2],
            saved_at: long[2],
            generation: long[3],
            journal_bytes: short[3],
            save_instructions: long[4],
            ceiling: long[5],
            move_budget,
            application,
        })
}

proptest! {
    #[test]
    fn a_header_reads_back_as_it_was(header in headers()) {
        prop_assert_eq!(Header::from_bytes(&header.to_bytes()), Ok(Some(header)));
    }

    #[test]
    fn every_flipped_bit_is_noticed(header in headers(), bit in 0usize..1024) {
        let mut bytes = header.to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let found = Header::from_bytes(&bytes);
        // A flip in the magic makes it no header at all.
        prop_assert!(matches!(found, Ok(None)) == (bit < 64), "{:?}", found);
        prop_assert!(!matches!(found, Ok(Some(_))));
    }
}

/// The format cannot drift: these are the bytes of version 1.
#[test]
fn the_golden_header_of_version_1_stays_as_it_is() {
    let header = Header {
        format: Format::Cbor,
        schema: 3,
        payload_bytes: 123_187,
        payload_checksum: 0x0123_4567_89ab_cdef,
        release: 2,
        upgrades: 7,
        saved_at: 1_700_000_000_000_000_000,
        generation: 1,
        journal_bytes: 96,
        save_instructions: 8_647_389,
        ceiling: 4 << 30,
        move_budget: None,
        application: Application::NONE,
    };
    let golden = include_bytes!("golden/header-1.bin");
    assert_eq!(&header.to_bytes(), golden);
    assert_eq!(Header::from_bytes(golden), Ok(Some(header)));
}

/// Where a name is said it is the only difference.
#[test]
fn the_golden_header_with_a_name_stays_as_it_is() {
    let unnamed = include_bytes!("golden/header-1.bin");
    let golden = include_bytes!("golden/header-1-named.bin");
    let mut header = Header::from_bytes(unnamed).unwrap().unwrap();
    header.application = Application::named("individual-user/ü");
    assert_eq!(&header.to_bytes(), golden);
    assert_eq!(Header::from_bytes(golden), Ok(Some(header)));
    let same = |range: std::ops::Range<usize>| golden[range.clone()] == unnamed[range];
    assert!(same(0..APPLICATION_AT) && !same(CHECKSUM_AT..128));
}

#[test]
fn a_name_that_no_header_can_have_is_told() {
    let golden = include_bytes!("golden/header-1.bin");
    for name in [
        &b"\xff"[..],
        b"a\0b",
        b"\0b",
        b"a\nb",
        &[b'a'; 31],
        &[b'a'; 32],
    ] {
        let mut bytes = *golden;
        bytes[APPLICATION_AT..APPLICATION_AT + name.len()].copy_from_slice(name);
        let sum = checksum(&bytes[..CHECKSUM_AT]);
        bytes[CHECKSUM_AT..].copy_from_slice(&sum.to_le_bytes());
        let found = Header::from_bytes(&bytes);
        match name.len() > 30 {
            true => assert!(matches!(found, Ok(Some(_)))),
            false => assert!(found.unwrap_err().to_string().contains("application")),
        }
    }
}

#[test]
fn a_later_version_or_an_unknown_codec_is_named() {
    let header = Header::from_bytes(include_bytes!("golden/header-1.bin"))
        .unwrap()
        .unwrap();
    for (at, value, field) in [(8, 2, "version"), (10, 9, "codec"), (10, 3, "codec")] {
        let mut bytes = header.to_bytes();
        bytes[at] = value;
        let sum = checksum(&bytes[..CHECKSUM_AT]);
        bytes[CHECKSUM_AT..].copy_from_slice(&sum.to_le_bytes());
        let error = Header::from_bytes(&bytes).unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    }
}
