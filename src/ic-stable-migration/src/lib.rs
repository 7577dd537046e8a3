//! Moves an Internet Computer canister from "the whole heap as one value at offset 0 of stable memory" to "hot
//! data on the heap, bulk data in stable maps, all under one memory manager": in stages, without losing a byte,
//! without growing memory, and with the service up.
//!
//! # The bug it prevents
//! `MemoryManager::init` on a memory without its magic formats it: the first 34 848 bytes of whatever was there are
//! gone. A canister whose state starts at offset 0, and that adopts a memory manager in one upgrade, has to read
//! that state before the manager is made, and nothing in the types says so. Here they do: [`open`] reads and never
//! writes, and what it returns allows what is safe and no more.
//!
//! ```text
//!                     ┌─ Empty ───────────── format ──────────────┐
//! open(memory) ───────┼─ Legacy ── read ──→ Adoptable ── adopt ───┼─→ Managed ── memory(id), load, save
//! (writes nothing)    ├─ Managed ─────────────────────────────────┘
//!                     └─ Unrecognized: what was found, and what would have been understood
//! ```
//!
//! # Where to begin
//! The [`guide`] goes through a migration page by page: [stage one](guide::stage_one), [stage two](guide::stage_two), [a canister
//! that has a memory manager](guide::with_a_manager), [releases after the migration](guide::onward), [what to check before an
//! upgrade](guide::before_an_upgrade), [the way back](guide::way_back), [what an upgrade deletes](guide::after_an_upgrade),
//! [features and versions of
//! `ic-cdk`](guide::features), [questions](guide::faq), [errors by code](guide::errors), [words](guide::glossary). The package
//! `examples/todo` is a whole canister in three releases.
//!
//! # Stage one: the state in memory 0
//! A release states its [`Plan`] once; each hook is then a line.
//!
//! ```
//! use ic_stable_migration::{MessagePack, Plan};
//! use ic_stable_structures::{Memory, VectorMemory};
//!
//! // The value that the canister has kept at offset 0 until now; here it stays the state.
//! type State = std::collections::BTreeMap<u64, String>;
//! const PLAN: Plan<State, MessagePack> = Plan::new(1).ceiling(4 << 30);
//!
//! # let memory = VectorMemory::default();
//! # memory.grow(1);
//! # memory.write(0, b"\x81\x07\xa5seven");
//! # let now = 1_700_000_000_000_000_000;
//! // post_upgrade: reads the legacy value, formats the manager over it, writes the state to memory 0.
//! let resumed = PLAN.resume::<State, _>(memory.clone(), now)?;
//! assert_eq!(resumed.state[&7], "seven");
//! // pre_upgrade, from now on:
//! PLAN.save(&resumed.managed, &resumed.state, now)?;
//! // The next post_upgrade, of this release or a later one, finds memory 0.
//! assert_eq!(PLAN.resume::<State, _>(memory, now)?.state[&7], "seven");
//! # Ok::<(), ic_stable_migration::Error>(())
//! ```
//!
//! # Stage two: collections in stable maps
//! Declare bulk collections as [`TieredMap`]s and list them with [`Tiered`]. The upgrade moves their entries to a
//! `StableBTreeMap` each, or to one that small ones [share](TieredMap::sharing): each entry goes from where it is read
//! straight into a [finished tree](tree), in the pages that what is being read no longer needs, and every map is read
//! and compared before the upgrade ends. What does not fit the [budget](MoveBudget) of an upgrade is moved by a
//! [`Mover`], a step at a time, while every call sees one map. A legacy value, too, can go into the maps while it is
//! decoded, so that neither it nor the state is ever on the heap as a whole: see [`Each`].
//!
//! A [`Store`] holds state and mover together for the hooks and endpoints of a canister; the feature `cdk` adds traps,
//! the guard and the timer.
//!
//! # Onward
//! A state goes on changing. [`Schema`] makes a chain of its versions: the hot state ([`Versioned`]) is taken through the steps
//! that are missing in the upgrade, values of collections ([`Record`]) when they are read, and the mover writes old ones anew
//! behind the scenes, as it does whatever else a release asks for with a [`Job`].
//!
//! # What a state is read from
//! What a canister has kept until now is named by the plan's codec, its memory by the plan or by what the plan is given:
//!
//! | the canister has kept | say |
//! |---|---|
//! | a value at offset 0: in MessagePack, CBOR, Candid (`stable_save`), JSON | [`MessagePack`], [`Cbor`], [`Candid`], `Json` (feature `json`) |
//! | behind its length | [`LengthU32<C>`](LengthU32), [`LengthU64<C>`](LengthU64); big-endian: [`Framed<U32Be, C>`](Framed), `Framed<U64Be, C>` |
//! | behind a header of `N` bytes, or one with a magic | [`Framed<Skip<N>, C>`](Skip), a [`Front`] of a few lines |
//! | packed with gzip | `Gzip<C>` (feature `gzip`) |
//! | several values, one behind the other | [`Sequence<(A, B)>`](Sequence), which reads a tuple |
//! | several arguments of Candid | [`Candid`], with a tuple for the type |
//! | anything else: bincode, postcard, borsh, … | a [`Codec`] of a few lines; `tests/layouts/own_codecs.rs` has some |
//! | in memory 0 of a `MemoryManager`: any of these, or in a `StableCell` | the codec |
//! | in another memory of it, beside maps that stay | the codec, and [`Plan::memory`] |
//! | nothing but maps, under a `MemoryManager` | [`Plan::begin_tiered`] |
//! | any of these behind pages of its own, which stay | the same, over a `RestrictedMemory` |
//!
//! `stable-migrate inspect` looks at a memory and says which of these it is.
//!
//! # What is proved before a hook returns
//! - What a release declares of its collections agrees with what is written down of them, and their memories hold
//!   their maps: [`OwnershipError`] names both sides where not, and nothing was written.
//! - Nothing stands behind a legacy value that would be lost: [`Trailing`].
//! - No two entries of a legacy map have one key: [`Error::DuplicateKeys`].
//! - What was adopted comes back from memory 0 as it was: [`ReadBack`].
//! - A legacy value that is written again is read as the old module reads it, and makes the same state: [`ReverseError`].
//!
//! # The way back
//! A [`Reverse`] release leaves the state where it is, and its `pre_upgrade` writes it as the legacy value again, with everything
//! that was written since: the old module takes over. What the legacy value cannot express is counted, and refused without a
//! promise.
//!
//! # What is in stable memory afterwards
//! ```text
//! page 0      the memory manager's header and bucket table
//! memory 0    header (128 bytes) │ payload: the state of before the move, then the hot state │ journal, registry
//! others      one StableBTreeMap for each collection that has an entry, or for those that share it
//! ```
//! See [`Header`] for the header's bytes. Bucket size is planned from a ceiling ([`BucketPlan`]), because a virtual
//! memory takes whole buckets and the default of 128 pages costs 8 MiB for one byte.
//!
//! # Errors
//! Nothing here panics on what it reads. Every [`Error`] says what was found, where, and what to do, behind a code that never
//! changes ([`Error::code`], [index](guide::errors)); a hook turns it into a trap, and the trap rolls the upgrade back.
//!
//! # Limitations
//! - What is adopted in stage one, or moves in steps, is on the heap until it has moved. Only what moves in the upgrade
//!   is not.
//! - Candid legacy values are read through a buffer of their own size, because the decoder needs a slice.
//! - Stable memory never shrinks on chain. What the move leaves unused is given back to growth, in the upgrade itself or,
//!   after a move in steps, in the next one; `stable-migrate compact` makes the memory smaller offline.
//! - Canisters with heaps of 64 bits: the library counts in u64 throughout and compiles for `wasm64-unknown-unknown`, which takes a
//!   nightly compiler that builds the standard library. But the `DefaultMemoryImpl` of ic-stable-structures 0.7 is stable memory
//!   on `wasm32` alone; on `wasm64` it is a vector on the heap, which the next upgrade deletes. So the feature `cdk` refuses to be
//!   compiled there; without it, give the hooks a `Memory` of your own. None was ever run. The host and `stable-migrate` do run
//!   such modules.
//! - A [`TieredMap`] returns values owned, and a write traps where stable memory cannot grow.

/// A custom section of words and a [manifest](Manifest), by which tools tell a module that uses this library: its store
/// follows a memory that was rewritten under it. Tools that shrink a module keep sections of this name.
#[cfg(target_family = "wasm")]
#[used]
#[unsafe(link_section = "icp:public ic-stable-migration")]
static USES_THIS_LIBRARY: [u8; 9] = *b"layout 1 ";

/// Says in the module that structures of its own, in memories from [`Managed::memory`], follow a memory that was
/// rewritten offline. Without that, `stable-migrate compact` refuses a canister that has such memories.
///
/// They do if every message that uses one asks the store first, with [`Store::state`] or [`Store::mover`]: where the
/// memory was rewritten, the store then reads the manager's tables anew, and every memory that was handed out follows.
///
/// ```
/// ic_stable_migration::follows_rewrites!();
/// ```
#[macro_export]
macro_rules! follows_rewrites {
    () => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            #[used]
            #[unsafe(link_section = "icp:public ic-stable-migration")]
            static FOLLOWS_REWRITES: [u8; 8] = *b"follows ";
        };
    };
}

mod application;
mod bucket_plan;
#[cfg(feature = "cdk")]
pub mod cdk;
mod codec;
mod error;
mod form;
pub mod guide;
mod header;
mod journal;
pub mod key;
mod ledger;
mod legacy;
mod managed;
mod manager;
mod manifest;
mod mover;
mod open;
mod plan;
mod proof;
mod registry;
mod report;
mod reverse;
mod schema;
mod store;
mod stream;
#[cfg(test)]
mod test_heap;
#[cfg(test)]
mod test_memory;
mod tiered;
mod tracked;
mod transfer;
pub mod tree;

/// The version of this library, for a canister that tells what it is built with.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub use application::Application;
pub use bucket_plan::{BucketPlan, MAX_BUCKETS, PAGE_BYTES};
#[cfg(feature = "candid")]
pub use codec::Candid;
#[cfg(feature = "gzip")]
pub use codec::Gzip;
#[cfg(feature = "json")]
pub use codec::Json;
#[cfg(feature = "messagepack")]
pub use codec::MessagePack;
pub use codec::{
    Cbor, Census, Codec, DuplicateKey, Format, Framed, Front, LengthU32, LengthU64, Sequence, Skip,
    StreamCodec, U32Be, U32Le, U64Be, U64Le, WriteCodec, WriteFront,
};
pub use error::{Error, Glimpse, Place};
pub use form::{Form, Forms, Frame};
pub use header::{HEADER_BYTES, Header};
pub use journal::{JournaledCollection, MoveJournal};
pub use legacy::{Adoptable, Each, EachOf, Elements, Entries, Legacy, Trailing};
pub use managed::{
    Empty, MAX_RELAYOUT_PAGES, Managed, ManagedMemory, Memory0Content, Stamp, Value,
};
pub use manager::BucketTable;
pub use manifest::{
    Collections, Declared, DeclaredCollection, HeaderManifest, Manifest, ManifestError,
    ManifestSource,
};
pub use mover::{
    Budget, CollectionStatus, Difference, DifferingKeys, FromEntries, Hindrance, Job, MoveStatus,
    Mover, Pace, Phase, Rate, Resolution, StepReport, Stuck, Tier, Tiered, Work, WorkStatus,
    Worked,
};
pub use open::{OpenOptions, Opened, Unrecognized, open};
pub use plan::{Origin, Plan, ReadBack, Resumed};
pub use registry::{Changes, Held, Kind, OwnershipError, Registered, Shape, Size, Versions};
pub use report::{CYCLES_PER_GIB_SECOND, StableReport, VirtualMemoryReport, cycles_per_year};
pub use reverse::{Lost, Reverse, ReverseError, Target, ToLegacy};
pub use schema::{Chain, Oldest, Record, RecordChain, Schema, SchemaReport, SchemaStep, Versioned};
pub use store::Store;
pub use tiered::{
    ByteOrdered, Collection, Entry, IndexBy, IndexedMap, Reshape, ReshapedMap, TieredList,
    TieredMap, TieredSet,
};
pub use transfer::MoveBudget;
