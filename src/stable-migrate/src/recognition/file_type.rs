//! Files and packed data by the bytes they start with, and what has no pattern at all.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

use super::span::Span;
use super::{Certainty, Found, Kind};

/// Magics of at least three bytes, where they stand, and whose they are.
const MAGICS: [(u64, &[u8], Kind); 20] = [
    (0, b"SQLite format 3\0", Kind::Sqlite),
    (0, b"\x28\xb5\x2f\xfd", Kind::Zstd),
    (0, b"\xfd7zXZ\0", Kind::Packed),
    (0, b"BZh91AY&SY", Kind::Packed),
    (0, b"\x04\x22\x4d\x18", Kind::Packed),
    (0, b"\xff\x06\0\0sNaPpY", Kind::Packed),
    (0, b"7z\xbc\xaf\x27\x1c", Kind::Packed),
    (0, b"PK\x03\x04", Kind::Packed),
    (257, b"ustar", Kind::Packed),
    (0, b"\x89PNG\r\n\x1a\n", Kind::Picture),
    (0, b"\xff\xd8\xff", Kind::Picture),
    (0, b"GIF87a", Kind::Picture),
    (0, b"GIF89a", Kind::Picture),
    (8, b"WEBP", Kind::Picture),
    (4, b"ftyp", Kind::Picture),
    (0, b"%PDF-", Kind::Document),
    (0, b"\0asm\x01\0\0\0", Kind::Program),
    (0, b"\x7fELF", Kind::Program),
    (0, b"PAR1", Kind::Table),
    (0, b"Obj\x01", Kind::Table),
];

/// How much packed data is expanded before its checksum is given up.
const MOST_EXPANDED: u64 = 256 << 20;

/// What a span is by its magic.
pub fn look(span: Span) -> Option<Found> {
    match span.array(0) {
        // Reserved flags are never set.
        [0x1f, 0x8b, 8, 0..=0x1f] => {
            return Some(expanded(span, Kind::Gzip, GzDecoder::new(span.reader(0))));
        }
        // Two bytes are no magic: only the checksum shows that it is packed.
        [first @ 0x78, second, ..] if (u32::from(first) << 8 | u32::from(second)) % 31 == 0 => {
            let found = expanded(span, Kind::Packed, ZlibDecoder::new(span.reader(0)));
            return (found.certainty == Certainty::Certain).then_some(found);
        }
        _ => {}
    }
    let (_, magic, kind) = MAGICS
        .into_iter()
        .find(|(at, magic, _)| span.copy(*at, magic.len()) == *magic)?;
    Some(Found {
        bytes: span.used(),
        ..Found::of(kind, Certainty::Likely, "it starts with the magic of one")
    })
    .map(|found| match magic.len() {
        0..=3 => found,
        _ => found.certain(),
    })
}

/// Packed data with a checksum: certain if that agrees.
fn expanded(span: Span, kind: Kind, mut decoder: impl Read) -> Found {
    let mut expanded = 0;
    let mut buffer = [0; 4_096];
    let (certainty, reason) = loop {
        match decoder.read(&mut buffer) {
            Ok(0) => {
                let reason = format!("it expands to {expanded} bytes and its checksum agrees");
                break (Certainty::Certain, reason);
            }
            Ok(len) if expanded < MOST_EXPANDED => expanded += len as u64,
            // Broken, or too long to be read for a checksum's sake.
            _ => {
                let reason = format!("it has the magic of one and expands for {expanded} bytes");
                break (Certainty::Likely, reason);
            }
        }
    };
    Found {
        bytes: span.used(),
        ..Found::of(kind, certainty, &reason)
    }
}

/// Bytes spread as evenly as if by chance: encrypted, packed in an unknown way, or random.
pub fn evenly_spread(span: Span) -> Option<Found> {
    const SAMPLE: usize = 64 << 10;
    const LEAST: usize = 512;
    let sample = span.part(0, span.used()).copy(0, SAMPLE);
    if sample.len() < LEAST {
        return None;
    }
    let mut counts = [0u32; 256];
    for &byte in &sample {
        counts[usize::from(byte)] += 1;
    }
    let expected = sample.len() as f64 / 256.0;
    let chi_square: f64 = counts
        .iter()
        .map(|&count| (f64::from(count) - expected).powi(2) / expected)
        .sum();
    // 255 by chance; packed data is a little less even.
    (chi_square < 400.0).then(|| Found {
        bytes: span.used(),
        ..Found::of(
            Kind::Random,
            Certainty::Likely,
            "its bytes are spread as evenly as if by chance: encrypted, packed or random",
        )
    })
}
