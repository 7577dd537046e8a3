//! postcard: no names, no types, and numbers and lengths of seven bits a byte.
//!
//! A list is told by its number of elements: so many elements of one shape end where the data ends. A record is told
//! by its texts.

use super::span::Span;
use super::text::is_line;
use super::{Certainty, Found, Kind};

/// Larger data is not looked through for every shape.
const MOST: u64 = 4 << 20;

/// Numbers and texts an element can have, for a list of such elements to be recognized.
const MAX_PARTS: u32 = 4;

/// Looks for it at the start of a span.
pub fn look(span: Span) -> Option<Found> {
    let used = span.used();
    if used > MOST {
        return None;
    }
    let data = span.copy(0, used as usize);
    let (certainty, reason) = list(&data).max(record(&data)).max(bytes(&data))?;
    Some(Found {
        bytes: used,
        ..Found::of(Kind::Postcard, certainty, &reason)
    })
}

/// The number at `at`, and where it ends.
fn number(data: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        // Zeros at the end were cut off.
        let byte = data.get(at).copied().unwrap_or(0);
        at += 1;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

type Guess = Option<(Certainty, String)>;

fn list(data: &[u8]) -> Guess {
    let (entries, start) = number(data, 0)?;
    if entries < 2 || entries > data.len() as u64 {
        return None;
    }
    let zeros = data.iter().filter(|&&byte| byte == 0).count();
    // Each shape is a sequence of parts, a bit for each: a text or bytes behind their length, or a number.
    (1..=MAX_PARTS)
        .flat_map(|parts| (0..1u32 << parts).map(move |shape| (parts, shape)))
        .filter_map(|(parts, shape)| {
            let (end, text) = elements(data, start, entries, parts, shape)?;
            // Zeros at the end belong to the last element.
            if end < data.len() || end >= data.len() + parts as usize {
                return None;
            }
            let certainty = match (entries, text) {
                (_, 8..) => Certainty::Likely,
                // Small numbers of a fixed width read as numbers and zeros.
                (32.., _) if 2 * zeros < data.len() => Certainty::Likely,
                _ => Certainty::Possible,
            };
            let reason = format!(
                "a length says {entries}, and so many elements of {parts} parts, with {text} bytes of text, end where the data ends"
            );
            Some((certainty, reason))
        })
        .max()
}

/// Reads `entries` elements of a shape; returns where they end, and how many bytes of them are text.
fn elements(
    data: &[u8],
    start: usize,
    entries: u64,
    parts: u32,
    shape: u32,
) -> Option<(usize, usize)> {
    let (mut at, mut text) = (start, 0);
    for _ in 0..entries {
        for part in 0..parts {
            if at >= data.len() + MAX_PARTS as usize {
                return None;
            }
            let (value, end) = number(data, at)?;
            at = end;
            if shape >> part & 1 == 1 {
                let end = at.checked_add(usize::try_from(value).ok()?)?;
                let bytes = data.get(at..end)?;
                if is_line(bytes) {
                    text += bytes.len();
                }
                at = end;
            }
        }
    }
    Some((at, text))
}

/// Bytes behind their length; the last of them may be zeros.
fn bytes(data: &[u8]) -> Guess {
    let (length, start) = number(data, 0)?;
    let there = data.len().checked_sub(start)? as u64;
    // A length of one byte agrees too often by chance.
    (start > 1 && (there..there + 4).contains(&length)).then(|| {
        let reason = format!("a length of {start} bytes says {length}, and the data ends there");
        (Certainty::Likely, reason)
    })
}

fn record(data: &[u8]) -> Guess {
    let (mut at, mut texts, mut text_bytes) = (0, 0, 0);
    while at < data.len() {
        let Some((length, behind)) = number(data, at) else {
            // Numbers of a fixed width stand there, as floats do.
            at += 1;
            continue;
        };
        let text = usize::try_from(length)
            .ok()
            .filter(|&length| length > 2)
            .and_then(|length| data.get(behind..behind.checked_add(length)?))
            .filter(|text| is_line(text));
        at = behind + text.map_or(0, <[u8]>::len);
        if let Some(text) = text {
            texts += 1;
            text_bytes += text.len();
        }
    }
    let certainty = match (texts, text_bytes * 3 >= data.len()) {
        (3.., true) => Certainty::Likely,
        (1.., true) => Certainty::Possible,
        _ => return None,
    };
    let reason =
        format!("{texts} texts of {text_bytes} bytes stand behind lengths of seven bits a byte");
    Some((certainty, reason))
}
