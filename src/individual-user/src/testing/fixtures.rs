//! The memories of deployed canisters, where they are there.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;

use crate::state::legacy::CanisterData;

/// Where the MemoryManager of `naive-small` has its first bucket, and with it memory 0.
const FIRST_BUCKET: usize = 65536;

fn path(name: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    PathBuf::from(root).join(name)
}

/// The stable memory `name`, or nothing and a sentence about it.
pub fn memory(name: &str) -> Option<Vec<u8>> {
    let path = path(&format!("{name}.bin.gz"));
    let Ok(packed) = fs::read(&path) else {
        println!("skipped: there is no {}", path.display());
        return None;
    };
    let mut memory = Vec::new();
    let mut unpack = GzDecoder::new(packed.as_slice());
    unpack.read_to_end(&mut memory).expect("a gzip file");
    Some(memory)
}

/// The MessagePack value at offset 0 of the stable memory `name`.
pub fn legacy(name: &str) -> Option<CanisterData> {
    let memory = memory(name)?;
    Some(rmp_serde::from_slice(&memory).expect("the legacy layout"))
}

/// The CBOR value behind a u32 length in memory 0 of `naive-small`.
pub fn naive() -> Option<CanisterData> {
    let memory = memory("naive-small")?;
    let (len, value) = memory[FIRST_BUCKET..].split_at(4);
    let len = u32::from_le_bytes(len.try_into().expect("4 bytes"));
    Some(ciborium::from_reader(&value[..len as usize]).expect("the naive frame"))
}

/// What the deployed canister answered to queries after restoring `legacy-small`: the call and the reply, both
/// in Candid text.
pub fn answers() -> Option<Vec<(String, String)>> {
    let path = path("legacy-small.answers.txt");
    let Ok(text) = fs::read_to_string(&path) else {
        println!("skipped: there is no {}", path.display());
        return None;
    };
    let answers = text.split("## ").filter(|part| !part.is_empty());
    Some(answers.map(call_and_reply).collect())
}

fn call_and_reply(part: &str) -> (String, String) {
    let (call, reply) = part.split_once('\n').expect("a call and its reply");
    let (_, reply) = reply.split_once(" -> ").expect("a reply");
    (call.to_owned(), reply.to_owned())
}
