//! Protocol buffers: fields one after the other, each with its number, until the data ends.

use super::span::{Reader, Span};
use super::text::is_text;
use super::{Certainty, Found, Kind};

/// Higher field numbers than any message in use has.
const MAX_FIELD: u64 = 4_096;

/// Higher field numbers than most messages have.
const USUAL_FIELD: u64 = 128;

/// A message ends where the data does, or a few bytes behind: its last field may end in zeros.
const MOST_ZEROS: u64 = 7;

/// Less than that is a field of anything.
const LEAST: u64 = 8;

/// Looks for a message at the start of a span.
pub fn look(span: Span) -> Option<Found> {
    let used = span.used();
    if used < LEAST {
        return None;
    }
    let mut reader = span.reader(0);
    let (mut fields, mut texts, mut highest) = (0u64, 0u64, 0u64);
    while reader.position() < used {
        let Some((number, text)) = field(span, &mut reader) else {
            return start_only(fields, texts, used);
        };
        fields += 1;
        texts += text;
        highest = highest.max(number);
    }
    let bytes = reader.position();
    if bytes > used + MOST_ZEROS || fields == 0 {
        return None;
    }
    let certainty = match bytes {
        _ if highest > USUAL_FIELD => Certainty::Possible,
        16.. if texts >= 4 => Certainty::Likely,
        48.. if fields >= 8 => Certainty::Likely,
        _ => Certainty::Possible,
    };
    let reason = format!(
        "{fields} fields with {texts} bytes of text end where the data ends, after {bytes} bytes"
    );
    Some(Found {
        bytes,
        ..Found::of(Kind::Protobuf, certainty, &reason)
    })
}

/// Reads a field; returns its number and the bytes of its text.
fn field(span: Span, reader: &mut Reader) -> Option<(u64, u64)> {
    let tag = reader.leb()?;
    if !(1..=MAX_FIELD).contains(&(tag >> 3)) {
        return None;
    }
    let text = match tag & 7 {
        0 => reader.leb().map(|_| 0),
        1 => reader.skip(8).map(|()| 0),
        5 => reader.skip(4).map(|()| 0),
        2 => {
            let length = reader.leb()?;
            let at = reader.position();
            reader.skip(length)?;
            let is_text = length > 1 && is_text(span.part(at, length));
            Some(if is_text { length } else { 0 })
        }
        _ => None,
    };
    Some((tag >> 3, text?))
}

/// A first field of text, and then something that is no field.
fn start_only(fields: u64, texts: u64, used: u64) -> Option<Found> {
    (fields > 0 && texts > 3).then(|| Found {
        bytes: used,
        ..Found::of(
            Kind::Protobuf,
            Certainty::Possible,
            &format!("it starts with {fields} fields that hold {texts} bytes of text, and does not read on"),
        )
    })
}
