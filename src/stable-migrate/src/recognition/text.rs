//! JSON, and other text.

use serde::de::IgnoredAny;

use super::span::Span;
use super::{Certainty, Found, Kind};

/// How much is looked at to tell whether it is text.
const SAMPLE: usize = 64 << 10;

/// JSON: an object, a list or a text, alone or with what an older, longer value has left behind it.
pub fn json(span: Span) -> Option<Found> {
    let first = *span
        .copy(0, 64)
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())?;
    if !matches!(first, b'{' | b'[' | b'"') {
        return None;
    }
    // The decoder reads ahead of what it says it has taken by no byte.
    let mut stream =
        serde_json::Deserializer::from_reader(span.reader(0)).into_iter::<IgnoredAny>();
    let read = stream.next()?;
    let bytes = stream.byte_offset() as u64;
    match read {
        Ok(_) => {
            let ends = span.has_gap_at(bytes);
            let reason = format!("it reads as JSON to byte {bytes}");
            let certainty = match (ends, bytes) {
                (true, 7..) | (false, 256..) => Certainty::Certain,
                (true, 3..) => Certainty::Likely,
                _ => Certainty::Possible,
            };
            Some(Found {
                bytes,
                ..Found::of(Kind::Json, certainty, &reason)
            })
        }
        Err(_) => {
            let start: Vec<u8> = span.copy(0, 256);
            let start: Vec<u8> = start
                .into_iter()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect();
            let is_object = start.starts_with(b"{\"") || start.starts_with(b"[{\"");
            let has_name = start.windows(2).any(|pair| pair == b"\":");
            (is_object && has_name).then(|| Found {
                bytes: span.used(),
                ..Found::of(
                    Kind::Json,
                    Certainty::Likely,
                    "it starts with a name and a colon, but does not read to an end",
                )
            })
        }
    }
}

/// Text without control characters up to its end.
pub fn plain(span: Span) -> Option<Found> {
    let used = span.used();
    let sample = span.part(0, used).copy(0, SAMPLE);
    let text = match std::str::from_utf8(&sample) {
        Ok(text) => text,
        // The sample may end inside a character.
        Err(error) if error.error_len().is_none() && sample.len() == SAMPLE => {
            std::str::from_utf8(&sample[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if !text.chars().all(is_of_text) {
        return None;
    }
    let certainty = match used {
        16.. => Certainty::Likely,
        4.. => Certainty::Possible,
        _ => return None,
    };
    let reason = "it is text without control characters";
    Some(Found {
        bytes: used,
        ..Found::of(Kind::Text, certainty, reason)
    })
}

/// Whether all of `bytes` are text of one line.
pub fn is_line(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control))
}

/// Whether a span of at most 64 KiB is text.
pub fn is_text(span: Span) -> bool {
    span.len() <= SAMPLE as u64
        && std::str::from_utf8(&span.copy(0, SAMPLE)).is_ok_and(|text| text.chars().all(is_of_text))
}

/// Whether a text can have this character.
pub fn is_of_text(c: char) -> bool {
    !c.is_control() || matches!(c, '\n' | '\r' | '\t')
}
