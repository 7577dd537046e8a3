//! A map on the heap that is being filled with many entries.
//!
//! A map that is made of a list in order is filled to the brim without a search. One that grows by the entry searches for
//! the place of each, past every key of a node, and is half empty: so large that a list beside a full one is hardly more. The
//! list grows by blocks, because one that doubles is there twice in doing so.

use std::collections::BTreeMap;

/// Bytes of keys and values in a block at most, without what they point to.
const BLOCK_BYTES: usize = 64 << 10;

/// See the [module](self).
pub struct Filling<K, V> {
    blocks: Vec<Vec<(K, V)>>,
    block: Vec<(K, V)>,
}

impl<K: Ord, V> Filling<K, V> {
    /// Entries of a block at most.
    const LISTED: usize = match BLOCK_BYTES / (size_of::<(K, V)>() + 1) {
        0 => 1,
        entries => entries,
    };

    pub fn new() -> Self {
        Self {
            blocks: Vec::new(),
            block: Vec::new(),
        }
    }

    /// Adds an entry. The last with a key is the one that stays.
    pub fn add(&mut self, key: K, value: V) {
        if self.block.len() == Self::LISTED {
            let next = Vec::with_capacity(Self::LISTED);
            self.blocks.push(std::mem::replace(&mut self.block, next));
        }
        self.block.push((key, value));
    }

    /// The map, and how many of the entries it has not, because a later one had their key.
    pub fn finish(self) -> (BTreeMap<K, V>, u64) {
        let Self { blocks, block } = self;
        let mut list = Vec::new();
        if blocks.is_empty() {
            list = block;
        } else {
            list.reserve_exact(blocks.len() * Self::LISTED + block.len());
            for block in blocks.into_iter().chain([block]) {
                list.extend(block);
            }
        }
        let added = list.len();
        let map = BTreeMap::from_iter(list);
        let duplicates = (added - map.len()) as u64;
        (map, duplicates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of a kibibyte each.
    type Large = Filling<u64, [u8; 1_016]>;

    const LISTED: u64 = Large::LISTED as u64;

    fn filled(entries: impl Iterator<Item = (u64, u8)>) -> (BTreeMap<u64, u8>, u64) {
        let mut filling = Large::new();
        entries.for_each(|(key, value)| filling.add(key, [value; 1_016]));
        let (map, duplicates) = filling.finish();
        let firsts = map.into_iter().map(|(key, value)| (key, value[0]));
        (firsts.collect(), duplicates)
    }

    #[test]
    fn every_entry_is_there_however_many_lists_they_fill() {
        for count in [
            0,
            1,
            LISTED - 1,
            LISTED,
            LISTED + 1,
            2 * LISTED,
            7 * LISTED + 3,
        ] {
            let forward = filled((0..count).map(|key| (key, key as u8)));
            let backward = filled((0..count).rev().map(|key| (key, key as u8)));
            assert_eq!(forward, backward);
            let (map, duplicates) = forward;
            assert_eq!((map.len() as u64, duplicates), (count, 0));
            assert!(map.iter().all(|(key, value)| *key as u8 == *value));
        }
    }

    #[test]
    fn of_entries_with_one_key_the_last_stays_and_the_others_are_counted() {
        for count in [10, 5 * LISTED + 10] {
            let twice = (0..count).chain([3, count - 1]);
            let (map, duplicates) = filled(twice.zip(0..).map(|(key, at)| (key, at as u8)));
            assert_eq!((map.len() as u64, duplicates), (count, 2));
            assert_eq!(map[&3], count as u8);
            assert_eq!(map[&(count - 1)], (count + 1) as u8);
        }
    }

    #[test]
    fn no_entry_is_held_three_times() {
        let entries = 200 * LISTED;
        let (held, _) = crate::test_heap::most_held(|| {
            let mut filling = Large::new();
            (0..entries).for_each(|key| filling.add(key, [0; 1_016]));
            filling.finish()
        });
        assert!(held < entries * 2_200, "{held}");
    }
}
