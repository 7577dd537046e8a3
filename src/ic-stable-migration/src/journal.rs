//! The journal of a move, behind the payload in memory 0.
//!
//! ```text
//! 0      number of slots                              u32
//! 4      slots, one for each collection               48 bytes each
//!          sum of its entries' hashes                 u64
//!          number of its entries                      u64
//!          the same two of those the audit has read   u64, u64
//!          id of its virtual memory                   u64
//!          checksum of the 40 bytes before            u64
//! then   records until the journal ends
//!          kind                                       u8
//!          length of the body in bytes                u32
//!          checksum of the body, seeded with the kind u64
//!          body
//! ```
//!
//! The slots are overwritten in place by every write to a collection. Every other change is appended: of two records
//! of progress, hot state or registry the later counts. Where half of the journal no longer counts, it is written
//! anew. All numbers are little-endian.

use serde::Serialize;
use serde::de::DeserializeOwned;
use twox_hash::XxHash64;

use crate::codec::{Cbor, Codec, Format, StreamCodec};
use crate::error::{Error, Place};
use crate::ledger::Digest;
use crate::mover::Progress;
use crate::registry::{Recorded, Registry};
use crate::stream::checksum;

mod summary;

pub use summary::{JournaledCollection, MoveJournal};

/// Bytes of a slot.
pub const SLOT_BYTES: u64 = 48;

/// Bytes of a slot that its checksum covers.
const SLOT_BODY_BYTES: usize = 40;

/// Bytes before the first slot.
pub const SLOTS_AT: u64 = 4;

const RECORD_HEAD_BYTES: usize = 13;
/// How the move goes, in CBOR.
const PROGRESS: u8 = 1;
/// The hot state as the last step found it, in CBOR. Newer than the one in the payload.
const HOT: u8 = 2;
/// A removed key: the id of its collection, then the key.
const REMOVED: u8 = 3;
/// Who owns which memory, in CBOR.
const REGISTRY: u8 = 4;

/// A key that was removed from a collection while the saved payload still has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    pub id: u8,
    pub key: Vec<u8>,
}

impl Removed {
    pub fn to_record(&self) -> Vec<u8> {
        let mut body = vec![self.id];
        body.extend_from_slice(&self.key);
        record(REMOVED, &body)
    }
}

/// What is known of a collection's content at any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// The id of the collection's virtual memory.
    pub id: u8,
    /// What the collection holds, over both tiers.
    pub content: Digest,
    /// What the audit has read of it.
    pub audit: Digest,
}

impl Slot {
    /// The slot as it stands in memory.
    pub fn to_bytes(self) -> [u8; SLOT_BYTES as usize] {
        let fields = [
            self.content.sum,
            self.content.count,
            self.audit.sum,
            self.audit.count,
            self.id.into(),
        ];
        let mut bytes = [0; SLOT_BYTES as usize];
        for (at, field) in bytes.chunks_exact_mut(8).zip(fields) {
            at.copy_from_slice(&field.to_le_bytes());
        }
        let sum = checksum(&bytes[..SLOT_BODY_BYTES]);
        bytes[SLOT_BODY_BYTES..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; SLOT_BYTES as usize]) -> Result<Self, Error> {
        let u64_at = |at: usize| {
            let mut field = [0; 8];
            field.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(field)
        };
        let expected = u64_at(SLOT_BODY_BYTES);
        let computed = checksum(&bytes[..SLOT_BODY_BYTES]);
        if expected != computed {
            return Err(damaged(expected, computed, SLOT_BYTES));
        }
        let digest = |at| Digest {
            sum: u64_at(at),
            count: u64_at(at + 8),
        };
        Ok(Self {
            id: bytes[32],
            content: digest(0),
            audit: digest(16),
        })
    }
}

/// Everything a journal holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    pub slots: Vec<Slot>,
    pub registry: Recorded,
    pub progress: Progress,
    /// The hot state in CBOR, if it is newer than the payload's.
    pub hot: Option<Vec<u8>>,
    pub removed: Vec<Removed>,
}

impl Journal {
    /// The journal as it stands in memory.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = (self.slots.len() as u32).to_le_bytes().to_vec();
        for slot in &self.slots {
            bytes.extend_from_slice(&slot.to_bytes());
        }
        bytes.extend(record(REGISTRY, self.registry.bytes()));
        bytes.extend(news(&self.progress, self.hot.as_deref())?);
        for removed in &self.removed {
            bytes.extend(removed.to_record());
        }
        Ok(bytes)
    }

    /// Reads a journal, in which the `expected` registry need not be decoded.
    ///
    /// # Errors
    /// [`Error::PayloadDamaged`] if a checksum is wrong, [`Error::Length`] if a part is longer than what is left,
    /// [`Error::HeaderField`] for a kind of record that this version does not know, [`Error::Decode`].
    pub fn from_bytes(mut bytes: &[u8], expected: Option<&Recorded>) -> Result<Self, Error> {
        let count = u32::from_le_bytes(take(&mut bytes)?);
        let mut slots = Vec::new();
        for _ in 0..count {
            slots.push(Slot::from_bytes(take(&mut bytes)?)?);
        }
        let mut progress = None;
        let mut registry = None;
        let mut hot = None;
        let mut removed = Vec::new();
        while !bytes.is_empty() {
            let (kind, body) = take_record(&mut bytes)?;
            match (kind, body) {
                (PROGRESS, body) => progress = Some(decode(body)?),
                (REGISTRY, body) => registry = Some(Recorded::read(body, expected)?),
                (HOT, body) => hot = Some(body.to_vec()),
                (REMOVED, [id, key @ ..]) => removed.push(Removed {
                    id: *id,
                    key: key.to_vec(),
                }),
                _ => {
                    return Err(Error::HeaderField {
                        field: "a journal record of kind",
                        found: kind.into(),
                        known: "kinds 1 to 4",
                    });
                }
            }
        }
        let Some(progress) = progress else {
            return Err(too_short(RECORD_HEAD_BYTES as u64, 0));
        };
        // A tool can read a journal without one; to a release every collection is new then, and its memory in use.
        let registry = registry.map_or_else(|| Recorded::of(Registry::default()), Ok)?;
        Ok(Self {
            slots,
            registry,
            progress,
            hot,
            removed,
        })
    }
}

/// The records of how the move goes and, if there is a newer one than before, of the hot state.
///
/// # Errors
/// [`Error::Encode`].
pub fn news(progress: &Progress, hot: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let mut bytes = record(PROGRESS, &encode(progress)?);
    if let Some(hot) = hot {
        bytes.extend(record(HOT, hot));
    }
    Ok(bytes)
}

/// Encodes a part of the journal, or of what goes into it.
pub fn encode<T: Serialize + DeserializeOwned>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    Cbor::encode(value, &mut bytes).map_err(|reason| Error::encode(Format::Cbor, reason))?;
    Ok(bytes)
}

/// Decodes a part of the journal.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    Cbor::decode(bytes).map_err(|reason| {
        let reason = format!("in the journal: {reason}");
        Error::decode(Format::Cbor, Place::Memory0, 0, reason)
    })
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&XxHash64::oneshot(kind.into(), body).to_le_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn take_record<'a>(bytes: &mut &'a [u8]) -> Result<(u8, &'a [u8]), Error> {
    let head: [u8; RECORD_HEAD_BYTES] = take(bytes)?;
    let kind = head[0];
    let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
    let mut expected = [0; 8];
    expected.copy_from_slice(&head[5..]);
    let expected = u64::from_le_bytes(expected);
    let Some((body, rest)) = bytes.split_at_checked(length as usize) else {
        return Err(too_short(length.into(), bytes.len()));
    };
    *bytes = rest;
    let computed = XxHash64::oneshot(kind.into(), body);
    if expected != computed {
        return Err(damaged(expected, computed, length.into()));
    }
    Ok((kind, body))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Error> {
    let Some((part, rest)) = bytes.split_first_chunk() else {
        return Err(too_short(N as u64, bytes.len()));
    };
    *bytes = rest;
    Ok(*part)
}

fn too_short(length: u64, left: usize) -> Error {
    Error::Length {
        place: Place::Memory0,
        length,
        available: format!("only {left} are left of its journal"),
    }
}

fn damaged(expected: u64, computed: u64, bytes: u64) -> Error {
    Error::PayloadDamaged {
        part: "journal",
        expected,
        computed,
        bytes,
    }
}

#[cfg(test)]
mod tests;
