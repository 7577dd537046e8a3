use std::collections::BTreeMap;

use ic_stable_migration::{Application, BucketPlan, Cbor, Stamp};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, StableBTreeMap, StableCell, VectorMemory};

use proptest::prelude::*;

use super::*;
use crate::recognition::Frame;
use crate::report::{Origin, Report, html, text};
use crate::structure::Structure;
use crate::test_images::{TestImage, fixture, one_of_each, with_naive_frame};

fn survey(image: &Rc<Image>) -> Survey {
    Survey::of(image, Depth::Everything, &mut |_| {}).unwrap()
}

fn of_bytes(bytes: &[u8]) -> Survey {
    survey(&TestImage::of(bytes).image)
}

fn of_memory(raw: &VectorMemory) -> Survey {
    survey(&TestImage::of_memory(raw).image)
}

fn legacy(survey: &Survey) -> &LegacySurvey {
    match &survey.layout {
        Layout::Legacy(legacy) => legacy,
        other => panic!("{other:?}"),
    }
}

fn managed(survey: &Survey) -> &ManagedSurvey {
    match &survey.layout {
        Layout::Managed(managed) => managed,
        other => panic!("{other:?}"),
    }
}

/// A memory that the library formatted, with a state in memory 0 and a map of `entries` in memory 1.
fn saved(entries: u64) -> VectorMemory {
    let raw = VectorMemory::default();
    let Opened::Empty(empty) = ic_stable_migration::open(Rc::clone(&raw)) else {
        panic!("not empty");
    };
    let manager = empty.format(BucketPlan::for_ceiling(4 << 30)).unwrap();
    let mut map: StableBTreeMap<u64, u64, _> = StableBTreeMap::init(manager.memory(1).unwrap());
    for key in 0..entries {
        map.insert(key, key);
    }
    let stamp = Stamp {
        release: 2,
        schema: 3,
        now: 5,
        application: Application::NONE,
    };
    manager
        .save::<_, Cbor>(&vec!["state".to_string(); 80], stamp)
        .unwrap();
    raw
}

#[test]
fn a_memory_without_pages_is_empty_and_costs_nothing() {
    let survey = of_bytes(&[]);
    assert_eq!(survey.layout, Layout::Empty);
    assert_eq!((survey.stable_pages, survey.cycles_per_year), (0, 0));
}

#[test]
fn a_legacy_value_is_told_by_its_codec_and_length() {
    let map = |bytes: &[u8]| [bytes, b"\xa1n\x07\xa1m\xc0"].concat();
    let cbor = b"\xa1\x64name\x82\x01\x02".to_vec();
    let candid = candid::encode_args(("state", 7u64)).unwrap();
    let length = |n: usize| (n as u32).to_le_bytes().to_vec();
    let length64 = |n: usize| (n as u64).to_le_bytes().to_vec();
    for (bytes, codec, in_front, entries) in [
        (map(b"\x82"), "messagepack", 0, Some(2)),
        (cbor.clone(), "cbor", 0, Some(1)),
        (candid.clone(), "candid", 0, None),
        ([length(9), cbor.clone()].concat(), "cbor", 4, Some(1)),
        ([length64(9), cbor].concat(), "cbor", 8, Some(1)),
        ([length(candid.len()), candid].concat(), "candid", 4, None),
    ] {
        let survey = of_bytes(&bytes);
        let found = legacy(&survey);
        assert_eq!(found.codec, codec);
        assert_eq!(found.length_in_front, in_front);
        assert_eq!(found.entries, entries);
        assert_eq!(found.value_bytes, bytes.len() as u64);
        assert_eq!(found.trailing_bytes, 65_536 - bytes.len() as u64);
        assert_eq!(found.behind, Behind::Zeros);
        assert!(survey.damages.is_empty());
    }
}

#[test]
fn what_lies_behind_a_legacy_value_is_told_and_not_taken_for_rests() {
    // The canister gave up the text in the middle, so that the end of the older value moved.
    let value = |names: &[&str]| {
        let state = names
            .iter()
            .map(|name| (name.to_string(), "some long text"));
        rmp_serde::to_vec_named(&state.collect::<BTreeMap<_, _>>()).unwrap()
    };
    let (long, short) = (
        value(&["first", "second", "third"]),
        value(&["first", "third"]),
    );
    let behind = |rest: &[u8], at: usize| {
        let mut bytes = short.clone();
        bytes.resize(at, 0);
        bytes.extend(rest);
        legacy(&of_bytes(&bytes)).behind
    };
    let end = short.len();
    let rest = &long[end..];
    assert_eq!(behind(&[], end), Behind::Zeros);
    let (from, to) = (150_000, 150_000 + rest.len() as u64);
    assert_eq!(behind(rest, 150_000), Behind::Apart { from, to });
    let bytes = rest.len() as u64;
    assert_eq!(behind(rest, end), Behind::OlderTail { bytes });
    let bytes = 20;
    assert_eq!(behind(&[0xc1; 20], end), Behind::Unexplained { bytes });
}

#[test]
fn a_legacy_value_cut_short_is_a_damage() {
    let state: BTreeMap<String, u64> = (0..100).map(|i| (format!("name_{i}"), i)).collect();
    let mut bytes = rmp_serde::to_vec_named(&state).unwrap();
    bytes.truncate(bytes.len() / 2);
    bytes.extend([0xc1; 100]);
    let survey = of_bytes(&bytes);
    assert!(matches!(survey.layout, Layout::Damaged { .. }));
    let [damage] = &survey.damages[..] else {
        panic!("{:?}", survey.damages);
    };
    assert!(damage.contains("a record in MessagePack"), "{damage}");
}

#[test]
fn data_of_another_program_is_told_and_is_no_damage() {
    let header = b"\x01\x02\xff\x09".to_vec();
    let mut behind_header = header.clone();
    behind_header.resize(65_536, 0);
    behind_header.extend(&*one_of_each(1, 10).borrow());
    let mut newer = one_of_each(1, 10).borrow().clone();
    newer[3] = 2;
    let bare = VectorMemory::default();
    StableBTreeMap::<u64, u64, _>::init(Rc::clone(&bare)).insert(1, 1);
    for (bytes, kind, what) in [
        (
            behind_header,
            Kind::Manager,
            "a memory manager from page 1 on",
        ),
        (newer, Kind::Manager, "a memory manager of version 2"),
        (
            bare.borrow().clone(),
            Kind::Structure,
            "a StableBTreeMap from offset 0",
        ),
        (b"{\"a\": 1}".to_vec(), Kind::Json, "JSON"),
        (header, Kind::Unknown, "data of an unknown kind"),
    ] {
        let survey = of_bytes(&bytes);
        assert_eq!(survey.damages, [""; 0]);
        let Layout::NotOurs(foreign) = &survey.layout else {
            panic!("{:?}", survey.layout);
        };
        assert_eq!(foreign.kind, kind, "{foreign:?}");
        assert!(foreign.what.starts_with(what), "{foreign:?}");
    }
    let zeros = of_bytes(&[0; 65_536]);
    assert_eq!((zeros.layout, zeros.damages.len()), (Layout::Zeros, 0));
}

#[test]
fn what_a_release_says_to_start_from_it_is_told() {
    let state = BTreeMap::from([
        ("name".to_string(), "x".repeat(100)),
        ("other".into(), "y".into()),
    ]);
    let cbor = {
        let mut bytes = Vec::new();
        ciborium::into_writer(&state, &mut bytes).unwrap();
        bytes
    };
    let length = cbor.len() as u64;
    let behind = |front: &[u8]| [front, &cbor[..]].concat();
    let json = serde_json::to_vec(&state).unwrap();
    let offset_and_length = [16u64.to_be_bytes(), length.to_be_bytes()];
    let mut behind_page = vec![9; 65_536];
    behind_page.extend(&*one_of_each(1, 10).borrow());
    for (bytes, advice) in [
        (
            behind(&(length as u32).to_be_bytes()),
            "`Framed<U32Be, Cbor>`",
        ),
        (behind(&length.to_be_bytes()), "`Framed<U64Be, Cbor>`"),
        (
            behind(offset_and_length.as_flattened()),
            "`Framed<F, Cbor>`, F being a `Front`",
        ),
        (json, "`Json` (feature `json`)"),
        (behind_page, "`RestrictedMemory::new(memory, 1..)`"),
    ] {
        let survey = of_bytes(&bytes);
        let told = survey.advice.unwrap_or_default();
        assert!(told.contains(advice), "{told}, and not {advice}");
    }
    // What is read without a word.
    for bytes in [cbor.clone(), behind(&(length as u32).to_le_bytes())] {
        assert_eq!(of_bytes(&bytes).advice, None);
    }
}

#[test]
fn a_state_in_another_memory_than_0_is_pointed_at() {
    let state = BTreeMap::from([("name".to_string(), "x".repeat(100))]);
    let raw = one_of_each(2, 50);
    let upgrades = MemoryManager::init(Rc::clone(&raw)).get(MemoryId::new(30));
    upgrades.grow(1);
    let value = rmp_serde::to_vec_named(&state).unwrap();
    upgrades.write(0, &(value.len() as u32).to_le_bytes());
    upgrades.write(4, &value);
    let advice = of_memory(&raw).advice.unwrap();
    let expected = "`Plan::memory(30)` and the codec `LengthU32<MessagePack>`";
    assert!(advice.contains(expected), "{advice}");
    // Where memory 0 has a state, nothing need be said.
    with_naive_frame(
        &raw,
        b"\xa1\x64name\x78\x32aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    );
    assert_eq!(of_memory(&raw).advice, None);
}

#[test]
fn a_length_that_reads_as_the_managers_magic_is_a_length() {
    let length = u32::from_le_bytes(*b"MGR\x01") as usize;
    let text = vec!["x".repeat(1 << 20); 21];
    let mut value = Vec::new();
    let rest = length - 21 * ((1 << 20) + 5) - 1 - 5;
    let all = (text, "y".repeat(rest - 1));
    ciborium::into_writer(&all, &mut value).unwrap();
    assert_eq!(value.len(), length);
    let found = of_bytes(&[b"MGR\x01".to_vec(), value].concat());
    assert_eq!(legacy(&found).length_in_front, 4);
}

#[test]
fn what_stands_in_memory_0_and_in_others_is_told_by_its_form() {
    let state = BTreeMap::from([
        ("name".to_string(), "x".repeat(100)),
        ("other".into(), "y".into()),
    ]);
    let mut cbor = Vec::new();
    ciborium::into_writer(&state, &mut cbor).unwrap();
    let length = (cbor.len() as u64).to_le_bytes();
    for (memory0, expected) in [
        (cbor.clone(), (Kind::Cbor, Frame::None)),
        ([&length[..], &cbor].concat(), (Kind::Cbor, Frame::U64Le)),
        (
            rmp_serde::to_vec_named(&state).unwrap(),
            (Kind::MessagePack, Frame::None),
        ),
        (
            candid::encode_one("text").unwrap(),
            (Kind::Candid, Frame::None),
        ),
        (b"{\"json\": true}".to_vec(), (Kind::Json, Frame::None)),
    ] {
        let raw = VectorMemory::default();
        let manager = MemoryManager::init_with_bucket_size(Rc::clone(&raw), 1);
        for id in [0, 3] {
            let memory = manager.get(MemoryId::new(id));
            memory.grow(1);
            memory.write(0, &memory0);
        }
        let survey = of_memory(&raw);
        assert_eq!(survey.damages, [""; 0]);
        for memory in &managed(&survey).memories {
            let Content::Value(value) = &memory.content else {
                panic!("{:?}", memory.content);
            };
            assert_eq!((value.format, value.frame), expected);
            assert_eq!(memory.used_bytes, Some(memory0.len() as u64));
        }
    }
}

#[test]
fn structures_of_later_layouts_and_managers_inside_memories_are_named() {
    for (first, expected) in [
        (b"SCL\x02", "StableCell in layout 2, which is newer"),
        (b"BTR\x03", "StableBTreeMap in layout 3, which is newer"),
        (b"MGR\x01", "a memory manager"),
    ] {
        let raw = VectorMemory::default();
        let memory = MemoryManager::init_with_bucket_size(Rc::clone(&raw), 1).get(MemoryId::new(5));
        memory.grow(1);
        memory.write(0, first);
        let survey = of_memory(&raw);
        assert_eq!(survey.damages, [""; 0]);
        let told = crate::report::content_text(&managed(&survey).memories[0].content);
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn a_cell_whose_magic_reads_as_a_length_is_a_cell() {
    let raw = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(Rc::clone(&raw), 128);
    let memory0 = manager.get(MemoryId::new(0));
    StableCell::init(manager.get(MemoryId::new(0)), vec![0xa1_u8; 205]);
    memory0.grow(352);
    let survey = of_memory(&raw);
    let content = &managed(&survey).memories[0].content;
    let cell = Structure::StableCell { value_bytes: 205 };
    assert_eq!(*content, Content::Structure(cell));
}

#[test]
fn a_state_in_a_cell_is_told_where_it_is_in_memory_0_and_that_it_moves() {
    let state = BTreeMap::from([("name".to_string(), "x".repeat(100))]);
    let mut cbor = Vec::new();
    ciborium::into_writer(&state, &mut cbor).unwrap();
    let message = candid::encode_one("text").unwrap();
    for (value, told) in [
        (cbor, "CBOR of 1 entry in a StableCell, 116 bytes (likely)"),
        (
            rmp_serde::to_vec_named(&state).unwrap(),
            "MessagePack of 1 entry in a StableCell",
        ),
        (message, "Candid in a StableCell"),
        (b"the owner's".to_vec(), "StableCell: 11 bytes"),
    ] {
        let raw = VectorMemory::default();
        let manager = MemoryManager::init_with_bucket_size(Rc::clone(&raw), 128);
        for id in [0, 3] {
            StableCell::init(manager.get(MemoryId::new(id)), value.clone());
        }
        let survey = of_memory(&raw);
        assert_eq!(survey.damages, [""; 0]);
        let [memory0, other] = &managed(&survey).memories[..] else {
            panic!("{survey:?}");
        };
        let text = crate::report::content_text(&memory0.content);
        assert!(text.starts_with(told), "{text}");
        assert_eq!(memory0.used_bytes, Some(8 + value.len() as u64));
        assert!(matches!(other.content, Content::Structure(_)));
        let is_state = !told.starts_with("StableCell");
        assert_eq!(survey.forecast.is_some(), is_state, "{text}");
    }
}

#[test]
fn the_fixtures_are_told_apart() {
    let open = |name| fixture(name).map(|path| survey(&Rc::new(Image::open(&path).unwrap())));
    if let Some(small) = open("legacy-small.bin.gz") {
        let found = legacy(&small);
        assert_eq!((found.codec, found.entries), ("messagepack", Some(12)));
        assert_eq!(small.stable_pages, 2);
        assert!((100_000..131_072).contains(&found.value_bytes));
    }
    if let Some(medium) = open("legacy-medium.bin.gz") {
        let found = legacy(&medium);
        assert_eq!((found.codec, found.entries), ("messagepack", Some(12)));
        assert_eq!(medium.stable_pages, 29);
    }
    if let Some(naive) = open("naive-small.bin.gz") {
        let found = managed(&naive);
        assert_eq!((found.bucket_pages, found.buckets), (128, 1));
        assert!(found.right_size.stable_pages <= 5);
        let [memory0] = &found.memories[..] else {
            panic!("{:?}", found.memories);
        };
        assert!(matches!(memory0.content, Content::NaiveFrame { .. }));
        assert!(naive.damages.is_empty());
    }
}

#[test]
fn a_manager_is_told_memory_by_memory() {
    let raw = one_of_each(4, 200);
    with_naive_frame(&raw, b"\xa1\x61a\x01");
    let survey = of_memory(&raw);
    let found = managed(&survey);
    assert!(survey.damages.is_empty(), "{:?}", survey.damages);
    assert_eq!(found.memories.len(), 9);
    assert_eq!(found.buckets, 9);
    assert_eq!(found.runs.iter().map(|(_, n)| n).sum::<u64>(), 9);
    assert_eq!(
        found.memories[0].content,
        Content::NaiveFrame { payload_bytes: 4 }
    );
    assert_eq!(found.memories[0].used_bytes, Some(8));
    assert_eq!(found.memories[4].slack_bytes, 3 * 65_536);
    assert_eq!(
        found.memories[6].content,
        Content::Structure(Structure::StableLogData {
            index_memory: Some(5)
        })
    );
    assert_eq!(found.memories[6].used_bytes, Some(32 + 600));
    let pages: u64 = found.memories.iter().map(|memory| memory.pages).sum();
    assert_eq!(found.slack_bytes, (9 * 4 - pages) * 65_536);
    assert_eq!(found.right_size.bucket_pages, 2);
    assert!(found.right_size.stable_pages < survey.stable_pages);
}

#[test]
fn the_state_in_memory_0_is_verified() {
    let raw = saved(10);
    let survey_before = of_memory(&raw);
    let Content::SavedState(state) = &managed(&survey_before).memories[0].content else {
        panic!("no state");
    };
    assert_eq!((state.release, state.schema, state.saved_at), (2, 3, 5));
    assert_eq!(state.payload_verified, Some(true));
    assert_eq!(
        managed(&survey_before).memories[0].used_bytes,
        Some(128 + state.payload_bytes)
    );

    // The map took bucket 0, memory 0 bucket 1: damage the payload's last byte.
    let at = 65_536 + 2 * 65_536 + 128 + state.payload_bytes as usize - 1;
    raw.borrow_mut()[at] ^= 1;
    let after = of_memory(&raw);
    assert!(
        after.damages[0].starts_with("memory 0: E207: the payload"),
        "{:?}",
        after.damages
    );
    let Content::SavedState(state) = &managed(&after).memories[0].content else {
        panic!("no state");
    };
    assert_eq!(state.payload_verified, Some(false));
}

#[test]
fn dead_pages_behind_the_last_bucket_are_counted() {
    let raw = saved(10);
    raw.borrow_mut().extend([7; 3 * 65_536]);
    assert_eq!(managed(&of_memory(&raw)).dead_bytes, 3 * 65_536);
}

#[test]
fn damage_in_one_memory_hides_nothing_of_the_others() {
    let raw = one_of_each(1, 50);
    raw.borrow_mut()[65_536 + 52] = b'X';
    let survey = of_memory(&raw);
    assert_eq!(survey.damages.len(), 1);
    assert!(survey.damages[0].starts_with("memory 1: its StableBTreeMap has no allocator"));
    let found = managed(&survey);
    assert!(matches!(found.memories[0].content, Content::Unknown { .. }));
    assert!(matches!(
        found.memories[1].content,
        Content::Structure(Structure::StableBTreeMap(_))
    ));
}

#[test]
fn a_table_that_does_not_add_up_is_a_damage() {
    let raw = one_of_each(1, 10);
    raw.borrow_mut()[4] = 200;
    let survey = of_memory(&raw);
    assert!(matches!(survey.layout, Layout::Damaged { .. }));
    assert!(
        survey.damages[0].contains("200 buckets of 1 pages"),
        "{:?}",
        survey.damages
    );
}

#[test]
fn a_survey_is_plain_json() {
    let raw = saved(100);
    let json = serde_json::to_value(of_memory(&raw)).unwrap();
    assert_eq!(json["layout"]["layout"], "managed");
    assert_eq!(
        json["layout"]["memories"][0]["content"]["kind"],
        "saved_state"
    );
    let map = &json["layout"]["memories"][1]["content"];
    assert_eq!(
        (&map["kind"], &map["entries"]),
        (&"stable_btree_map".into(), &100.into())
    );
}

/// A whole memory of a kind, to be changed.
fn whole(kind: usize) -> Vec<u8> {
    let raw = match kind {
        0 => saved(40),
        _ => one_of_each(1, 40),
    };
    if kind == 2 {
        with_naive_frame(&raw, b"\xa2\x61a\x01\x61b\x82\x01\x02");
    }
    raw.take()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever is changed in a memory, in the manager's page or behind it, it is surveyed and told.
    #[test]
    fn no_change_of_a_memory_makes_a_panic(
        kind in 0..3usize,
        changes in prop::collection::vec((any::<u32>(), any::<u64>(), 1..=8usize), 1..12),
        near in prop::sample::select(vec![8usize, 2_200, 65_536 + 400, usize::MAX]),
        pages in prop::option::of(0..4usize),
    ) {
        let mut bytes = whole(kind);
        let end = bytes.len().min(near) - 8;
        for (at, value, length) in changes {
            let at = at as usize % end.max(1);
            bytes[at..at + length].copy_from_slice(&value.to_le_bytes()[..length]);
        }
        if let Some(pages) = pages {
            bytes.truncate(pages * 65_536);
        }
        let image = TestImage::of(&bytes).image;
        for depth in [Depth::Headers, Depth::Everything] {
            let survey = Survey::of(&image, depth, &mut |_| {}).unwrap();
            let report = Report { path: "memory".into(), snapshot: None, survey };
            prop_assert!(text(&report).contains("layout"));
            prop_assert!(html(&report, &Origin::default()).contains("</html>"));
        }
    }
}
