//! CBOR and MessagePack, token by token: what a value is made of, without building it.
//!
//! Nothing is believed before it is there, nothing is kept, and nothing recurses: a value of any size and depth is
//! read through one buffer.

use std::hash::{DefaultHasher, Hasher};
use std::io::Read;

use super::span::Reader;
use super::text::is_of_text;

/// One token of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A number, a truth value, nothing.
    Scalar,
    /// The number 0.
    Zero,
    /// Text.
    Text(Text),
    /// Bytes.
    Bytes,
    /// A list of so many elements; of as many as come before an [`Token::End`].
    List(Option<u64>),
    /// A map of so many entries; of as many as come before an [`Token::End`].
    Map(Option<u64>),
    /// A mark on the value that follows.
    Tag,
    /// The end of a list or map of unknown length.
    End,
}

/// What is known of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether it has no control characters but those of texts of several lines.
    pub printable: bool,
    /// Whether it is like a field's name: letters, digits and underscores.
    pub name: bool,
    /// A hash of it.
    pub hash: u64,
}

/// A token, and whether it is written longer than it has to be: no writer does that.
pub type Taken = (Token, bool);

/// How a format writes tokens. `None` where there is none.
pub type Next = fn(&mut Reader) -> Option<Taken>;

/// The next token of CBOR.
pub fn cbor(reader: &mut Reader) -> Option<Taken> {
    let first = reader.byte()?;
    let (major, minor) = (first >> 5, first & 0x1f);
    if minor == 31 {
        let token = match major {
            4 => Token::List(None),
            5 => Token::Map(None),
            7 => Token::End,
            2 | 3 => return segments(reader, major),
            _ => return None,
        };
        return Some((token, false));
    }
    let (value, least) = match minor {
        0..=23 => (u64::from(minor), 0),
        24 => (u64::from(reader.byte()?), 24),
        25 => (u64::from(u16::from_be_bytes(reader.array()?)), 1 << 8),
        26 => (u64::from(u32::from_be_bytes(reader.array()?)), 1 << 16),
        27 => (u64::from_be_bytes(reader.array()?), 1 << 32),
        _ => return None,
    };
    let longer = value < least && major != 7;
    let token = match major {
        0 if value == 0 => Token::Zero,
        0 | 1 => Token::Scalar,
        2 => {
            reader.skip(value)?;
            Token::Bytes
        }
        3 => Token::Text(text(reader, value)?),
        4 => Token::List(Some(value)),
        5 => Token::Map(Some(value)),
        6 => Token::Tag,
        // False, true, null and undefined, and floats; the others have no meaning.
        _ if matches!(minor, 20..=23 | 25..=27) => Token::Scalar,
        _ => return None,
    };
    Some((token, longer))
}

/// Text or bytes in pieces, each with its length in front.
fn segments(reader: &mut Reader, major: u8) -> Option<Taken> {
    let mut whole = Text {
        bytes: 0,
        printable: true,
        name: false,
        hash: 0,
    };
    loop {
        // The break ends them; anything that is not a piece of the same kind is not CBOR.
        match cbor_piece(reader, major)? {
            None => break,
            Some(piece) => {
                whole.bytes = whole.bytes.checked_add(piece.bytes)?;
                whole.printable &= piece.printable;
                whole.hash = whole.hash.rotate_left(1) ^ piece.hash;
            }
        }
    }
    let token = if major == 3 {
        Token::Text(whole)
    } else {
        Token::Bytes
    };
    Some((token, false))
}

fn cbor_piece(reader: &mut Reader, major: u8) -> Option<Option<Text>> {
    let first = reader.byte()?;
    if first == 0xff {
        return Some(None);
    }
    if first >> 5 != major {
        return None;
    }
    let length = match first & 0x1f {
        minor @ 0..=23 => u64::from(minor),
        24 => u64::from(reader.byte()?),
        25 => u64::from(u16::from_be_bytes(reader.array()?)),
        26 => u64::from(u32::from_be_bytes(reader.array()?)),
        27 => u64::from_be_bytes(reader.array()?),
        _ => return None,
    };
    if major == 3 {
        return text(reader, length).map(Some);
    }
    reader.skip(length)?;
    Some(Some(Text {
        bytes: length,
        printable: false,
        name: false,
        hash: 0,
    }))
}

/// The next token of MessagePack.
pub fn messagepack(reader: &mut Reader) -> Option<Taken> {
    let first = reader.byte()?;
    let length = |reader: &mut Reader, width: u8| match width {
        0 => Some((u64::from(reader.byte()?), 0)),
        1 => Some((u64::from(u16::from_be_bytes(reader.array()?)), 1 << 8)),
        _ => Some((u64::from(u32::from_be_bytes(reader.array()?)), 1 << 16)),
    };
    Some(match first {
        0x00 => (Token::Zero, false),
        0x01..=0x7f | 0xe0..=0xff => (Token::Scalar, false),
        0x80..=0x8f => (Token::Map(Some(u64::from(first & 0x0f))), false),
        0x90..=0x9f => (Token::List(Some(u64::from(first & 0x0f))), false),
        0xa0..=0xbf => (Token::Text(text(reader, u64::from(first & 0x1f))?), false),
        0xc0 | 0xc2 | 0xc3 => (Token::Scalar, false),
        0xc1 => return None,
        0xc4..=0xc6 => {
            let (bytes, least) = length(reader, first - 0xc4)?;
            reader.skip(bytes)?;
            (Token::Bytes, bytes < least)
        }
        0xc7..=0xc9 => {
            let (bytes, least) = length(reader, first - 0xc7)?;
            reader.skip(bytes.checked_add(1)?)?;
            (Token::Bytes, bytes < least)
        }
        0xca => (scalar(reader, 4)?, false),
        0xcb => (scalar(reader, 8)?, false),
        0xcc => (Token::Scalar, reader.byte()? < 0x80),
        0xcd => (Token::Scalar, u16::from_be_bytes(reader.array()?) < 1 << 8),
        0xce => (Token::Scalar, u32::from_be_bytes(reader.array()?) < 1 << 16),
        0xcf => (Token::Scalar, u64::from_be_bytes(reader.array()?) < 1 << 32),
        0xd0..=0xd3 => (scalar(reader, 1 << (first - 0xd0))?, false),
        0xd4..=0xd8 => (scalar(reader, 1 + (1 << (first - 0xd4)))?, false),
        0xd9..=0xdb => {
            let (bytes, least) = length(reader, first - 0xd9)?;
            (Token::Text(text(reader, bytes)?), bytes < least.max(32))
        }
        0xdc | 0xdd => {
            let (entries, least) = length(reader, first - 0xdb)?;
            let least = if first == 0xdc { 16 } else { least };
            (Token::List(Some(entries)), entries < least)
        }
        0xde | 0xdf => {
            let (entries, least) = length(reader, first - 0xdd)?;
            let least = if first == 0xde { 16 } else { least };
            (Token::Map(Some(entries)), entries < least)
        }
    })
}

fn scalar(reader: &mut Reader, bytes: u64) -> Option<Token> {
    reader.skip(bytes).map(|()| Token::Scalar)
}

/// Reads a text of `bytes` bytes; `None` if it is not UTF-8 or not there.
pub fn text(reader: &mut Reader, bytes: u64) -> Option<Text> {
    if bytes > reader.left() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    let mut facts = Text {
        bytes,
        printable: true,
        name: (1..=64).contains(&bytes),
        hash: 0,
    };
    let mut chunk = [0; 1_024];
    let (mut left, mut carried) = (bytes, 0);
    while left > 0 {
        let len = left.min((chunk.len() - carried) as u64) as usize;
        reader.read_exact(&mut chunk[carried..carried + len]).ok()?;
        left -= len as u64;
        let filled = carried + len;
        let valid = match std::str::from_utf8(&chunk[..filled]) {
            Ok(text) => text.len(),
            // A character may go on in the next chunk.
            Err(error) if error.error_len().is_none() && left > 0 => error.valid_up_to(),
            Err(_) => return None,
        };
        let text = std::str::from_utf8(&chunk[..valid]).ok()?;
        facts.printable &= text.chars().all(is_of_text);
        facts.name &= text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !text.starts_with(|first: char| first.is_ascii_digit());
        hasher.write(text.as_bytes());
        chunk.copy_within(valid..filled, 0);
        carried = filled - valid;
    }
    facts.hash = hasher.finish();
    Some(facts)
}
