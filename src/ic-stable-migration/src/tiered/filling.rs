//! A map on the heap that is being filled with many entries.
//!
//! A map that is made of a list in order is filled to the brim without a search. One that grows by the entry searches for
//! the place of each, past every key of a node, and is half empty. So lists of some entries become maps, and maps of a size
//! become one, which takes no more of the heap than both had.

use std::collections::BTreeMap;

/// Bytes of keys and values in a list at most, without what they point to.
const LIST_BYTES: usize = 256 << 10;

/// See the [module](self).
pub struct Filling<K, V> {
    list: Vec<(K, V)>,
    /// Each with fewer entries than the one before it, and later ones.
    maps: Vec<BTreeMap<K, V>>,
    added: u64,
}

impl<K: Ord, V> Filling<K, V> {
    /// Entries of a list at most.
    const LISTED: usize = match LIST_BYTES / (size_of::<(K, V)>() + 1) {
        0 => 1,
        entries => entries,
    };

    pub fn new() -> Self {
        Self {
            list: Vec::new(),
            maps: Vec::new(),
            added: 0,
        }
    }

    /// Adds an entry. The last with a key is the one that stays.
    pub fn add(&mut self, key: K, value: V) {
        if self.list.len() == Self::LISTED {
            let list = std::mem::replace(&mut self.list, Vec::with_capacity(Self::LISTED));
            self.take_list(list);
        }
        self.list.push((key, value));
        self.added += 1;
    }

    /// The map, and how many of the entries it has not, because a later one had their key.
    pub fn finish(mut self) -> (BTreeMap<K, V>, u64) {
        let list = std::mem::take(&mut self.list);
        self.take_list(list);
        while self.maps.len() > 1 {
            self.join_last();
        }
        let map = self.maps.pop().unwrap_or_default();
        let duplicates = self.added - map.len() as u64;
        (map, duplicates)
    }

    fn take_list(&mut self, list: Vec<(K, V)>) {
        self.maps.push(BTreeMap::from_iter(list));
        while let [.., larger, last] = &self.maps[..]
            && last.len() >= larger.len()
        {
            self.join_last();
        }
    }

    /// Makes one of the last two maps.
    fn join_last(&mut self) {
        if let Some(mut last) = self.maps.pop()
            && let Some(map) = self.maps.last_mut()
        {
            map.append(&mut last);
        }
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
    fn of_a_list_that_is_joined_little_is_held_twice() {
        let entries = 40 * LISTED;
        let (held, _) = crate::test_heap::most_held(|| filled((0..entries).map(|key| (key, 0))));
        assert!(held < entries * 1_100 + 4 * LIST_BYTES as u64, "{held}");
    }
}
