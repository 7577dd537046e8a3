//! Texts and byte strings.

use serde::de::Expected;

use super::{Decoder, Failure, Head, Length, mismatch};
use crate::codec::item::not_utf8;

impl Decoder<'_> {
    /// Appends a string's bytes, be it in one piece or in several.
    fn string(&mut self, length: Length, text: bool, to: &mut Vec<u8>) -> Result<(), Failure> {
        if let Some(length) = length.known() {
            return self.input.append(length, to);
        }
        while !self.at_break()? {
            match self.head()? {
                Head::Text(piece) if text && piece != Length::NONE => {
                    self.string(piece, text, to)?
                }
                Head::Bytes(piece) if !text && piece != Length::NONE => {
                    self.string(piece, text, to)?
                }
                head => return Err(mismatch(head, &"a piece of a string")),
            }
        }
        Ok(())
    }

    /// A text for keeps.
    pub(super) fn owned_text(&mut self, length: Length) -> Result<String, Failure> {
        let bytes = match length.known().and_then(|length| self.input.few(length)) {
            Some(bytes) => bytes,
            None => {
                let mut bytes = Vec::new();
                self.string(length, true, &mut bytes)?;
                bytes
            }
        };
        String::from_utf8(bytes).map_err(|error| not_utf8(error.utf8_error()))
    }

    /// A text that is there until the next one is read.
    pub(super) fn passing_text(&mut self, length: Length) -> Result<&str, Failure> {
        let here = length.known().filter(|&length| self.input.has(length));
        let bytes = match here {
            Some(length) => self.input.lying(length),
            None => {
                let mut bytes = std::mem::take(&mut self.text);
                bytes.clear();
                self.string(length, true, &mut bytes)?;
                self.text = bytes;
                &self.text
            }
        };
        std::str::from_utf8(bytes).map_err(not_utf8)
    }

    /// The bytes of a string or of an array of them.
    pub(super) fn owned_bytes(
        &mut self,
        head: Head,
        expected: &dyn Expected,
    ) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        match head {
            Head::Bytes(length) => self.string(length, false, &mut bytes)?,
            Head::Text(length) => self.string(length, true, &mut bytes)?,
            Head::Array(length) => loop {
                match length.known() {
                    Some(length) if length == bytes.len() as u64 => break,
                    None if self.at_break()? => break,
                    _ => {}
                }
                match self.item()? {
                    Head::Unsigned(byte @ 0..=0xff) => bytes.push(byte as u8),
                    head => return Err(mismatch(head, &"a byte")),
                }
            },
            head => return Err(mismatch(head, expected)),
        }
        Ok(bytes)
    }
}
