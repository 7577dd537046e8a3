//! What Motoko leaves in stable memory.
//!
//! ```text
//! stable variables alone    length u32 @0, then one record in Candid, extended by what is mutable
//! stable memory or regions  0 @0, and in the last 12 bytes of the memory: its pages u32, the first word that the 0
//!                           displaced u32, version u32; version 1 has length and record behind those pages
//! ```
//! Versions 1 and 2 keep the stable variables there (2 has regions); 3 to 6 are those of enhanced orthogonal
//! persistence, which keeps them on the heap.

use super::frame::Frame;
use super::span::Span;
use super::{Certainty, Found, Kind, candid};

const PAGE: u64 = 65_536;
const VERSIONS: std::ops::RangeInclusive<u32> = 1..=6;

/// Looks for either.
pub fn look(span: Span) -> Option<Found> {
    match span.u32(0) {
        0 => with_version(span),
        length => variables(span, length.into()),
    }
}

fn variables(span: Span, length: u64) -> Option<Found> {
    let value = span.part(4, length);
    if value.len() < length || value.array(0) != *b"DIDL" {
        return None;
    }
    let (certainty, reason) = match candid::read(value) {
        Ok(message) if message.bytes == length && message.is_one_record => (
            Certainty::Likely,
            "one record in Candid behind its length: Motoko's stable variables are kept so, and a canister in Rust can do the same",
        ),
        // Plain Candid of any other shape is a canister's own.
        Ok(_) => return None,
        Err(_) => (
            Certainty::Likely,
            "behind a length stands Candid with types that plain Candid does not have, as for what is mutable in Motoko",
        ),
    };
    Some(Found {
        frame: Frame::U32Le,
        bytes: 4 + length,
        ..Found::of(Kind::Motoko, certainty, reason)
    })
}

fn with_version(span: Span) -> Option<Found> {
    let end = span.len();
    let version = span.u32(end.checked_sub(4)?);
    if !VERSIONS.contains(&version) || span.used() != end - 3 {
        return None;
    }
    let pages = u64::from(span.u32(end - 12));
    let variables = pages * PAGE;
    let holds_variables =
        version <= 2 && pages > 0 && variables + 8 < end && span.array(variables + 4) == *b"DIDL";
    let (certainty, reason) = match holds_variables {
        true => (
            Certainty::Certain,
            format!(
                "a zero stands at its start, version {version} at its end, and Candid where the {pages} pages end that it names"
            ),
        ),
        false => (
            Certainty::Likely,
            format!(
                "a zero stands at its start and version {version} of Motoko's layouts at its end"
            ),
        ),
    };
    Some(Found {
        bytes: end,
        ..Found::of(Kind::Motoko, certainty, &reason)
    })
}
