//! What is in an encoded value, counted without decoding it.
//!
//! A decoder that fills a map keeps the last of two entries with one key, and nobody is told. The census walks the
//! items as they stand and compares the keys of each map. It holds the keys of the maps that are open and nothing
//! else; nesting costs heap, not stack.

use std::io::Read;

use super::failure::Failure;
use super::item::{Head, Input, Length, Notation};

mod keys;

pub use keys::{DuplicateKey, Keys, Mark};

/// Levels of nesting that a census follows: more than a decoder, with a canister's stack, can.
pub const MAX_DEPTH: u32 = 1_000_000;

/// What was found in an encoded value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// Bytes of the value as it stands in memory, a front included.
    pub bytes: u64,
    /// Bytes that decoding reads: more, where the value is packed.
    pub unpacked_bytes: u64,
    /// Levels of nesting: 0 for a number, 1 for a list of numbers.
    pub deepest: u32,
    /// Entries whose key another entry of the same map has had before.
    pub duplicate_keys: u64,
    /// The first of them.
    pub first_duplicate: Option<DuplicateKey>,
    /// Whether they are keys beyond doubt. CBOR and MessagePack have maps. Candid has none: a map is written as a
    /// `vec` of pairs, and so is a list of pairs, in which the same first member may well stand twice.
    pub has_maps: bool,
}

impl Census {
    /// This value and another right behind it.
    pub(super) fn followed_by(self, next: Self) -> Self {
        let unpacked_bytes = self.unpacked_bytes + next.unpacked_bytes;
        let next = next.behind(self.bytes);
        Self {
            bytes: next.bytes,
            unpacked_bytes,
            deepest: self.deepest.max(next.deepest),
            duplicate_keys: self.duplicate_keys + next.duplicate_keys,
            first_duplicate: self.first_duplicate.or(next.first_duplicate),
            has_maps: self.has_maps && next.has_maps,
        }
    }

    /// The same value behind a prefix of so many bytes.
    pub(super) fn behind(mut self, prefix: u64) -> Self {
        self.bytes += prefix;
        self.unpacked_bytes += prefix;
        if let Some(duplicate) = &mut self.first_duplicate {
            duplicate.offset += prefix;
        }
        self
    }
}

/// What has begun and not ended.
struct Open {
    of: Of,
    /// Items to come, keys and values each for one; none if an end is to come.
    left: Option<u64>,
    /// For a map whose keys are compared, where they begin.
    keys: Option<Mark>,
    /// Whether the next item of a map is a key.
    at_key: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Of {
    Items,
    Entries,
    /// The pieces of a byte string.
    Bytes,
    /// The pieces of a text.
    Text,
}

impl Open {
    fn new(of: Of, left: Length, keys: Option<Mark>) -> Self {
        let each = if of == Of::Entries { 2 } else { 1 };
        Self {
            of,
            left: left.known().map(|left| left.saturating_mul(each)),
            keys,
            at_key: of == Of::Entries,
        }
    }

    /// Whether an item may stand here; `tagged` if it stands behind a tag.
    fn may_hold(&self, head: Head, tagged: bool) -> bool {
        match (self.of, head) {
            // Nor between a key and its value.
            (Of::Entries, Head::Break) => !tagged && self.left.is_none() && self.at_key,
            (_, Head::Break) => !tagged && self.left.is_none(),
            (Of::Bytes, Head::Bytes(length)) | (Of::Text, Head::Text(length)) => {
                length != Length::NONE
            }
            (Of::Bytes | Of::Text, _) => false,
            _ => true,
        }
    }
}

/// Counts one value of `reader`, reading no byte past its end.
pub fn take(notation: Notation, reader: &mut dyn Read) -> Result<Census, Failure> {
    let mut input = Input::new(notation, reader);
    let mut keys = Keys::default();
    let first = input.head()?;
    let deepest = walk(&mut input, first, &mut keys)?;
    Ok(Census {
        bytes: input.position(),
        unpacked_bytes: input.position(),
        deepest,
        duplicate_keys: keys.duplicates,
        first_duplicate: keys.first,
        has_maps: true,
    })
}

/// Walks the item whose head is `first` to its end; returns how deep it is nested.
pub fn walk(input: &mut Input, first: Head, keys: &mut Keys) -> Result<u32, Failure> {
    let mut head = first;
    let mut offset = 0;
    let mut open: Vec<Open> = Vec::new();
    let mut deepest = 0;
    // Whether a tag stands in front of what comes next.
    let mut tagged = false;
    loop {
        if !tagged && !keys.is_within() && pass(input, head, open.last_mut())? {
            offset = input.position();
            head = input.head()?;
            continue;
        }
        let depth = open.len();
        let behind_tag = std::mem::replace(&mut tagged, matches!(head, Head::Tag(_)));
        match open.last() {
            Some(inner) if !inner.may_hold(head, behind_tag) => return Err(misplaced(head)),
            Some(inner) if !behind_tag && head != Head::Break => {
                if inner.left.is_none() {
                    // Its end is still to come.
                    input.owe(1);
                }
                if inner.keys.is_some() && inner.at_key {
                    keys.begin(depth, offset);
                }
            }
            None if head == Head::Break => return Err(misplaced(head)),
            _ => {}
        }
        keys.note(head);
        match head {
            Head::Array(left) => open.push(Open::new(Of::Items, left, None)),
            Head::Map(left) => open.push(Open::new(Of::Entries, left, keys.mark())),
            Head::Bytes(Length::NONE) => open.push(Open::new(Of::Bytes, Length::NONE, None)),
            Head::Text(Length::NONE) => open.push(Open::new(Of::Text, Length::NONE, None)),
            Head::Text(length) => keys.text(input, length.known().unwrap_or(0))?,
            Head::Bytes(length) => keys.content(input, length.known().unwrap_or(0))?,
            Head::Extension(length) => keys.content(input, length)?,
            Head::Break => {
                if let Some(inner) = open.last_mut() {
                    inner.left = Some(0);
                }
            }
            _ => {}
        }
        if open.len() > depth {
            if depth == MAX_DEPTH as usize {
                return Err(Failure::new(format!("nested more than {MAX_DEPTH} deep")));
            }
            deepest = deepest.max(depth as u32 + 1);
        }
        // What is complete completes what it was the last item of.
        let mut complete = open.len() == depth && !tagged && head != Head::Break;
        loop {
            if complete {
                keys.end(open.len(), open.last().and_then(|map| map.keys));
                if let Some(outer) = open.last_mut() {
                    outer.left = outer.left.map(|left| left - 1);
                    outer.at_key = !outer.at_key;
                }
            }
            complete = match open.last() {
                None if complete => return Ok(deepest),
                Some(inner) if inner.left == Some(0) => {
                    if let Some(mark) = inner.keys {
                        keys.compare(mark);
                    }
                    open.pop();
                    true
                }
                _ => break,
            };
        }
        offset = input.position();
        head = input.head()?;
    }
}

/// Takes what most items are: whole, no key, and not the last one of `inner`, in which it stands. False for any other, of
/// which nothing has been taken.
#[inline]
fn pass(input: &mut Input, head: Head, inner: Option<&mut Open>) -> Result<bool, Failure> {
    let Some(inner) = inner else {
        return Ok(false);
    };
    let is_value = inner.of == Of::Items || inner.of == Of::Entries && !inner.at_key;
    let Some(left @ 2..) = inner.left.filter(|_| is_value) else {
        return Ok(false);
    };
    match head {
        Head::Unsigned(_)
        | Head::Negative(_)
        | Head::Single(_)
        | Head::Double(_)
        | Head::Bool(_)
        | Head::Null => {}
        Head::Bytes(length) if length != Length::NONE => input.skip(length.known().unwrap_or(0))?,
        Head::Text(length) if length != Length::NONE => {
            input.skip_text(length.known().unwrap_or(0))?;
        }
        _ => return Ok(false),
    }
    inner.left = Some(left - 1);
    inner.at_key = inner.of == Of::Entries;
    Ok(true)
}

#[cold]
fn misplaced(head: Head) -> Failure {
    Failure::new(format!("{} where none can stand", head.name()))
}

#[cfg(test)]
mod tests;
