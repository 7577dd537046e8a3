//! The order in which entries of several collections are written.

use std::cmp::Ordering;

use ic_stable_structures::Memory;

use super::build::Wanted;
use crate::mover::Tier;

/// A collection by its place among the others, and an encoded key.
pub type Key<'a> = (usize, &'a [u8]);

/// Map by map, in a shared one collection by collection as their ids are, and in each as its keys are.
///
/// Not generic, so that it is compiled with the library and not with the canister, which has other options.
pub struct Order<'a> {
    collections: Vec<Collection<'a>>,
}

struct Collection<'a> {
    map: usize,
    id: u8,
    /// How its keys compare where that is not as their bytes do.
    compare: Option<Box<Compare<'a>>>,
}

type Compare<'a> = dyn Fn(&[u8], &[u8]) -> Ordering + 'a;

impl<'a> Order<'a> {
    /// Of the collections that are `wanted`, which `tiers` are.
    pub fn of<N: Memory>(wanted: &[Wanted], tiers: &'a [Tier<'_, N>]) -> Self {
        let of = |(wanted_of, tier): (&Wanted, &'a Tier<'_, N>)| {
            let compare: Box<Compare<'a>> =
                Box::new(|one, other| tier.map.compare_keys(one, other));
            let first = |other: &Wanted| other.memory == wanted_of.memory;
            Collection {
                map: wanted.iter().position(first).unwrap_or_default(),
                id: wanted_of.id,
                compare: (!wanted_of.shares()).then_some(compare),
            }
        };
        Self {
            collections: wanted.iter().zip(tiers).map(of).collect(),
        }
    }

    /// Compares two keys.
    pub fn cmp(&self, (one, key): Key, (other, other_key): Key) -> Ordering {
        if one != other {
            let rank = |at: usize| self.collections.get(at).map(|of| (of.map, of.id));
            return rank(one).cmp(&rank(other));
        }
        let compare = self.collections.get(one).and_then(|of| of.compare.as_ref());
        match compare {
            Some(compare) => compare(key, other_key),
            None => key.cmp(other_key),
        }
    }
}
