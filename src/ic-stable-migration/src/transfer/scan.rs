//! The first look at a saved payload: how much there is of everything, before anything is decided or written.

use std::cell::RefCell;

use crate::registry::Shape;
use crate::tiered::intake::Intake;

/// Entries of a leaf: so many, one after the other, make a sample of how they lie together.
const GROUP: usize = 11;
/// Groups kept of a map at most.
const GROUPS: usize = 64;

/// What was seen of one map.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub entries: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
    /// Shortest and longest key, in bytes.
    keys: Range,
    /// Shortest and longest value, in bytes.
    values: Range,
    /// No key came behind its place, in the order of its type.
    pub ascending: bool,
    groups: Vec<Vec<(usize, usize)>>,
    /// One group in so many is kept.
    stride: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Range {
    least: usize,
    most: usize,
}

impl Range {
    fn note(&mut self, first: bool, len: usize) {
        self.least = if first { len } else { self.least.min(len) };
        self.most = self.most.max(len);
    }
}

impl Seen {
    fn new() -> Self {
        Self {
            ascending: true,
            stride: 1,
            ..Self::default()
        }
    }

    pub fn note(&mut self, key: &[u8], value: &[u8], ascending: bool) {
        let first = self.entries == 0;
        self.keys.note(first, key.len());
        self.values.note(first, value.len());
        self.ascending &= ascending;
        let group = self.entries / GROUP as u64;
        if group.is_multiple_of(self.stride) {
            self.sample(
                self.entries.is_multiple_of(GROUP as u64),
                key.len(),
                value.len(),
            );
        }
        self.entries += 1;
        self.bytes += (key.len() + value.len()) as u64;
    }

    fn sample(&mut self, starts: bool, key: usize, value: usize) {
        if starts {
            if self.groups.len() == GROUPS {
                let mut at = 0;
                self.groups.retain(|_| {
                    at += 1;
                    at % 2 == 1
                });
                self.stride *= 2;
                if !(self.entries / GROUP as u64).is_multiple_of(self.stride) {
                    return;
                }
            }
            self.groups.push(Vec::with_capacity(GROUP));
        }
        if let Some(group) = self.groups.last_mut().filter(|group| group.len() < GROUP) {
            group.push((key, value));
        }
    }

    /// Whether every key and value has a size that `shape` allows; in what not, otherwise.
    pub fn fits(&self, shape: Shape) -> Result<(), String> {
        let parts = [
            ("key", shape.key, self.keys),
            ("value", shape.value, self.values),
        ];
        for (part, size, Range { least, most }) in parts {
            let misfit = [least, most].into_iter().find(|&len| !size.admits(len));
            if let (Some(len), true) = (misfit, self.entries > 0) {
                return Err(format!("a {part} has {len} bytes, and the type is {size}"));
            }
        }
        Ok(())
    }

    /// Lengths of keys and values that lie together, as many groups as `share` of 32 allows; one at least.
    pub fn sampled(&self, share: f64) -> impl Iterator<Item = (usize, usize)> + '_ {
        let wanted = ((32.0 * share).round() as usize).clamp(1, 32);
        let step = (self.groups.len() / wanted).max(1);
        self.groups
            .iter()
            .step_by(step)
            .take(wanted)
            .flatten()
            .copied()
    }
}

/// Takes nothing, and notes what comes.
#[derive(Default)]
pub struct Scan(RefCell<Vec<Seen>>);

impl Scan {
    pub fn seen(&self) -> Vec<Seen> {
        self.0.borrow().clone()
    }
}

impl Intake for Scan {
    fn begin(&self) -> usize {
        let mut seen = self.0.borrow_mut();
        seen.push(Seen::new());
        seen.len() - 1
    }

    fn asks_for_order(&self) -> bool {
        true
    }

    fn entry(&self, map: usize, key: &[u8], value: &[u8], ascending: bool) -> Result<(), String> {
        if let Some(seen) = self.0.borrow_mut().get_mut(map) {
            seen.note(key, value, ascending);
        }
        Ok(())
    }
}

/// The same of entries that are on the heap.
pub fn of_heap(each: impl FnOnce(&mut dyn FnMut(&[u8], &[u8]) -> bool)) -> Seen {
    let mut seen = Seen::new();
    each(&mut |key, value| {
        seen.note(key, value, true);
        true
    });
    seen
}
