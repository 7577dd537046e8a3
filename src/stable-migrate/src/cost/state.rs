//! What is known of a canister's state before it moves.

use ic_stable_migration::{BucketTable, HEADER_BYTES};

use super::canister::Basis;
use super::model::{Model, Payload};
use crate::error::Result;
use crate::image::Image;
use crate::recognition::{Bytes, Kind, Tally, packed_entries};
use crate::survey::{Content, Layout, ManagedSurvey, SavedState, Survey, ValueSurvey};
use crate::virtual_memory::{Flaw, VirtualMemory};

/// A state, and the memory manager that it lies under, if there is one.
pub struct State {
    /// The state itself.
    pub known: Known,
    /// The manager.
    pub manager: Option<Manager>,
}

/// What is known of a state.
pub enum Known {
    /// A value of before, and what of it is known.
    Value(Basis, Model),
    /// The payload that a release of stage one saved.
    Payload(Payload),
    /// Nothing that moves: it has moved, or is another program's.
    Nothing,
}

/// A memory manager.
pub struct Manager {
    /// Pages of its buckets.
    pub bucket_pages: u16,
    /// Pages of each memory that a move leaves as it is.
    pub others: Vec<u64>,
    /// Stable pages in buckets of the right size, if nothing moves.
    pub right_size: u64,
}

impl State {
    /// Of a memory that was surveyed. `heap` is what a canister has on its heap beyond what its module begins with, in
    /// bytes, if that is known.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the memory cannot be read.
    pub fn of(image: &Image, survey: &Survey, heap: Option<u64>) -> Result<Self> {
        let known = match &survey.layout {
            Layout::Managed(managed) => {
                return Ok(Self {
                    known: under_manager(image, managed)?,
                    manager: Some(Manager::of(managed)),
                });
            }
            Layout::Legacy(legacy) => {
                let kind = match legacy.codec {
                    "cbor" => Kind::Cbor,
                    "messagepack" => Kind::MessagePack,
                    _ => Kind::Candid,
                };
                let start = u64::from(legacy.length_in_front);
                value(image, kind, start, legacy.value_bytes)?
            }
            // What is not ours stays as it is, and so does what is no more than a guess.
            Layout::Empty | Layout::Zeros | Layout::NotOurs(_) => match heap {
                Some(heap) => Known::Value(Basis::Heap, Model::of_heap(heap)),
                None => Known::Nothing,
            },
            Layout::Damaged { .. } => Known::Nothing,
        };
        Ok(Self {
            known,
            manager: None,
        })
    }

    /// A value of which the length is known.
    pub fn of_length(bytes: u64) -> Self {
        Self {
            known: Known::Value(Basis::Length, Model::of_value(bytes)),
            manager: None,
        }
    }
}

impl Manager {
    fn of(managed: &ManagedSurvey) -> Self {
        let others = managed.memories.iter();
        let others = others.filter(|memory| memory.id != managed.home);
        Self {
            bucket_pages: managed.bucket_pages,
            others: others.map(|memory| memory.pages).collect(),
            right_size: managed.right_size.stable_pages,
        }
    }
}

/// What the memory of the state holds, if that moves.
fn under_manager(image: &Image, managed: &ManagedSurvey) -> Result<Known> {
    let home = managed.memories.iter();
    let home = home
        .filter(|memory| memory.id == managed.home)
        .map(|memory| &memory.content)
        .next();
    // It was read for the survey.
    let (Some(home), Ok(Some(table))) = (home, BucketTable::read(image)) else {
        return Ok(Known::Nothing);
    };
    let memory = VirtualMemory::of(image, &table, managed.home);
    match home {
        Content::SavedState(state) if state.journal_bytes == 0 => payload(&memory, state),
        Content::NaiveFrame { payload_bytes } => {
            value(&memory, Kind::Cbor, LENGTH, LENGTH + payload_bytes)
        }
        Content::Value(found) if found.is_read_in_memory0() => framed(&memory, found),
        _ => Ok(Known::Nothing),
    }
}

/// Bytes of the length in front of the value of 2023.
const LENGTH: u64 = 4;

/// A value behind a front that this library reads; that of a `StableCell` is longer than a length.
fn framed(memory: &VirtualMemory<'_>, found: &ValueSurvey) -> Result<Known> {
    match found.frame.length_in_front() {
        Some(start) => value(memory, found.format, start.into(), found.bytes),
        None => Ok(of_length(found.bytes)),
    }
}

fn value(bytes: &dyn Bytes, kind: Kind, start: u64, end: u64) -> Result<Known> {
    let tally = told(Tally::of(bytes, kind, start, end))?;
    Ok(match tally {
        Some(tally) => Known::Value(Basis::Value, Model::of(tally)),
        None => of_length(end),
    })
}

fn of_length(bytes: u64) -> Known {
    Known::Value(Basis::Length, Model::of_value(bytes))
}

fn payload(memory: &VirtualMemory<'_>, state: &SavedState) -> Result<Known> {
    let kind = match state.codec {
        "messagepack" => Kind::MessagePack,
        _ => Kind::Cbor,
    };
    let end = HEADER_BYTES.saturating_add(state.payload_bytes);
    let entries = told(packed_entries(memory, kind, HEADER_BYTES, end))?;
    Ok(match entries {
        None | Some(0) => Known::Nothing,
        Some(entries) => Known::Payload(Payload {
            bytes: state.payload_bytes,
            entries,
        }),
    })
}

/// What was counted; none where the bytes contradict the survey.
fn told<T>(counted: std::result::Result<Option<T>, Flaw>) -> Result<Option<T>> {
    match counted {
        Ok(counted) => Ok(counted),
        Err(Flaw::Unreadable(error)) => Err(error),
        Err(Flaw::Damaged(_)) => Ok(None),
    }
}
