//! A `StableBTreeMap` written as a finished tree, from entries that come in key order; and a reader of such trees.
//!
//! A map that is filled by inserting in key order writes each node about a dozen times and leaves most of them half
//! empty, because a node is split when it is full and nothing comes to its left half any more. Here each node is
//! written once, full, children before parents. What results is what `ic-stable-structures` 0.7 itself could have left
//! behind: its map opens it, and reads, inserts and removes as in any other.
//!
//! ```
//! use ic_stable_migration::Size;
//! use ic_stable_migration::tree::{TreeBuilder, page_size};
//! use ic_stable_structures::{StableBTreeMap, Storable, VectorMemory};
//!
//! // The sizes that the types of the map declare.
//! let (key, value) = (Size::Exactly(8), Size::Unbounded);
//! let page_size = page_size::choose(key, value, [(8, 5), (8, 7)]);
//! let mut builder = TreeBuilder::new(VectorMemory::default(), key, value, page_size)?;
//! // Two parts of the map that come at the same time, each in key order.
//! let (mut low, mut high) = (builder.run(), builder.run());
//! for i in 0..100u64 {
//!     builder.push(&mut low, &i.to_bytes(), b"early")?;
//!     builder.push(&mut high, &(1_000 + i).to_bytes(), b"late")?;
//! }
//! let built = builder.finish([low, high])?;
//! assert_eq!((built.entries, built.pages()), (200, 1));
//!
//! let mut map: StableBTreeMap<u64, String, _> = StableBTreeMap::init(built.memory);
//! assert_eq!(map.get(&1_007).as_deref(), Some("late"));
//! map.remove(&1_007);
//! # Ok::<(), ic_stable_migration::tree::TreeError>(())
//! ```
//!
//! # Layout
//! All numbers are little-endian; addresses count from the start of the memory, and 0 is none.
//!
//! ```text
//! 0    map            "BTR" 2 │ page size u32 │ 2^32 − 1, u32 │ root u64 │ entries u64 │ 24 bytes reserved
//! 52   allocator      "BTA" 1 │ 4 bytes │ page size u64 │ chunks in use u64 │ first free chunk u64 │ 16 bytes reserved
//! 100  chunks         "CHK" 1 │ in use u8 │ 3 bytes │ next free chunk u64 │ a page: a node or the overflow of one
//!
//!      node           "BTN" 2 │ inner u8 │ entries u16 │ overflow page u64
//!                     │ for an inner node: the addresses of its children u64, one more than entries
//!                     │ keys: length u32 unless the type's size is fixed, bytes
//!                     │ values: length u32, bytes
//!      overflow       "NOF" │ next overflow page u64 │ the node's bytes go on
//! ```
//!
//! Behind the last chunk in use stands the head of a free one, 16 bytes: the map reads it before it allocates, so it is
//! there even if it needs a page of its own, which one tree in 4 096 does.
//!
//! The page size is written as a value for every type. A map of bounded types that the crate made long ago can say in
//! its place how large key and value can be; the crate reads both, for any type.
//!
//! # Cost
//! - Instructions: an entry is copied when it comes, and its value once more before its node is written, in one write.
//! - Heap: at most three nodes a level for each run that is open, and the values of one while it is written.
//! - Memory: nodes of 11 entries, but for two at the end of each level of each run, which have 5 at least; and a page
//!   size that fits them.
//!
//! Measured on the embedded host, in a memory of a `MemoryManager`:
//!
//! | entries | instructions each | inserted | pages | inserted |
//! |---|---|---|---|---|
//! | 250 000 keys of 30 bytes, of any length by their type | 580 | 94 000 | 169 | 794 |
//! | 100 000 numbers with 62 bytes, of any length by their type | 850 | 62 000 | 127 | 318 |
//! | 10 000 numbers with up to 400 bytes | 1 660 | 66 000 | 38 | 53 |
//!
//! Reading them back takes 380 instructions for each of the first, by the map's own iterator 3 200.
//!
//! # Limitations
//! - The order of keys is the type's, which can be another than that of their bytes: it is not checked.
//! - One map is written whole. To add to a map that has entries, insert.
//! - A tree of full nodes is the smallest. The first inserts into it split one node each, and the map, which reads whole
//!   nodes, looks a key up with a fifth more instructions, a third where nodes have several pages.
//! - [`TreeBuilder`] grows its memory when it has to, page by page; a memory that panics when it cannot grow, as one of
//!   a `MemoryManager` does, panics.

mod builder;
mod chunks;
mod error;
mod header;
mod layout;
mod node;
mod output;
pub mod page_size;
#[cfg(test)]
mod proptests;
mod reader;
mod search;
mod spine;
mod stored;
mod structure;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use builder::{Built, Run, TreeBuilder};
pub use error::TreeError;
pub use reader::TreeReader;
pub use structure::Structure;
