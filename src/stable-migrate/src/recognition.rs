//! What bytes are: whose format, how sure that is, and why.
//!
//! Stable memory has no types, and hardly any format in it a magic. Everything that can be there is therefore tried,
//! each try is weighed by how much of what it read cannot be there by chance, and the likeliest is told together
//! with its reasons. What is no more than possible is told as that: nobody should act on it.

use serde::Serialize;

use crate::virtual_memory::Flaw;

mod candid;
mod file_type;
mod fixed;
mod frame;
mod kind;
mod motoko;
#[cfg(feature = "run")]
mod packs;
mod protobuf;
mod span;
#[cfg(feature = "run")]
mod tally;
mod text;
mod tokens;
mod tree;
mod varint;

pub use frame::Frame;
pub use kind::{Certainty, Kind};
#[cfg(feature = "run")]
pub use packs::packed_entries;
pub use span::Bytes;
#[cfg(feature = "run")]
pub use tally::Tally;

use span::{Source, Span};

/// What was recognized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Found {
    /// The format.
    pub kind: Kind,
    /// What stands in front of it.
    pub frame: Frame,
    /// How sure that is.
    pub certainty: Certainty,
    /// Why.
    pub reasons: Vec<String>,
    /// Bytes it takes, what stands in front of it included; where that cannot be told, up to the last byte that is
    /// not zero.
    pub bytes: u64,
    /// Entries of the outermost map or list, where there is one.
    pub entries: Option<u64>,
}

impl Found {
    fn of(kind: Kind, certainty: Certainty, reason: &str) -> Self {
        Self {
            kind,
            frame: Frame::None,
            certainty,
            reasons: vec![reason.into()],
            bytes: 0,
            entries: None,
        }
    }

    fn certain(self) -> Self {
        Self {
            certainty: Certainty::Certain,
            ..self
        }
    }

    fn in_frame(mut self, frame: Frame, start: u64) -> Self {
        self.frame = frame;
        self.bytes = self.bytes.saturating_add(start);
        self
    }

    /// Whether one can act on it.
    pub fn is_a_find(&self) -> bool {
        self.certainty > Certainty::Possible
    }
}

/// Headers of programs' own are hardly longer where a value follows at once.
const MOST_HEADER: u8 = 64;

/// What came of looking at bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognized {
    /// Nothing but zeros.
    Zeros,
    /// The likeliest.
    Found(Found),
    /// A value of this library's codecs that breaks off: the sentence says where.
    Broken(String),
}

/// Whose bytes are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A canister's whole stable memory, which can be Motoko's.
    StableMemory,
    /// One memory of a memory manager.
    VirtualMemory,
}

/// Tells what bytes are.
///
/// # Errors
/// [`Flaw::Unreadable`].
pub fn recognize(bytes: &dyn Bytes, place: Place) -> Result<Recognized, Flaw> {
    let source = Source::of(bytes)?;
    let recognized = look(source.whole(), place);
    source.finish()?;
    Ok(recognized)
}

fn look(span: Span, place: Place) -> Recognized {
    if span.used() == 0 {
        return Recognized::Zeros;
    }
    if place == Place::StableMemory
        && let Some(found) = motoko::look(span)
    {
        return Recognized::Found(found);
    }
    let mut broken = None;
    let mut found = alone(span, &mut broken);
    for (frame, start, value) in Frame::all_of(span) {
        let framed = framed(value).into_iter();
        found.extend(framed.map(|found| found.in_frame(frame, start)));
    }
    // What has neither names nor a magic is outweighed by what is certain.
    if !found
        .iter()
        .any(|found| found.is_a_find() && found.kind >= Kind::Cbor)
    {
        found.extend(behind_header(span));
    }
    let best = found.into_iter().max_by_key(|found| {
        let is_framed = found.frame != Frame::None;
        (found.certainty, is_framed, found.kind, found.bytes)
    });
    match (best, broken) {
        // Names of fields weigh more than what formats without names can show.
        (Some(best), Some(broken)) if best.kind < Kind::Cbor || !best.is_a_find() => {
            Recognized::Broken(broken)
        }
        (Some(best), _) => Recognized::Found(best),
        (None, Some(broken)) => Recognized::Broken(broken),
        (None, None) => Recognized::Found(Found {
            bytes: span.used(),
            ..Found::of(
                Kind::Unknown,
                Certainty::Possible,
                "it reads as none of the formats that are known here",
            )
        }),
    }
}

/// What starts at the span's first byte. Says in `broken` what began as a value and is none.
fn alone(span: Span, broken: &mut Option<String>) -> Vec<Found> {
    let mut found = Vec::new();
    for kind in [Kind::Cbor, Kind::MessagePack] {
        match tree(span, kind, false) {
            Ok(read) => found.extend(read),
            Err(sentence) => *broken = Some(sentence),
        }
    }
    if span.array(0) == *b"DIDL" {
        match candid::read(span) {
            Ok(message) => found.push(candid_found(&message)),
            Err(reason) => *broken = Some(format!("it starts like Candid, but {reason}")),
        }
    }
    found.extend(text::json(span));
    found.extend(file_type::look(span));
    found.extend(without_names(span));
    found.extend(file_type::evenly_spread(span));
    found
}

/// What is certain behind a few bytes of a program's own, as a version.
fn behind_header(span: Span) -> Option<Found> {
    (1..=MOST_HEADER).find_map(|bytes| {
        let value = span.part(bytes.into(), span.len());
        let mut found = Vec::new();
        for kind in [Kind::Cbor, Kind::MessagePack] {
            found.extend(tree(value, kind, false).unwrap_or_default());
        }
        if value.array(0) == *b"DIDL" {
            found.extend(candid::read(value).ok().as_ref().map(candid_found));
        }
        found.extend(text::json(value));
        found.extend(file_type::look(value));
        let certain = |found: &Found| found.certainty == Certainty::Certain;
        let found = found.into_iter().find(certain)?;
        Some(found.in_frame(Frame::Header(bytes), bytes.into()))
    })
}

/// Text, or where it is none, what the encodings without names and types could have written.
fn without_names(span: Span) -> Vec<Found> {
    if let Some(text) = text::plain(span) {
        return vec![text];
    }
    let mut found = fixed::look(span);
    found.extend(protobuf::look(span));
    found.extend(varint::look(span));
    found
}

/// What fills a span that has a length in front.
fn framed(value: Span) -> Vec<Found> {
    let mut found = Vec::new();
    for kind in [Kind::Cbor, Kind::MessagePack] {
        found.extend(tree(value, kind, true).unwrap_or_default());
    }
    if value.array(0) == *b"DIDL" {
        found.extend(candid::read(value).ok().as_ref().map(candid_found));
    }
    // A length in front of other formats is told by where the data ends: they do not say themselves where they do.
    if value.has_gap_at(value.len()) {
        found.extend(text::json(value));
        let mut rest: Vec<Found> = file_type::look(value).into_iter().collect();
        rest.extend(without_names(value));
        found.extend(rest.into_iter().map(|found| Found {
            bytes: value.len(),
            ..found
        }));
    }
    found.retain(|found| found.bytes == value.len());
    if found.is_empty()
        && value.data_behind(0) > value.len().saturating_sub(8)
        && value.has_gap_at(value.len())
    {
        found.push(Found {
            bytes: value.len(),
            ..Found::of(
                Kind::Unknown,
                Certainty::Possible,
                "the length agrees with where the data ends",
            )
        });
    }
    found
}

fn candid_found(message: &candid::Message) -> Found {
    let reason = format!(
        "it has Candid's magic and reads to its end: {} bytes, {} values",
        message.bytes, message.arguments
    );
    Found {
        bytes: message.bytes,
        ..Found::of(Kind::Candid, Certainty::Certain, &reason)
    }
}

/// A value in CBOR or MessagePack.
///
/// # Errors
/// A sentence, for one that was meant as such and breaks off.
fn tree(span: Span, kind: Kind, framed: bool) -> Result<Option<Found>, String> {
    let Some(next) = tree::tokens_of(kind) else {
        return Ok(None);
    };
    match tree::read(span, next) {
        tree::Read::Whole(tree) if !tree.runs_into_zeros(span) => {
            Ok(tree.judge(span, framed).map(|(certainty, reasons)| Found {
                kind,
                frame: Frame::None,
                certainty,
                reasons,
                bytes: tree.bytes,
                entries: tree.entries,
            }))
        }
        tree::Read::Whole(tree) | tree::Read::Broken(tree) if tree.was_meant() && !framed => {
            Err(format!(
                "it starts like a record in {kind}, with names of fields, but breaks off after {} bytes",
                tree.bytes.min(span.used())
            ))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
