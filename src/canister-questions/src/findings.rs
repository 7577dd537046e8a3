//! What a canister's state and answers hold that a question can be made of: numbers, texts, principals, bytes.

use std::collections::BTreeMap;

use candid::types::value::VariantValue;
use candid::{IDLArgs, IDLValue, Principal};

/// Findings of each kind that are kept.
const KEPT: usize = 16;

/// Principals that are taken from a memory: those that stand in it most often.
const FROM_MEMORY: usize = 8;

/// Bytes of a memory that are searched.
pub const SEARCHED: usize = 64 << 20;

/// A text longer than this is no name of anything.
const LONGEST: usize = 100;

/// Values to make arguments of, in the order in which they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    pub numbers: Vec<u128>,
    pub texts: Vec<String>,
    pub principals: Vec<Principal>,
    pub blobs: Vec<Vec<u8>>,
}

impl Findings {
    /// What can be asked of any canister, and these principals.
    pub fn begin(principals: impl IntoIterator<Item = Principal>) -> Self {
        let mut findings = Self {
            numbers: vec![0, 1, 2, 3],
            texts: vec![String::new(), "a".into()],
            principals: Vec::new(),
            blobs: vec![Vec::new(), vec![0]],
        };
        for principal in principals {
            keep(&mut findings.principals, principal, KEPT);
        }
        findings
    }

    /// Takes up what a reply names.
    pub fn learn(&mut self, reply: &IDLArgs) {
        for value in &reply.args {
            self.learn_value(value);
        }
    }

    fn learn_value(&mut self, value: &IDLValue) {
        let number = match value {
            IDLValue::Nat8(n) => Some(u128::from(*n)),
            IDLValue::Nat16(n) => Some((*n).into()),
            IDLValue::Nat32(n) => Some((*n).into()),
            IDLValue::Nat64(n) => Some((*n).into()),
            IDLValue::Nat(n) => u128::try_from(&n.0).ok(),
            IDLValue::Int8(n) => u128::try_from(*n).ok(),
            IDLValue::Int16(n) => u128::try_from(*n).ok(),
            IDLValue::Int32(n) => u128::try_from(*n).ok(),
            IDLValue::Int64(n) => u128::try_from(*n).ok(),
            IDLValue::Int(n) => u128::try_from(&n.0).ok(),
            _ => None,
        };
        if let Some(number) = number {
            return keep(&mut self.numbers, number, KEPT);
        }
        match value {
            IDLValue::Text(text) if text.len() <= LONGEST => {
                if let Ok(principal) = Principal::from_text(text) {
                    keep(&mut self.principals, principal, KEPT);
                }
                keep(&mut self.texts, text.clone(), KEPT);
            }
            IDLValue::Principal(principal) => keep(&mut self.principals, *principal, KEPT),
            IDLValue::Blob(blob) if blob.len() <= LONGEST => {
                keep(&mut self.blobs, blob.clone(), KEPT);
            }
            IDLValue::Opt(inner) => self.learn_value(inner),
            IDLValue::Vec(values) => values.iter().for_each(|value| self.learn_value(value)),
            IDLValue::Record(fields) => {
                fields.iter().for_each(|field| self.learn_value(&field.val))
            }
            IDLValue::Variant(VariantValue(field, _)) => self.learn_value(&field.val),
            _ => {}
        }
    }

    /// Takes up the principals that stand most often in a memory.
    pub fn search(&mut self, memory: &[u8]) {
        for principal in principals_in(memory) {
            keep(&mut self.principals, principal, KEPT);
        }
    }
}

fn keep<T: PartialEq>(kept: &mut Vec<T>, found: T, most: usize) {
    if kept.len() < most && !kept.contains(&found) {
        kept.push(found);
    }
}

/// The principals in a memory that stand there as every encoding has them, behind their length: 29 bytes that end
/// in 2 for a key, 10 bytes that end in 1, 1 for a canister. The most frequent first.
fn principals_in(memory: &[u8]) -> Vec<Principal> {
    let memory = &memory[..memory.len().min(SEARCHED)];
    let mut counts: BTreeMap<&[u8], u64> = BTreeMap::new();
    for (at, &length) in memory.iter().enumerate() {
        // In CBOR the length of a short string is part of its head.
        let length = match length {
            29 => 29,
            10 | 0x4a => 10,
            _ => continue,
        };
        let Some(bytes) = memory.get(at + 1..at + 1 + length) else {
            continue;
        };
        let fits = match length {
            29 => bytes[28] == 2 && distinct(&bytes[..28]) >= 16,
            _ => bytes[8..] == [1, 1] && distinct(&bytes[..8]) >= 2,
        };
        if fits {
            *counts.entry(bytes).or_default() += 1;
        }
    }
    let mut found: Vec<(&[u8], u64)> = counts.into_iter().collect();
    found.sort_by(|(a, many), (b, more)| more.cmp(many).then(a.cmp(b)));
    let found = found.into_iter().take(FROM_MEMORY);
    found
        .map(|(bytes, _)| Principal::from_slice(bytes))
        .collect()
}

/// How many different bytes there are.
fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    bytes
        .iter()
        .for_each(|&byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|seen| **seen).count()
}

#[cfg(test)]
mod tests {
    use candid::encode_args;

    use super::*;

    fn person(seed: u8) -> Principal {
        let mut bytes: Vec<u8> = (0..28u8).map(|at| at.wrapping_mul(37) ^ seed).collect();
        bytes.push(2);
        Principal::from_slice(&bytes)
    }

    #[test]
    fn what_a_reply_names_is_taken_up() {
        let reply = (vec![7u64, 8], Some("ada"), person(1), person(2).to_text());
        let reply = IDLArgs::from_bytes(&encode_args(reply).unwrap()).unwrap();
        let mut findings = Findings::begin([]);
        findings.learn(&reply);
        assert_eq!(findings.numbers, [0, 1, 2, 3, 7, 8]);
        assert_eq!(findings.texts[2], "ada");
        assert_eq!(findings.principals, [person(1), person(2)]);
    }

    #[test]
    fn principals_are_found_in_a_memory_whatever_it_is_encoded_in() {
        let mut memory = vec![0; 500];
        let mut put = |head: &[u8], principal: Principal| {
            memory.extend_from_slice(head);
            memory.extend_from_slice(principal.as_slice());
            memory.extend_from_slice(&[29; 7]);
        };
        let canister = Principal::from_text("ryjl3-tyaaa-aaaaa-aaaba-cai").unwrap();
        put(&[0x58, 29], person(1));
        put(&[1, 29], person(2));
        put(&[0xc4, 29], person(2));
        put(&[0x4a], canister);
        let mut findings = Findings::begin([]);
        findings.search(&memory);
        assert_eq!(findings.principals[0], person(2));
        assert!(findings.principals.contains(&person(1)));
        assert!(findings.principals.contains(&canister));
    }
}
