//! Encodings without names or types whose lengths have a fixed width: bincode (8 bytes), borsh (4).
//!
//! They can only be told by what they hold: a number of elements that divides the data, texts behind their lengths,
//! numbers with zeros at their upper end.

use super::span::Span;
use super::text::is_line;
use super::{Certainty, Found, Kind};

/// How much is looked at.
const SAMPLE: usize = 64 << 10;

/// Larger elements of a list are rarely all of one size.
const MAX_ELEMENT: u64 = 4_096;

/// Looks for either at the start of a span.
pub fn look(span: Span) -> Vec<Found> {
    let sample = span.part(0, span.used()).copy(0, SAMPLE);
    let both = |guess: &dyn Fn(usize) -> Guess| -> Vec<Found> {
        [(Kind::Bincode, 8), (Kind::Borsh, 4)]
            .into_iter()
            .filter_map(|(kind, width)| {
                let (certainty, reason) = guess(width)?;
                Some(Found {
                    bytes: span.used(),
                    ..Found::of(kind, certainty, &reason)
                })
            })
            .collect()
    };
    // Texts show the width of their lengths; numbers alone can often be read with either.
    let by_texts = both(&|width| texts(&sample, width));
    if by_texts.iter().any(Found::is_a_find) {
        return by_texts;
    }
    both(&|width| {
        list(span, &sample, width)
            .max(texts(&sample, width))
            .or_else(|| numbers(&sample, width))
    })
}

/// The little-endian number of `width` bytes at `at`; `None` where the sample has ended.
fn number(sample: &[u8], at: usize, width: usize) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes[..width].copy_from_slice(sample.get(at..at + width)?);
    Some(u64::from_le_bytes(bytes))
}

type Guess = Option<(Certainty, String)>;

/// A number of elements, and as many elements of one size up to where the data ends.
fn list(span: Span, sample: &[u8], width: usize) -> Guess {
    let entries = number(sample, 0, width).filter(|&entries| entries >= 2)?;
    let body = span.used().checked_sub(width as u64)?;
    let size = body.div_ceil(entries);
    // The last element may end in zeros, but not be nothing but zeros.
    let end = entries.checked_mul(size)?;
    if size == 0 || size > MAX_ELEMENT || end - body >= size || end + width as u64 > span.len() {
        return None;
    }
    let elements = &sample[width..];
    let always_zero = (0..size as usize)
        .filter(|&column| {
            let column = elements.iter().skip(column).step_by(size as usize);
            column.clone().next().is_some() && column.into_iter().all(|&byte| byte == 0)
        })
        .count();
    // Most numbers of eight bytes fit into four, if they start where they have to behind a length of this width.
    let words = elements.chunks_exact(8);
    let aligned = size % 8 != 0 || {
        let small = words.clone().filter(|word| word[4..] == [0; 4]).count();
        4 * small >= 3 * words.len()
    };
    let certainty = match (entries, always_zero) {
        (8.., 1..) if aligned => Certainty::Likely,
        _ if aligned && entries >= 16 * size => Certainty::Likely,
        _ => Certainty::Possible,
    };
    let reason = format!(
        "a length of {width} bytes says {entries}, and so many elements of {size} bytes end where the data ends"
    );
    Some((certainty, reason))
}

/// Texts behind their lengths, and numbers between them.
fn texts(sample: &[u8], width: usize) -> Guess {
    let (mut at, mut explained, mut texts, mut text_bytes) = (0, 0, 0, 0);
    while let Some(length) = number(sample, at, width) {
        let text = usize::try_from(length)
            .ok()
            .filter(|&length| length > 0)
            .and_then(|length| (at + width).checked_add(length))
            .and_then(|end| sample.get(at + width..end))
            .filter(|text| is_line(text));
        let step = match text {
            Some(text) => {
                texts += 1;
                text_bytes += text.len();
                width + text.len()
            }
            // A small number, or half a large one.
            None if length < 1 << (6 * width) => width,
            None => {
                at += 1;
                continue;
            }
        };
        at += step;
        explained += step;
    }
    let enough = explained * 10 >= sample.len() * 6 && text_bytes >= 4;
    let certainty = match (texts, text_bytes) {
        _ if !enough => return None,
        (3.., _) | (_, 16..) => Certainty::Likely,
        _ => Certainty::Possible,
    };
    let reason = format!(
        "{texts} texts of {text_bytes} bytes stand behind lengths of {width} bytes, with small numbers between them"
    );
    Some((certainty, reason))
}

/// Small numbers of eight bytes and nothing else: no more than a guess, and for both encodings the same.
fn numbers(sample: &[u8], width: usize) -> Guess {
    let words = sample.chunks_exact(8);
    let count = words.len();
    let small = words.filter(|word| word[5..] == [0; 3]).count();
    (width == 8 && count >= 4 && small == count).then(|| {
        let reason = format!("{count} small numbers of 8 bytes");
        (Certainty::Possible, reason)
    })
}
