use proptest::prelude::*;
use serde::Serialize;

use super::*;
use crate::test_images::{TestImage, fixture};

mod encodings;

use encodings::{Records, bincode, borsh, cbor, messagepack, postcard};

fn recognized(bytes: &[u8]) -> Recognized {
    recognize(&*TestImage::of(bytes).image, Place::StableMemory).unwrap()
}

fn found(bytes: &[u8]) -> Found {
    match recognized(bytes) {
        Recognized::Found(found) => found,
        other => panic!("{other:?}"),
    }
}

/// Whether a memory would be taken for a value of this library's codecs.
fn is_taken_for_ours(bytes: &[u8]) -> bool {
    let Recognized::Found(found) = recognized(bytes) else {
        return false;
    };
    matches!(found.kind, Kind::Cbor | Kind::MessagePack | Kind::Candid) && found.is_a_find()
}

#[derive(Serialize)]
struct State {
    users: std::collections::BTreeMap<u64, String>,
    next: u64,
    admins: Vec<Vec<u8>>,
}

fn state(users: u64) -> State {
    State {
        users: (0..users)
            .map(|id| (id, format!("user number {id}")))
            .collect(),
        next: users,
        admins: vec![vec![1, 2, 3]],
    }
}

#[test]
fn states_of_this_librarys_codecs_are_certain_in_every_frame() {
    for (kind, value) in [
        (Kind::Cbor, cbor(&state(20))),
        (Kind::MessagePack, messagepack(&state(20))),
        (Kind::Candid, ::candid::encode_one(7u64).unwrap()),
    ] {
        let length = value.len() as u64;
        for (frame, front) in [
            (Frame::None, vec![]),
            (Frame::U32Le, (length as u32).to_le_bytes().to_vec()),
            (Frame::U64Le, length.to_le_bytes().to_vec()),
            (Frame::U32Be, (length as u32).to_be_bytes().to_vec()),
            (Frame::U64Be, length.to_be_bytes().to_vec()),
            (
                Frame::StableCell,
                [*b"SCL\x01", (length as u32).to_le_bytes()].concat(),
            ),
            (
                Frame::OffsetLengthBe,
                [16u64.to_be_bytes(), length.to_be_bytes()].concat(),
            ),
            (
                Frame::OffsetLengthLe,
                [16u64.to_le_bytes(), length.to_le_bytes()].concat(),
            ),
        ] {
            let bytes = [front, value.clone()].concat();
            let found = found(&bytes);
            assert_eq!(
                (found.kind, found.frame, found.certainty),
                (kind, frame, Certainty::Certain)
            );
            assert_eq!(found.bytes, bytes.len() as u64);
        }
    }
}

#[test]
fn a_key_that_stands_twice_is_a_reason_and_not_another_program() {
    let twice = found(b"\x83\xa4name\xa3ann\xa4name\xa3bob\xa5score\x07");
    assert_eq!((twice.kind, twice.is_a_find()), (Kind::MessagePack, true));
    let told = twice.reasons.join("; ");
    assert!(told.contains("one key twice"), "{told}");
}

#[test]
fn small_and_nameless_states_are_likely_at_most() {
    for (value, certainty) in [
        (cbor(&(0u64..100).collect::<Vec<_>>()), Certainty::Likely),
        (messagepack(&vec!["one", "two"]), Certainty::Likely),
        (cbor(&[(7u64, "seven")]), Certainty::Likely),
        (messagepack(&vec![1u8, 2]), Certainty::Possible),
        (vec![0x80], Certainty::Possible),
        (vec![0xa0], Certainty::Possible),
    ] {
        assert_eq!(found(&value).certainty, certainty, "{value:02x?}");
    }
}

#[test]
fn what_starts_like_a_value_and_ends_at_once_is_no_find() {
    // A page in use to its end, which starts with a list or map of 0 to 16 entries.
    for first in (0x80..=0xbf).chain(0xdc..=0xdf) {
        let mut page: Vec<u8> = (0..65_536u32).map(|i| (i * 7 % 251) as u8).collect();
        page[0] = first;
        assert!(!is_taken_for_ours(&page), "{first:02x}");
        let mut numbers = vec![first, 0, 0, 0, 0, 0, 0, 0];
        numbers.extend((0..first as u64 * 2).flat_map(|i| (i * i).to_le_bytes()));
        assert!(!is_taken_for_ours(&numbers), "{first:02x}");
    }
}

#[test]
fn encodings_without_names_are_told_by_their_lengths() {
    for entries in [
        3, 20, 63, 64, 126, 127, 128, 129, 144, 160, 161, 200, 255, 256, 300, 2_000,
    ] {
        let records = Records::of(entries);
        for (kind, encoded) in [
            (Kind::Bincode, bincode(&records)),
            (Kind::Borsh, borsh(&records)),
            (Kind::Postcard, postcard(&records)),
        ] {
            for (shape, bytes) in encoded {
                assert!(!is_taken_for_ours(&bytes), "{shape} of {entries}");
                let found = found(&bytes);
                if entries >= 20 {
                    assert_eq!(found.kind, kind, "{shape} of {entries}: {found:?}");
                }
                if entries >= 60 {
                    assert!(found.is_a_find(), "{shape} of {entries}: {found:?}");
                }
            }
        }
    }
}

#[test]
fn text_and_json_are_told_with_and_without_a_length() {
    let json = br#"{"users": {"1": "ann"}, "next": 2}"#.to_vec();
    let text = b"name,score\nann,7\nbob,9\n".to_vec();
    for (kind, value) in [(Kind::Json, json), (Kind::Text, text)] {
        let length = value.len() as u64;
        assert_eq!(found(&value).kind, kind);
        for front in [
            (length as u32).to_le_bytes().to_vec(),
            length.to_be_bytes().to_vec(),
        ] {
            let found = found(&[front, value.clone()].concat());
            assert_eq!(found.kind, kind);
            assert_ne!(found.frame, Frame::None);
        }
    }
    let deep = [b"[".repeat(200_000), b"]".repeat(200_000)].concat();
    assert_eq!(found(&deep).kind, Kind::Json);
    assert_eq!(found(b"{\"users\": [1, 2, \xff").kind, Kind::Json);
}

#[test]
fn files_and_packed_data_are_told_by_their_magic() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &[7; 10_000]).unwrap();
    let packed = packed.finish().unwrap();
    let framed = [(packed.len() as u32).to_le_bytes().to_vec(), packed.clone()].concat();
    for (kind, bytes) in [
        (Kind::Gzip, framed),
        (Kind::Sqlite, b"SQLite format 3\0\x10\0\x01\x01".to_vec()),
        (Kind::Zstd, b"\x28\xb5\x2f\xfd\x24\x05)\0\0hello".to_vec()),
        (Kind::Picture, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        (Kind::Program, b"\0asm\x01\0\0\0\x01\x04".to_vec()),
    ] {
        let found = found(&bytes);
        assert_eq!((found.kind, found.certainty), (kind, Certainty::Certain));
    }
}

#[test]
fn protobuf_is_told_by_fields_that_end_with_the_data() {
    let message = b"\x0a\x06user-1\x10\x96\x01".repeat(30);
    let framed = [
        (message.len() as u32).to_le_bytes().to_vec(),
        message.clone(),
    ]
    .concat();
    for bytes in [message, framed] {
        let found = found(&bytes);
        assert_eq!((found.kind, found.is_a_find()), (Kind::Protobuf, true));
    }
}

#[test]
fn a_value_behind_a_version_is_found_and_is_not_adoptable() {
    for front in [&b"\x01"[..], b"V2\0\0"] {
        for (kind, value) in [
            (Kind::Cbor, cbor(&state(20))),
            (Kind::Json, b"{\"users\": [1, 2, 3]}".to_vec()),
        ] {
            let found = found(&[front, &value].concat());
            assert_eq!((found.kind, found.certainty), (kind, Certainty::Certain));
            assert_eq!(found.frame, Frame::Header(front.len() as u8));
            assert_eq!(found.frame.length_in_front(), None);
        }
    }
}

#[test]
fn motokos_layouts_are_told() {
    let record = b"DIDL\x01\x6c\x01\xba\x89\xe5\xc2\x04\x7d\x01\x00\x05";
    let length = (record.len() as u32).to_le_bytes();
    let alone = [&length[..], record].concat();
    assert_eq!(found(&alone).kind, Kind::Motoko);

    // One page of stable memory, the variables behind it, and the version at the end.
    let mut memory = vec![7; 3 * 65_536];
    memory[..4].fill(0);
    memory[65_536..].fill(0);
    memory[65_536..][..4].copy_from_slice(&length);
    memory[65_540..][..record.len()].copy_from_slice(record);
    let end = memory.len();
    memory[end - 12..][..4].copy_from_slice(&1u32.to_le_bytes());
    memory[end - 4..].copy_from_slice(&1u32.to_le_bytes());
    let found = found(&memory);
    assert_eq!(
        (found.kind, found.certainty),
        (Kind::Motoko, Certainty::Certain)
    );
}

#[test]
fn bytes_without_a_pattern_are_random_and_zeros_are_nothing() {
    let mut state = 1u64;
    let random: Vec<u8> = (0..20_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as u8
        })
        .collect();
    assert_eq!(found(&random).kind, Kind::Random);
    assert_eq!(recognized(&[0; 70_000]), Recognized::Zeros);
}

#[test]
fn a_record_that_breaks_off_is_damaged() {
    let posts: std::collections::BTreeMap<String, u64> =
        (0..200).map(|id| (format!("post_{id}"), id)).collect();
    for value in [cbor(&posts), messagepack(&posts)] {
        // Bytes that no value has, and zeros from the middle on.
        for rest in [&b"\xc1\xff"[..], b"\0"] {
            let middle = value.len() / 2;
            let mut broken = value[..middle].to_vec();
            broken.extend(rest.repeat(100));
            let found = recognized(&broken);
            assert!(matches!(found, Recognized::Broken(_)), "{found:?}");
        }
    }
}

#[test]
fn the_deployed_canisters_memories_are_certain() {
    for name in ["legacy-small.bin.gz", "legacy-medium.bin.gz"] {
        let Some(path) = fixture(name) else { return };
        let image = crate::image::Image::open(&path).unwrap();
        let Recognized::Found(found) = recognize(&image, Place::StableMemory).unwrap() else {
            panic!("{name}");
        };
        assert_eq!(
            (found.kind, found.certainty, found.entries),
            (Kind::MessagePack, Certainty::Certain, Some(12))
        );
    }
}

#[test]
fn hostile_candid_ends_in_a_sentence() {
    for bytes in [
        // vec null, 2^60 times
        b"DIDL\x01\x6d\x7f\x01\x00\x80\x80\x80\x80\x80\x80\x80\x80\x10".to_vec(),
        // vec of that vec
        b"DIDL\x02\x6d\x01\x6d\x7f\x01\x00\xff\xff\xff\xff\x0f\xff\xff\xff\xff\x0f".to_vec(),
        // a record that contains itself
        b"DIDL\x01\x6c\x01\x00\x00\x01\x00".to_vec(),
        // as many types as a number can say
        b"DIDL\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01".to_vec(),
    ] {
        let recognized = recognized(&bytes);
        let ends =
            matches!(&recognized, Recognized::Broken(sentence) if sentence.contains("Candid"));
        assert!(ends || is_taken_for_ours(&bytes), "{recognized:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever stands in a memory, it is told, and bytes by chance are not taken for a state.
    #[test]
    fn any_bytes_are_told(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let mut page = bytes;
        page.resize(65_536, 0);
        let _ = recognized(&page);
    }

    #[test]
    fn bytes_by_chance_are_not_taken_for_a_state(bytes in prop::collection::vec(any::<u8>(), 64..3_000)) {
        prop_assert!(!is_taken_for_ours(&bytes), "{:?}", found(&bytes));
    }

    /// What the codecs write is read to its end, whatever it is.
    #[test]
    fn what_the_codecs_write_is_read_to_its_end(
        value in prop::collection::vec(
            (any::<i64>(), ".{0,40}", any::<Option<f64>>(), prop::collection::vec(any::<u8>(), 0..40)),
            0..30,
        ),
    ) {
        for (kind, bytes) in [(Kind::Cbor, cbor(&value)), (Kind::MessagePack, messagepack(&value))] {
            let image = TestImage::of(&bytes).image;
            let source = Source::of(&*image).unwrap();
            let next = tree::tokens_of(kind).unwrap();
            let tree::Read::Whole(tree) = tree::read(source.whole(), next) else {
                panic!("{kind} is not read");
            };
            prop_assert_eq!(tree.bytes, bytes.len() as u64);
            prop_assert_eq!(tree.entries, Some(value.len() as u64));
        }
    }

    /// A state of which bytes were changed never makes a panic.
    #[test]
    fn no_change_of_a_state_makes_a_panic(
        changes in prop::collection::vec((0..2_000usize, any::<u8>()), 1..20),
        messages in any::<bool>(),
    ) {
        let mut bytes = if messages { messagepack(&state(50)) } else { cbor(&state(50)) };
        for (at, to) in changes {
            let at = at % bytes.len();
            bytes[at] = to;
        }
        let _ = recognized(&bytes);
    }
}
