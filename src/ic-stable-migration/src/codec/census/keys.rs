//! The keys of the maps that are open, and how often one stands twice.

use twox_hash::XxHash64;

use crate::codec::failure::Failure;
use crate::codec::item::{Head, Input, not_utf8};
use crate::key::append;

/// Characters of a key that are shown.
const SHOWN: usize = 40;

/// A key that its map has had before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// Where the second of the two entries starts, in bytes from the start of the value.
    pub offset: u64,
    /// The key: a text or a number as it is, anything else in hexadecimal; shortened.
    pub key: String,
}

/// Keys of a map that are held before those in order give way to their hashes.
const HELD: usize = 1_024;

/// Where the keys of a map begin.
#[derive(Clone, Copy)]
pub struct Mark {
    bytes: usize,
    keys: usize,
    passed: usize,
}

/// One key among [`Keys::bytes`].
struct Key {
    start: usize,
    end: usize,
    offset: u64,
}

/// The keys read so far, each written in one way for each value, so that two encodings of one number are one key.
#[derive(Default)]
pub struct Keys {
    bytes: Vec<u8>,
    keys: Vec<Key>,
    /// The hashes of keys of large maps that came in order, all before the first one held of their map.
    passed: Vec<u64>,
    /// From where on they are sorted, if they are.
    sorted_from: Option<usize>,
    /// The key being read: the depth at which it ends, and where it starts.
    within: Option<(usize, Key)>,
    /// Whether keys are of no interest.
    uncounted: bool,
    /// Whether the bytes of keys are those of the message.
    raw: bool,
    /// Keys that stood in their map before.
    pub duplicates: u64,
    /// The first of them.
    pub first: Option<DuplicateKey>,
}

impl Keys {
    /// For a walk that only wants to get past a value.
    pub fn uncounted() -> Self {
        Self {
            uncounted: true,
            ..Self::default()
        }
    }

    /// For keys whose bytes are taken as they are.
    pub fn raw() -> Self {
        Self {
            raw: true,
            ..Self::default()
        }
    }

    /// Where the keys of a map that starts here begin. None for a map whose keys are not compared: one that is
    /// itself in a key.
    pub fn mark(&self) -> Option<Mark> {
        (!self.uncounted && self.within.is_none()).then_some(Mark {
            bytes: self.bytes.len(),
            keys: self.keys.len(),
            passed: self.passed.len(),
        })
    }

    /// Whether what comes next is part of a key.
    pub fn is_within(&self) -> bool {
        self.within.is_some()
    }

    /// A key of the map at `depth` starts at `offset`.
    pub fn begin(&mut self, depth: usize, offset: u64) {
        let start = self.bytes.len();
        let key = Key {
            start,
            end: start,
            offset,
        };
        self.within = Some((depth, key));
    }

    /// An item at `depth` is complete, a key or not. `mark` is that of the map in which it stands, if it is one.
    pub fn end(&mut self, depth: usize, mark: Option<Mark>) {
        if let Some((_, mut key)) = self.within.take_if(|(at, _)| *at == depth) {
            key.end = self.bytes.len();
            self.keys.push(key);
            if let Some(mark) = mark {
                self.is_one_of_many(mark);
            }
        }
    }

    /// Looks at the last key of a map that may have many: compares it with those of which there are hashes only, and
    /// leaves hashes of more if it is time. Eight bytes a key, where the keys would take as much as the map.
    fn is_one_of_many(&mut self, mark: Mark) {
        let held = self.keys.len() - mark.keys;
        if self.passed.len() > mark.passed {
            self.compare_with_passed(mark);
        }
        if held < HELD || !held.is_multiple_of(HELD) {
            return;
        }
        let bytes = &self.bytes;
        let of = |key: &Key| &bytes[key.start..key.end];
        let keys = &self.keys[mark.keys..];
        if !keys.is_sorted_by(|a, b| of(a) < of(b)) {
            return;
        }
        if let Some((last, before)) = keys.split_last() {
            self.passed.extend(before.iter().map(|key| hash(of(key))));
            self.sorted_from = None;
            let (start, end, offset) = (last.start, last.end, last.offset);
            self.bytes.copy_within(start..end, mark.bytes);
            let end = mark.bytes + (end - start);
            self.bytes.truncate(end);
            self.keys.truncate(mark.keys);
            self.keys.push(Key {
                start: mark.bytes,
                end,
                offset,
            });
        }
    }

    /// Whether the last key is one of those that are not held any more, which come before the first that is.
    fn compare_with_passed(&mut self, mark: Mark) {
        let of = |key: &Key| &self.bytes[key.start..key.end];
        let (Some(first), Some(last)) = (self.keys.get(mark.keys), self.keys.last()) else {
            return;
        };
        if of(last) >= of(first) {
            return;
        }
        let (hash, offset) = (hash(of(last)), last.offset);
        let passed = &mut self.passed[mark.passed..];
        if self.sorted_from != Some(mark.passed) {
            passed.sort_unstable();
            self.sorted_from = Some(mark.passed);
        }
        if passed.binary_search(&hash).is_ok() {
            let key = self.shown(of(last));
            self.found(offset, key);
        }
    }

    fn found(&mut self, offset: u64, key: String) {
        self.duplicates += 1;
        let first = self.first.as_ref();
        if first.is_none_or(|first| offset < first.offset) {
            self.first = Some(DuplicateKey { offset, key });
        }
    }

    fn shown(&self, key: &[u8]) -> String {
        match self.raw {
            true => shown_raw(key),
            false => shown(key),
        }
    }

    /// Notes an item, if it is part of a key.
    pub fn note(&mut self, head: Head) {
        if self.within.is_none() {
            return;
        }
        let (kind, number) = match head {
            Head::Unsigned(number) => (UNSIGNED, number),
            Head::Negative(number) => (NEGATIVE, number),
            Head::Text(length) => (TEXT, length.known().unwrap_or(u64::MAX)),
            Head::Bytes(length) => (3, length.known().unwrap_or(u64::MAX)),
            Head::Array(length) => (4, length.known().unwrap_or(u64::MAX)),
            Head::Map(length) => (5, length.known().unwrap_or(u64::MAX)),
            Head::Tag(tag) => (6, tag),
            Head::Single(number) => (7, number.to_bits().into()),
            Head::Double(number) => (8, number.to_bits()),
            Head::Bool(value) => (9, value.into()),
            Head::Extension(length) => (10, length),
            Head::Null => (11, 0),
            Head::Break => (12, 0),
        };
        // The number's own width in front keeps ascending numbers ascending, and such maps need no sorting.
        let width = number.to_be_bytes();
        let unused = (number.leading_zeros() / 8).min(7) as usize;
        self.bytes.push(kind << 4 | (8 - unused) as u8);
        append(&mut self.bytes, &width[unused..]);
    }

    /// The bytes of the keys, to which those of the key being read are added.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Takes `length` bytes of content, noting them if they are part of a key.
    pub fn content(&mut self, input: &mut Input, length: u64) -> Result<(), Failure> {
        match self.within {
            Some(_) => input.append(length, &mut self.bytes),
            None => input.skip(length),
        }
    }

    /// The same for a text, which has to be one.
    pub fn text(&mut self, input: &mut Input, length: u64) -> Result<(), Failure> {
        if self.within.is_none() {
            return input.skip_text(length);
        }
        let start = self.bytes.len();
        if input.has(length) {
            append(&mut self.bytes, input.lying(length));
        } else {
            input.append(length, &mut self.bytes)?;
        }
        std::str::from_utf8(&self.bytes[start..])
            .map(drop)
            .map_err(not_utf8)
    }

    /// Compares the keys of the map that began at `mark`, which is complete, and forgets them.
    pub fn compare(&mut self, mark: Mark) {
        let bytes = &self.bytes;
        let of = |key: &Key| &bytes[key.start..key.end];
        let keys = &mut self.keys[mark.keys..];
        if !keys.is_sorted_by(|a, b| of(a) < of(b)) {
            keys.sort_unstable_by(|a, b| of(a).cmp(of(b)).then(a.offset.cmp(&b.offset)));
            let twice = keys.windows(2).filter(|pair| of(&pair[0]) == of(&pair[1]));
            let twice: Vec<(u64, std::ops::Range<usize>)> = twice
                .map(|pair| (pair[1].offset, pair[1].start..pair[1].end))
                .collect();
            for (offset, key) in twice {
                let key = self.shown(&self.bytes[key]);
                self.found(offset, key);
            }
        }
        self.passed.truncate(mark.passed);
        self.keys.truncate(mark.keys);
        self.bytes.truncate(mark.bytes);
    }
}

fn hash(key: &[u8]) -> u64 {
    XxHash64::oneshot(0, key)
}

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const TEXT: u8 = 2;

/// A noted key for a reader's eyes.
fn shown(noted: &[u8]) -> String {
    let (kind, width) = (noted[0] >> 4, usize::from(noted[0] & 0x0f));
    let (number, content) = noted[1..].split_at(width);
    let number = number
        .iter()
        .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    match (kind, std::str::from_utf8(content)) {
        (UNSIGNED, _) => number.to_string(),
        (NEGATIVE, _) => (-1 - i128::from(number)).to_string(),
        (TEXT, Ok(text)) => shown_text(text),
        _ => shown_bytes(content),
    }
}

/// A key as it stood in Candid: a text behind its length, or anything.
fn shown_raw(key: &[u8]) -> String {
    match key.split_first() {
        Some((&length, text)) if usize::from(length) == text.len() => {
            match std::str::from_utf8(text) {
                Ok(text) => shown_text(text),
                Err(_) => shown_bytes(text),
            }
        }
        _ => shown_bytes(key),
    }
}

fn shown_text(text: &str) -> String {
    let start: String = text.chars().take(SHOWN).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("{:?}", format!("{start}{more}"))
}

fn shown_bytes(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(SHOWN / 2)];
    let hex: String = start.iter().map(|byte| format!("{byte:02x}")).collect();
    let more = if start.len() < bytes.len() { "…" } else { "" };
    format!("0x{hex}{more}")
}
