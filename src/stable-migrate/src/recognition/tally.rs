//! What a value in CBOR or MessagePack is made of, counted: enough to reckon what moving it takes.

use serde::Serialize;

use super::Kind;
use super::span::{Bytes, Source};
use super::tokens::Token;
use super::tree::tokens_of;
use crate::virtual_memory::Flaw;

/// The counts. A map whose keys are texts is a record: its keys are names of fields. Anything else that stands in a
/// map or list is a member of a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Tally {
    /// Bytes of the value.
    pub bytes: u64,
    /// Fields of records.
    pub fields: u64,
    /// Bytes of their names, as they are written.
    pub name_bytes: u64,
    /// Bytes of texts that are no names.
    pub text_bytes: u64,
    /// Bytes of byte strings, with the lengths in front of them.
    pub blob_bytes: u64,
    /// Elements of lists, and entries of maps whose keys are no texts.
    pub members: u64,
}

/// Levels that are followed, as deep as a value is recognized.
const MAX_DEPTH: usize = 1_024;

/// A list or map that is being read.
struct Level {
    /// Tokens still to come; `None` where an end is marked.
    left: Option<u64>,
    map: bool,
    /// Whether the next token is a key.
    key: bool,
}

impl Tally {
    /// Of the value of this format that stands from `start` to `end` of `bytes`; none where the format has no tokens, or
    /// the value breaks off.
    ///
    /// # Errors
    /// [`Flaw::Unreadable`].
    pub fn of(bytes: &dyn Bytes, kind: Kind, start: u64, end: u64) -> Result<Option<Self>, Flaw> {
        let Some(next) = tokens_of(kind) else {
            return Ok(None);
        };
        let source = Source::of(bytes)?;
        let mut reader = source
            .whole()
            .part(start, end.saturating_sub(start))
            .reader(0);
        let mut tally = Self::default();
        let mut levels: Vec<Level> = Vec::new();
        let whole = loop {
            let begun = reader.position();
            let Some((token, _)) = next(&mut reader) else {
                break false;
            };
            let opened = match (token, levels.last_mut()) {
                (Token::Tag, _) => continue,
                (Token::End, Some(level)) if level.left.is_none() => {
                    levels.pop();
                    None
                }
                (Token::End, _) => break false,
                (_, level) => {
                    if let Some(level) = level {
                        tally.count(token, reader.position() - begun, level);
                    }
                    match token {
                        Token::List(entries) => Some((entries, false)),
                        Token::Map(entries) => Some((entries, true)),
                        _ => None,
                    }
                }
            };
            if let Some((entries, map)) = opened {
                if levels.len() == MAX_DEPTH {
                    break false;
                }
                let each = 1 + u64::from(map);
                levels.push(Level {
                    left: entries.map(|entries| entries.saturating_mul(each)),
                    map,
                    key: map,
                });
            }
            while levels.last().is_some_and(|level| level.left == Some(0)) {
                levels.pop();
            }
            if levels.is_empty() {
                break true;
            }
        };
        tally.bytes = reader.position();
        source.finish()?;
        Ok(whole.then_some(tally))
    }

    /// Counts a token of so many bytes that starts an item of `level`.
    fn count(&mut self, token: Token, bytes: u64, level: &mut Level) {
        level.left = level.left.map(|left| left.saturating_sub(1));
        let is_key = level.key;
        level.key = level.map && !level.key;
        match token {
            Token::Text(_) if is_key => {
                self.fields += 1;
                self.name_bytes += bytes;
                return;
            }
            Token::Text(text) => self.text_bytes += text.bytes,
            Token::Bytes => self.blob_bytes += bytes,
            _ => {}
        }
        self.members += u64::from(is_key || !level.map);
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::test_images::TestImage;

    #[derive(Serialize)]
    #[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
    struct State {
        name: String,
        numbers: Vec<u64>,
        people: Vec<(u64, String)>,
    }

    fn tally(kind: Kind, front: &[u8], value: &[u8]) -> Option<Tally> {
        let whole = [front, value].concat();
        let end = whole.len() as u64;
        let image = TestImage::of(&whole).image;
        Tally::of(&*image, kind, front.len() as u64, end).unwrap()
    }

    #[test]
    fn names_and_members_are_counted_in_both_formats_behind_any_front() {
        let state = State {
            name: "Ada".to_owned(),
            numbers: vec![1, 300, 70_000],
            people: vec![(7, "Bob".to_owned())],
        };
        let packed = rmp_serde::to_vec_named(&state).unwrap();
        let mut cbor = Vec::new();
        ciborium::into_writer(&state, &mut cbor).unwrap();
        for (kind, value) in [(Kind::MessagePack, packed), (Kind::Cbor, cbor)] {
            for front in [&b""[..], b"1234"] {
                let expected = Tally {
                    bytes: value.len() as u64,
                    fields: 3,
                    // Each with one byte in front.
                    name_bytes: 5 + 8 + 7,
                    text_bytes: 3 + 3,
                    blob_bytes: 0,
                    members: 3 + 1 + 2,
                };
                assert_eq!(tally(kind, front, &value), Some(expected));
            }
        }
    }

    #[test]
    fn a_map_of_numbers_is_a_collection_and_what_breaks_off_is_not_counted() {
        let map = b"\x82\x01\xa1a\x02\xa1b";
        assert_eq!(tally(Kind::MessagePack, b"", map).unwrap().members, 2);
        assert_eq!(tally(Kind::MessagePack, b"", &map[..5]), None);
        assert_eq!(tally(Kind::Candid, b"", map), None);
    }
}
