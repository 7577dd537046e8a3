//! A value in CBOR or MessagePack: read to its end, and weighed.
//!
//! Almost any byte starts some value, and zeros read as numbers, so that a value was read means little. What counts
//! is how much of what was read cannot be there by chance: texts, names of fields, an end where the data ends.

use super::span::Span;
use super::tokens::{Next, Taken, Token, cbor, messagepack};
use super::{Certainty, Kind};
use crate::units::number_text;

/// Deeper than any state, and less than a value can be nested to no purpose.
const MAX_DEPTH: usize = 1_024;

/// Texts of so many bytes are no chance, wherever the value ends.
const MUCH_TEXT: u64 = 64;

/// What a value is made of.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Bytes it takes.
    pub bytes: u64,
    /// Entries of the outermost map or list; `None` for anything else.
    pub entries: Option<u64>,
    is_map: bool,
    tokens: u64,
    zeros: u64,
    longer_than_needed: u64,
    text_bytes: u64,
    control_texts: u64,
    names: u64,
    repeated_zero_keys: u64,
    repeated_text_keys: u64,
}

/// How reading a value ended.
pub enum Read {
    /// A whole value.
    Whole(Tree),
    /// It broke off; what had been read until then.
    Broken(Tree),
}

/// A list or map that is being read.
struct Level {
    /// Tokens still to come; `None` where an end is marked.
    left: Option<u64>,
    map: bool,
    /// Whether the next token is a key.
    key: bool,
    last_key: Option<u64>,
}

/// The tokens of a format that has trees.
pub fn tokens_of(kind: Kind) -> Option<Next> {
    match kind {
        Kind::Cbor => Some(cbor),
        Kind::MessagePack => Some(messagepack),
        _ => None,
    }
}

/// Reads the value at the start of a span.
pub fn read(span: Span, next: Next) -> Read {
    let mut reader = span.reader(0);
    let most = span.most_read();
    let mut tree = Tree::default();
    let mut levels: Vec<Level> = Vec::new();
    loop {
        let Some(taken) = next(&mut reader) else {
            return Read::Broken(tree);
        };
        tree.bytes = reader.position();
        tree.tokens += 1;
        if tree.bytes > most && !levels.is_empty() {
            return Read::Broken(tree);
        }
        let outermost = levels.len() == 1;
        let opened = match (taken.0, levels.last_mut()) {
            (Token::Tag, _) => continue,
            (Token::End, Some(level)) if level.left.is_none() && level.key == level.map => {
                levels.pop();
                None
            }
            (Token::End, _) => return Read::Broken(tree),
            (_, level) => {
                tree.weigh(taken, level, outermost);
                opens(taken.0)
            }
        };
        if let Some((entries, map)) = opened {
            let left = entries.map_or(Some(None), |entries| {
                entries.checked_mul(1 + u64::from(map)).map(Some)
            });
            let Some(left) = left.filter(|_| levels.len() < MAX_DEPTH) else {
                return Read::Broken(tree);
            };
            if levels.is_empty() {
                (tree.is_map, tree.entries) = (map, Some(0));
            }
            levels.push(Level {
                left,
                map,
                key: map,
                last_key: None,
            });
        }
        while levels.last().is_some_and(|level| level.left == Some(0)) {
            levels.pop();
        }
        if levels.is_empty() {
            return Read::Whole(tree);
        }
    }
}

fn opens(token: Token) -> Option<(Option<u64>, bool)> {
    match token {
        Token::List(entries) => Some((entries, false)),
        Token::Map(entries) => Some((entries, true)),
        _ => None,
    }
}

impl Tree {
    /// Counts a token that starts an element of `level`.
    fn weigh(&mut self, (token, longer): Taken, level: Option<&mut Level>, outermost: bool) {
        self.zeros += u64::from(token == Token::Zero);
        self.longer_than_needed += u64::from(longer);
        if let Token::Text(text) = token {
            match text.printable {
                true => self.text_bytes += text.bytes,
                false => self.control_texts += 1,
            }
        }
        let Some(level) = level else { return };
        level.left = level.left.map(|left| left.saturating_sub(1));
        let is_key = level.key;
        level.key = level.map && !level.key;
        if outermost && (is_key || !level.map) {
            self.entries = self.entries.map(|entries| entries + 1);
        }
        if !is_key {
            return;
        }
        let key = match token {
            Token::Zero => Some(0),
            Token::Text(text) => Some(text.hash),
            _ => None,
        };
        if key.is_some() && key == level.last_key {
            match token {
                Token::Zero => self.repeated_zero_keys += 1,
                _ => self.repeated_text_keys += 1,
            }
        }
        level.last_key = key;
        if let Token::Text(text) = token
            && text.name
        {
            self.names += 1;
        }
    }

    /// How sure it is that this value was meant, and why. `None` where nothing speaks for it. `framed` says that a
    /// length in front agrees with where it ends.
    pub fn judge(&self, span: Span, framed: bool) -> Option<(Certainty, Vec<String>)> {
        // A state is a record, a map, a tuple or a list.
        self.entries?;
        let proof = self.proof();
        // A few zeros can be its last number; more of them have to be explained.
        let ends_with_data = span.data_behind(self.bytes) == 0
            && (proof >= 8 || framed || self.bytes <= span.used() + 8);
        let ends = ends_with_data
            || (framed && span.has_gap_at(self.bytes))
            || span.repeats_its_end(self.bytes);
        let ends_exactly = ends && (32..=span.used() + 1).contains(&self.bytes);
        let odd = self.repeated_zero_keys > 0
            || self.longer_than_needed > 0
            || self.control_texts > 0
            || (2 * self.zeros > self.tokens && proof < 8);
        let sure = self.names >= 2
            && (proof >= MUCH_TEXT
                || (proof >= 24 && span.has_gap_at(self.bytes))
                || (proof >= 8 && framed && ends));
        let plausible = (ends && (proof > 0 || (framed && self.bytes >= 8)))
            || (ends && self.tokens >= 16)
            || ends_exactly
            || (proof >= 8 && span.has_gap_at(self.bytes))
            || (proof >= MUCH_TEXT / 2 && self.names > 0)
            || proof >= MUCH_TEXT;
        // Texts by the hundred outweigh an oddity.
        let outweighed = proof >= 4 * MUCH_TEXT && self.names > self.control_texts;
        let certainty = match odd {
            false if sure => Certainty::Certain,
            false if plausible => Certainty::Likely,
            true if outweighed => Certainty::Likely,
            false if self.tokens >= 16 => Certainty::Possible,
            _ if ends => Certainty::Possible,
            _ => return None,
        };
        Some((certainty, self.reasons(span, framed)))
    }

    /// Bytes that are not there by chance.
    fn proof(&self) -> u64 {
        self.text_bytes.saturating_add(2 * self.names)
    }

    fn reasons(&self, span: Span, framed: bool) -> Vec<String> {
        let mut reasons = vec![format!(
            "it reads to its end: {} bytes, {} of them text, {} names of fields",
            number_text(self.bytes),
            number_text(self.text_bytes),
            number_text(self.names)
        )];
        if framed {
            reasons.push("the length in front agrees".into());
        }
        reasons.push(match span.data_behind(self.bytes) {
            0 => "nothing but zeros follows".into(),
            bytes => format!(
                "{} bytes follow up to the last that is not zero",
                number_text(bytes)
            ),
        });
        if self.repeated_zero_keys + self.repeated_text_keys > 0 {
            reasons.push("but a map in it has one key twice".into());
        }
        if self.longer_than_needed > 0 {
            reasons.push("but numbers in it are written longer than they have to be".into());
        }
        if self.control_texts > 0 {
            reasons.push("but texts in it have control characters".into());
        }
        reasons
    }

    /// Whether it goes on into the zeros behind the data and takes them for a map with one key again and again.
    pub fn runs_into_zeros(&self, span: Span) -> bool {
        self.repeated_zero_keys > 0 && self.bytes > span.used()
    }

    /// Whether a value that broke off was meant as one, so that it is damaged: its fields have names, and texts.
    pub fn was_meant(&self) -> bool {
        self.is_map && self.names >= 3 && self.proof() >= MUCH_TEXT
    }
}
