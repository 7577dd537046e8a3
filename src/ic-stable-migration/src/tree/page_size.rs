//! How large a page should be: what a node does not fill is lost, and every page that it needs beyond the first costs
//! 27 bytes.
//!
//! A map that was made empty by the crate has pages of 1 024 bytes, or of ¾ of its largest node where key and value are
//! bounded, whatever its entries are. Here they are known before.

use std::collections::BTreeMap;
use std::iter;

use super::layout::{
    ADDRESS, CAPACITY, Field, LENGTH, MIN_PAGE_BYTES, NODE_HEAD, OVERFLOW_HEAD, chunk_bytes,
    overflow_pages,
};
use crate::registry::Size;

/// Leaves that are made of a sample at most; a sample of 352 entries is as good as a larger one.
const LEAVES: usize = 32;
/// Bytes that an inner node has and a leaf has not: the addresses of its children.
const CHILDREN: u64 = (ADDRESS * (CAPACITY + 1)) as u64;
/// Leaves for each inner node: a full one has 12 children, and so has its own parent.
const LEAVES_PER_INNER: u64 = CAPACITY as u64;
/// Page sizes at which some node of the sample fills its pages to the last byte.
const EXACT_FITS: u64 = 256;
/// A page size of the crate, where a key or a value has no bound.
const CRATE_DEFAULT: u32 = 1_024;

/// The page size with which a map of full nodes takes the fewest bytes, for entries like those of the sample: pairs of
/// the lengths of key and value, in key order, of which the first 352 are looked at. Where two are as good, the larger.
///
/// Where all entries have one size, no sample is needed, and the result is exact. An empty sample gives
/// [`of_crate`]. Costs a million instructions at most.
///
/// ```
/// use ic_stable_migration::Size;
/// use ic_stable_migration::tree::page_size;
///
/// // 11 entries of a key of 8 bytes, and a value of 40 behind its length, fill a leaf.
/// let fixed = page_size::choose(Size::Exactly(8), Size::Exactly(40), []);
/// assert_eq!(fixed, 15 + 11 * (8 + 4 + 40));
/// ```
pub fn choose(key: Size, value: Size, sample: impl IntoIterator<Item = (usize, usize)>) -> u32 {
    let leaves = match (key, value) {
        (Size::Exactly(key), Size::Exactly(value)) => {
            leaves(Field::Fixed(key as usize), [(key as usize, value as usize)])
        }
        _ => leaves(Field::of_keys(key), sample),
    };
    candidates(&leaves)
        .map(|page| (bytes(&leaves, page), u32::MAX - page))
        .min()
        .map_or_else(|| of_crate(key, value), |(_, page)| u32::MAX - page)
}

/// The page size with which the crate makes an empty map of these types.
pub fn of_crate(key: Size, value: Size) -> u32 {
    let bound = |size| match size {
        Size::Unbounded => None,
        Size::UpTo(bytes) | Size::Exactly(bytes) => Some(u64::from(bytes)),
    };
    let (Some(key), Some(value)) = (bound(key), bound(value)) else {
        return CRATE_DEFAULT;
    };
    // The largest node of layout 1, which has no address of an overflow page and a length before every key.
    let head = (NODE_HEAD - ADDRESS) as u64;
    let largest = head + CAPACITY as u64 * (2 * LENGTH as u64 + key + value) + CHILDREN;
    // The crate cuts off what does not fit.
    (largest * 3 / 4) as u32
}

/// Sizes of full leaves with the entries of a sample, and how many of them have each; a sample that does not fill a
/// leaf is repeated until it does.
fn leaves(keys: Field, sample: impl IntoIterator<Item = (usize, usize)>) -> BTreeMap<u64, u64> {
    // A node can tell no greater length.
    let length = |bytes: usize| bytes.min(u32::MAX as usize) as u64;
    let entries: Vec<u64> = sample
        .into_iter()
        .take(LEAVES * CAPACITY)
        .map(|(key, value)| (keys.prefix() + LENGTH) as u64 + length(key) + length(value))
        .collect();
    let full = (entries.len() / CAPACITY).max(entries.len().min(1));
    let mut in_turn = entries.iter().cycle();
    let mut leaves = BTreeMap::new();
    for _ in 0..full {
        let leaf = NODE_HEAD as u64 + in_turn.by_ref().take(CAPACITY).sum::<u64>();
        *leaves.entry(leaf).or_default() += 1;
    }
    leaves
}

/// Page sizes that can be the best: between two at which a node fills its pages, the smaller is always better. Where
/// nodes are many or long, these are too many, and steps of a sixteenth stand for the small ones.
fn candidates(leaves: &BTreeMap<u64, u64>) -> impl Iterator<Item = u32> {
    let pages_each = (EXACT_FITS / (2 * leaves.len() as u64).max(1)).max(1);
    let nodes = leaves.keys().flat_map(|&leaf| [leaf, leaf + CHILDREN]);
    let fits = nodes.flat_map(move |node| {
        (1..=pages_each).map(move |pages| {
            let heads = (pages - 1) * OVERFLOW_HEAD as u64;
            (node + heads).div_ceil(pages)
        })
    });
    let largest = leaves.keys().last().map_or(0, |leaf| leaf + CHILDREN);
    let step = |&page: &u64| Some(page + page / 16);
    let steps = iter::successors(Some(u64::from(MIN_PAGE_BYTES)), step);
    fits.chain(steps.take_while(move |&page| page <= largest))
        .map(|page| u32::try_from(page).unwrap_or(u32::MAX).max(MIN_PAGE_BYTES))
}

/// Bytes of eleven times these leaves, and of the inner nodes above them.
fn bytes(leaves: &BTreeMap<u64, u64>, page: u32) -> u64 {
    let chunks = |node| 1 + overflow_pages(node, page);
    let chunks: u64 = leaves
        .iter()
        .map(|(&leaf, count)| count * (LEAVES_PER_INNER * chunks(leaf) + chunks(leaf + CHILDREN)))
        .sum();
    chunks.saturating_mul(chunk_bytes(page))
}
