//! A map on the heap that is being filled with many entries.
//!
//! A map that is made of a list in order is filled to the brim without a search. One that grows by the entry searches for
//! the place of each, past every key of a node, and is half empty. That pays for a list beside it, as long as the list is
//! small beside the heap that a canister has.

use std::collections::BTreeMap;

/// Bytes of keys and values in a list at most, without what they point to. The list may have room for twice as many.
const LIST_BYTES: usize = 16 << 20;

/// See the [module](self).
pub struct Filling<K, V> {
    list: Vec<(K, V)>,
    map: BTreeMap<K, V>,
    /// Entries whose key another had.
    duplicates: u64,
}

impl<K: Ord, V> Filling<K, V> {
    pub fn new() -> Self {
        Self {
            list: Vec::new(),
            map: BTreeMap::new(),
            duplicates: 0,
        }
    }

    /// Adds an entry. The last with a key is the one that stays.
    pub fn add(&mut self, key: K, value: V) {
        if !self.map.is_empty() {
            self.duplicates += u64::from(self.map.insert(key, value).is_some());
            return;
        }
        self.list.push((key, value));
        if self.list.len() * size_of::<(K, V)>() >= LIST_BYTES {
            self.list_into_map();
        }
    }

    /// The map, and how many entries have none of its keys because another has it.
    pub fn finish(mut self) -> (BTreeMap<K, V>, u64) {
        if self.map.is_empty() {
            self.list_into_map();
        }
        (self.map, self.duplicates)
    }

    fn list_into_map(&mut self) {
        let list = std::mem::take(&mut self.list);
        let count = list.len();
        self.map = BTreeMap::from_iter(list);
        self.duplicates = (count - self.map.len()) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(entries: impl Iterator<Item = (u64, [u8; 1_016])>) -> (BTreeMap<u64, u8>, u64) {
        let mut filling = Filling::new();
        entries.for_each(|(key, value)| filling.add(key, value));
        let (map, duplicates) = filling.finish();
        let firsts = map.into_iter().map(|(key, value)| (key, value[0]));
        (firsts.collect(), duplicates)
    }

    /// Entries of a list at most, with a kibibyte each.
    const LISTED: u64 = LIST_BYTES as u64 / 1_024;

    #[test]
    fn every_entry_is_there_below_and_above_what_a_list_holds() {
        for count in [0, 1, LISTED - 1, LISTED, LISTED + 1, 2 * LISTED] {
            let (map, duplicates) = filled((0..count).map(|key| (key, [key as u8; 1_016])));
            assert_eq!((map.len() as u64, duplicates), (count, 0));
            assert!(map.iter().all(|(key, value)| *key as u8 == *value));
        }
    }

    #[test]
    fn of_entries_with_one_key_the_last_stays_and_the_others_are_counted() {
        for count in [10, LISTED + 10] {
            let twice = (0..count).chain([3, count - 1]);
            let entries = twice.zip(0..).map(|(key, at)| (key, [at as u8; 1_016]));
            let (map, duplicates) = filled(entries);
            assert_eq!((map.len() as u64, duplicates), (count, 2));
            assert_eq!(map[&3], count as u8);
            assert_eq!(map[&(count - 1)], (count + 1) as u8);
        }
    }
}
