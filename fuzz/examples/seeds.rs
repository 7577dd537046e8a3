//! Writes `fuzz/seeds`: what the targets start from.

use std::fs;
use std::io::Write;
use std::path::Path;

use arbitrary::{Arbitrary, Unstructured};
use flate2::Compression;
use flate2::write::GzEncoder;
use fuzz::canister::{MEMORIES, before, without_journal};
use fuzz::image::{HEADER_BYTES, Image, MEMORY_0};
use fuzz::values::{Plain, Rich};
use ic_stable_migration::{Cbor, StreamCodec};
use serde::Serialize;

/// Where an image's changes can be made: a byte each.
const PLACES: u8 = 8;

fn main() {
    images();
    codecs();
    headers_and_journals();
    trees();
    seed("snapshot", "metadata", METADATA.trim().as_bytes());
}

/// Each memory as it is, and with a byte changed in each place.
fn images() {
    for which in 0..MEMORIES.len() as u8 {
        let mut changed = vec![which, 7];
        changed.extend((0..PLACES).flat_map(|place| [place, 0, 0, 0]));
        for target in ["open", "manager_table", "survey"] {
            seed(target, &format!("memory-{which}"), &[which, 0]);
            seed(target, &format!("changed-{which}"), &changed);
        }
        seed("resume", &format!("memory-{which}"), &[0, which, 0]);
        let changed = [&[6], &changed[..]].concat();
        seed("resume", &format!("changed-{which}"), &changed);
    }
}

/// A value of each type in each of its codecs.
fn codecs() {
    let random: Vec<u8> = (0..2_000u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let mut random = Unstructured::new(&random);
    let rich = Rich::arbitrary(&mut random).unwrap();
    let plain = Plain::arbitrary(&mut random).unwrap();
    let list = vec![Some(1u64), None];
    let framed = |value: Vec<u8>| [&(value.len() as u32).to_le_bytes()[..], &value].concat();
    let values = [
        cbor(&rich),
        cbor(&before()),
        rmp_serde::to_vec_named(&plain).unwrap(),
        rmp_serde::to_vec_named(&before()).unwrap(),
        candid::encode_one(&plain).unwrap(),
        candid::encode_args((&plain, &list)).unwrap(),
        framed(cbor(&plain)),
        framed(rmp_serde::to_vec(&list).unwrap()),
        {
            let value = cbor(&plain);
            [&[9; 5], &(value.len() as u64).to_be_bytes()[..], &value].concat()
        },
        [
            rmp_serde::to_vec_named(&plain).unwrap(),
            cbor(&vec![1u64, 2]),
        ]
        .concat(),
        gzip(&cbor(&plain)),
        serde_json::to_vec(&plain).unwrap(),
    ];
    for (codec, value) in values.into_iter().enumerate() {
        let input = [&[codec as u8], &value[..]].concat();
        seed("decode", &format!("value-{codec}"), &input);
    }
    for variant in 0..3u8 {
        let random: Vec<u8> = (0..600u32)
            .map(|at| (at.wrapping_mul(2_246_822_519 + u32::from(variant)) >> 11) as u8)
            .collect();
        seed("round_trip", &format!("value-{variant}"), &random);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn cbor<T: Serialize>(value: &T) -> Vec<u8>
where
    Cbor: StreamCodec<T>,
{
    let mut bytes = Vec::new();
    <Cbor as StreamCodec<T>>::encode(value, &mut bytes).unwrap();
    bytes
}

/// Those of each memory that has them.
fn headers_and_journals() {
    let (bytes, _) = without_journal();
    seed("header", "empty", &bytes[MEMORY_0..][..HEADER_BYTES]);
    for which in 0..MEMORIES.len() as u8 {
        let image = Image::of(&[which, 0]).unwrap();
        let Some((at, len)) = image.journal().filter(|(_, len)| *len > 0) else {
            continue;
        };
        let header = &image.bytes[MEMORY_0..][..HEADER_BYTES];
        if header.starts_with(b"IC-STMIG") {
            seed("header", &format!("memory-{which}"), header);
            let journal = [&[0], &image.bytes[at..][..len]].concat();
            seed("journal", &format!("memory-{which}"), &journal);
        }
    }
}

/// Trees of one and of three runs, as they are told by an input: damaged, and changed.
fn trees() {
    // What decides which case of three an enum is: a third of the numbers for each.
    let case = |nth: u32| (nth * (u32::MAX / 3) + 9).to_le_bytes();
    let entries = |count: u16, key_bytes: u8, value_bytes: u16| {
        let mut run = vec![1];
        run.extend(count.to_le_bytes());
        run.push(key_bytes);
        run.extend(value_bytes.to_le_bytes());
        run
    };
    let short = [&128u16.to_le_bytes()[..], &entries(300, 8, 40), &[0]].concat();
    let long = [
        &500u16.to_le_bytes()[..],
        &entries(150, 3, 1_200),
        &entries(7, 0, 0),
        &entries(40, 200, 9),
        &[0],
    ]
    .concat();
    let random: Vec<u8> = (0..400u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 15) as u8 | 1)
        .collect();
    for (name, tree) in [("short", short), ("long", long)] {
        let changed = [&case(2), &tree[..], &random].concat();
        seed("tree", &format!("changed-{name}"), &changed);
        for at in [20u16, 68, 107, 131, 400] {
            let damaged = [&case(1), &tree[..], &[1], &at.to_le_bytes(), &[1, 0, 0]].concat();
            seed("tree", &format!("damaged-{name}-{at}"), &damaged);
        }
    }
}

fn seed(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

/// As `icp canister snapshot download` writes it, of a canister with the sizes that the target expects.
const METADATA: &str = r#"
{
  "source": { "taken_from_canister": null },
  "taken_at_timestamp": 1700000000000000000,
  "wasm_module_size": 8,
  "globals": [{ "i32": 1048576 }, { "i64": 7 }, { "f64": 0.5 }],
  "wasm_memory_size": 65536,
  "stable_memory_size": 131072,
  "wasm_chunk_store": [],
  "canister_version": 4,
  "certified_data": [1, 2, 3],
  "global_timer": { "active": 1700000001000000000 },
  "on_low_wasm_memory_hook_status": "condition_not_satisfied"
}
"#;
