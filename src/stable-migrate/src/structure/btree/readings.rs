//! How the keys of a map stand in its nodes, where that is written down and where it has to be found out.
//!
//! A map does not say whether its keys have one size, in which case none has a length before it. Of the ways in which they
//! can stand, those are left by which every node ends where its pages do, and its keys ascend.

use std::cmp::Ordering;

use ic_stable_migration::Size;
use serde::Serialize;

use super::fields::Fields;
use super::{Map, Node, damaged};
use crate::virtual_memory::Flaw;

/// Fixed sizes of keys that are tried where no one has written down what they are.
const TRIED_SIZES: u32 = 256;
/// Longest key that is read to find out how keys stand.
const MOST_TRIED_KEY: u64 = 64 << 10;

/// How keys stand in the nodes of a map. It follows from the type, and the map itself does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyField {
    /// Behind their length.
    Prefixed,
    /// As they are, all of this many bytes.
    Fixed(u32),
}

impl From<Size> for KeyField {
    fn from(size: Size) -> Self {
        match size {
            Size::Exactly(bytes) => Self::Fixed(bytes),
            Size::Unbounded | Size::UpTo(_) => Self::Prefixed,
        }
    }
}

/// How the keys of a map ascend, as far as that is known of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// By their bytes, as numbers, texts and byte strings do.
    Bytes,
    /// The shorter first, then by their bytes, as principals do.
    LengthFirst,
}

impl KeyOrder {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Bytes, Self::LengthFirst];

    /// Which of two keys comes first.
    pub fn compare(self, one: &[u8], other: &[u8]) -> Ordering {
        match self {
            Self::Bytes => one.cmp(other),
            Self::LengthFirst => (one.len(), one).cmp(&(other.len(), other)),
        }
    }
}

/// The ways in which the keys of a map may stand in its nodes, and what its nodes fill by each.
pub struct Readings {
    left: Vec<(KeyField, u64)>,
    /// Whether there is but one, by what was written down.
    is_known: bool,
}

impl Readings {
    /// Of a map whose keys are known to stand so, or of one of which that is to be found out.
    pub fn of(map: &Map, known: Option<KeyField>) -> Self {
        let left = match (known, map.bounds) {
            (Some(known), _) => vec![known],
            // There every key stands behind its length.
            (None, Some(_)) if map.layout == 1 => vec![KeyField::Prefixed],
            (None, Some((key, _))) => vec![KeyField::Prefixed, KeyField::Fixed(key as u32)],
            (None, None) => (0..=TRIED_SIZES)
                .map(KeyField::Fixed)
                .chain([KeyField::Prefixed])
                .collect(),
        };
        Self {
            left: left.into_iter().map(|keys| (keys, 0)).collect(),
            is_known: known.is_some(),
        }
    }

    /// Takes a node with its overflow pages into account.
    ///
    /// # Errors
    /// [`Flaw::Damaged`] where what is known of the keys does not lead to the node's end.
    pub fn take(&mut self, map: &Map, node: &Node, overflow_pages: u64) -> Result<(), Flaw> {
        let mut left = Vec::new();
        for &(keys, filled) in &self.left {
            match node_bytes(map, node, keys, self.is_known) {
                Ok(bytes) if map.overflow_pages(bytes) == overflow_pages => {
                    left.push((keys, filled + bytes));
                }
                Err(Flaw::Unreadable(error)) => return Err(Flaw::Unreadable(error)),
                Ok(_) | Err(Flaw::Damaged(_)) if !self.is_known => {}
                Err(damage) => return Err(damage),
                Ok(bytes) => {
                    return Err(damaged(format!(
                        "has a node of {bytes} bytes with {overflow_pages} overflow pages at {}",
                        node.address
                    )));
                }
            }
        }
        self.left = left;
        Ok(())
    }

    /// The reading that is left, if it is the only one.
    pub fn only(&self) -> Option<KeyField> {
        match self.left[..] {
            [(keys, _)] => Some(keys),
            _ => None,
        }
    }

    /// Bytes that the nodes fill, without the heads of chunks and overflow pages. Where more than one reading is left, that
    /// which fills the most; none where none is.
    pub fn filled(&self) -> Option<u64> {
        self.left.iter().map(|&(_, filled)| filled).max()
    }
}

/// Bytes of a node from its head to the end of its last value. Where the form of its keys is a guess, they have to ascend.
fn node_bytes(map: &Map, node: &Node, keys: KeyField, is_known: bool) -> Result<u64, Flaw> {
    if let Some((key, value)) = node.fixed_fields(map) {
        let entries = node.entries * (8 + key + value);
        return Ok(7 + entries + 8 * node.children.len() as u64);
    }
    let mut fields = Fields::of(map, node);
    match is_known {
        true => (0..node.entries).try_for_each(|_| fields.skip_key(keys))?,
        false => ascending(&mut fields, keys, node.entries)?,
    }
    (0..node.entries).try_for_each(|_| fields.skip_value())?;
    Ok(fields.position())
}

/// Reads keys that ascend, in one of the orders that types have.
fn ascending(fields: &mut Fields, keys: KeyField, count: u64) -> Result<(), Flaw> {
    let mut orders = KeyOrder::ALL.to_vec();
    let mut last: Option<Vec<u8>> = None;
    for _ in 0..count {
        let key = fields.key_of(keys, MOST_TRIED_KEY)?;
        if let Some(last) = last {
            orders.retain(|order| order.compare(&last, &key).is_lt());
        }
        last = Some(key);
    }
    match orders.is_empty() {
        true => Err(damaged("has keys that do not ascend".into())),
        false => Ok(()),
    }
}
