//! What stands behind a legacy value, which adopting overwrites.
//!
//! A value that got shorter leaves the end of the longer one before it behind it. But a canister may keep anything
//! there: files, a log, another value. So what is not zero is not taken for a rest by assumption. It passes if it can
//! be shown to be the end of an older value of the same kind, which is so where it is, byte for byte, as the value
//! itself ends: what the canister gave up since then stood before that end, and the end only moved.

use ic_stable_structures::Memory;

use crate::bucket_plan::PAGE_BYTES;
use crate::error::{Error, Glimpse, Place};
use crate::stream::BUFFER_BYTES;

/// What to do with bytes behind a legacy value that are not zero and that nothing accounts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trailing {
    /// Refuse the memory.
    #[default]
    Refuse,
    /// Overwrite them: the canister keeps nothing there, they are what longer values of before have left.
    Discard,
}

/// What stands behind a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Behind {
    /// Bytes from the value's end to the last byte that is not zero.
    pub bytes: u64,
    /// Where the first of them is that is not zero, and what stands there.
    first: (u64, Glimpse),
    /// Whether they are the end of an older value.
    is_older_end: bool,
}

impl Behind {
    /// How many bytes there are, if they may be overwritten.
    ///
    /// # Errors
    /// [`Error::Trailing`].
    pub fn accepted(self, trailing: Trailing, place: Place) -> Result<u64, Error> {
        if self.bytes == 0 || self.is_older_end || trailing == Trailing::Discard {
            return Ok(self.bytes);
        }
        let (offset, found) = self.first;
        Err(Error::Trailing {
            place,
            bytes: self.bytes,
            offset,
            found,
        })
    }
}

/// Looks behind the value that ends at `end`. Reads the rest of the memory, through a small buffer.
pub(crate) fn behind(memory: &impl Memory, end: u64) -> Behind {
    let mut first = None;
    let mut bytes = 0;
    for (at, chunk) in chunks(memory, end) {
        let Some(last) = chunk.iter().rposition(|&byte| byte != 0) else {
            continue;
        };
        bytes = at + last as u64 + 1 - end;
        if let (None, Some(begin)) = (first, chunk.iter().position(|&byte| byte != 0)) {
            first = Some((at + begin as u64, Glimpse::of(&chunk[begin..])));
        }
    }
    Behind {
        bytes,
        first: first.unwrap_or((end, Glimpse::of(&[]))),
        is_older_end: bytes > 0 && is_older_end(memory, end, bytes),
    }
}

/// Whether the `bytes` behind `end` are as the value before `end` ends. An end of zeros is behind both.
fn is_older_end(memory: &impl Memory, end: u64, bytes: u64) -> bool {
    let zeros = trailing_zeros(memory, end);
    let length = bytes + zeros;
    let limit = memory.size().saturating_mul(PAGE_BYTES);
    if length > end || end + length > limit || zeros == end {
        return false;
    }
    let mut before = vec![0; BUFFER_BYTES];
    chunks(memory, end).all(|(at, chunk)| {
        let left = (end + length).saturating_sub(at).min(chunk.len() as u64) as usize;
        let before = &mut before[..left];
        memory.read(at - length, before);
        before == &chunk[..left]
    })
}

/// How many zeros stand right before `end`, at most a page of them.
fn trailing_zeros(memory: &impl Memory, end: u64) -> u64 {
    let length = end.min(PAGE_BYTES);
    let mut bytes = vec![0; length as usize];
    memory.read(end - length, &mut bytes);
    let last = bytes.iter().rposition(|&byte| byte != 0);
    last.map_or(length, |last| length - 1 - last as u64)
}

/// The memory from `start` on in pieces of at most a buffer, each with its offset.
pub(crate) fn chunks(memory: &impl Memory, start: u64) -> impl Iterator<Item = (u64, Vec<u8>)> {
    let end = memory.size().saturating_mul(PAGE_BYTES);
    let mut at = start.min(end);
    std::iter::from_fn(move || {
        let length = (end - at).min(BUFFER_BYTES as u64);
        let mut chunk = vec![0; length as usize];
        memory.read(at, &mut chunk);
        let here = at;
        at += length;
        (length > 0).then_some((here, chunk))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_memory::memory_of;

    fn of(value: &[u8], rest: &[u8]) -> Behind {
        behind(&memory_of(&[value, rest].concat()), value.len() as u64)
    }

    #[test]
    fn zeros_are_nothing() {
        let found = of(b"value", &[0; 70_000]);
        assert_eq!(found.accepted(Trailing::Refuse, Place::StableMemory), Ok(0));
    }

    #[test]
    fn the_end_of_an_older_value_is_known_by_the_end_of_the_newer() {
        let older = b"\x83\xa1x\xc4\x05files\xa1y\x01\xa7version\x00";
        let newer = b"\x82\xa1y\x01\xa7version\x00";
        let found = of(newer, &older[newer.len()..]);
        let length = (older.len() - newer.len() - 1) as u64;
        assert_eq!(
            found.accepted(Trailing::Refuse, Place::StableMemory),
            Ok(length)
        );
    }

    #[test]
    fn what_ends_otherwise_is_refused_with_its_place_unless_it_is_discarded() {
        let found = of(b"value", &[&[0; 3][..], b"a file"].concat());
        assert_eq!(
            found.accepted(Trailing::Refuse, Place::StableMemory),
            Err(Error::Trailing {
                place: Place::StableMemory,
                bytes: 9,
                offset: 8,
                found: Glimpse::of(b"a file\0\0\0\0\0\0\0\0\0\0"),
            })
        );
        assert_eq!(
            found.accepted(Trailing::Discard, Place::StableMemory),
            Ok(9)
        );
    }

    #[test]
    fn a_file_far_behind_the_value_is_found() {
        let memory = memory_of(&[7; 10]);
        memory.grow(3);
        memory.write(200_000, b"here");
        let found = behind(&memory, 10);
        assert_eq!(found.bytes, 200_004 - 10);
        assert!(
            found
                .accepted(Trailing::Refuse, Place::StableMemory)
                .is_err()
        );
    }
}
