//! The one error type: every variant says what was found, where, and what to do.

use thiserror::Error;

use crate::codec::Format;
use crate::form::Form;
use crate::mover::Difference;
use crate::registry::{OwnershipError, kind_of};
use crate::reverse::ReverseError;
use crate::tree::TreeError;

mod code;
mod found;
mod wording;

pub(crate) use code::quoted;
pub use found::{Glimpse, Place};
pub(crate) use wording::shortened;
use wording::{known, listed, named};

/// What can go wrong. In a hook, trap with the text: the trap rolls the upgrade back, and the canister goes on
/// with the module and the memory it had.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// `post_upgrade` found no stable memory at all.
    #[error(
        "E101: stable memory is empty, so there is no state to upgrade from: install with mode `install`, or upgrade without skipping pre_upgrade so that the old module saves its state"
    )]
    Empty,

    /// An operation that needs an empty memory found something.
    #[error(
        "E102: stable memory has {pages} pages and starts with {found}, but a new canister starts with an empty one: upgrade instead of installing, or reinstall if its data may be thrown away"
    )]
    NotEmpty {
        /// Size in pages of 64 KiB.
        pages: u64,
        /// The first bytes.
        found: Glimpse,
    },

    /// The first bytes belong to no layout that was expected.
    #[error(
        "E103: stable memory at offset {offset} holds {found}; expected {expected}: this memory belongs to another program or another release; install the release that wrote it and look at it with `stable-migrate inspect`"
    )]
    Unrecognized {
        /// Where the bytes were found.
        offset: u64,
        /// The first bytes there.
        found: Glimpse,
        /// What could have been there.
        expected: String,
    },

    /// A value could not be decoded.
    #[error(
        "E201: {place} holds no whole {format} value: decoding failed {offset} bytes from its start: {reason}; nothing was written; keep the old module and compare the format with what it writes"
    )]
    Decode {
        /// The encoding that was tried.
        format: Format,
        /// Where the value starts.
        place: Place,
        /// Bytes read when decoding failed.
        offset: u64,
        /// What the decoder said.
        reason: String,
    },

    /// Maps of a legacy value have entries with the same key, of which decoding keeps one.
    #[error(
        "E202: {place} holds a {format} value in which {count} entries have a key that another entry of the same map has, the first {offset} bytes from its start ({key}): decoding would keep one of each; nothing was written; find out which is right and write the value anew with the old module"
    )]
    DuplicateKeys {
        /// The encoding.
        format: Format,
        /// Where the value starts.
        place: Place,
        /// Entries whose key another has had before.
        count: u64,
        /// Where the first of them stands, in bytes from the value's start.
        offset: u64,
        /// Its key, shortened.
        key: String,
    },

    /// A length in front of a value does not agree with the value or the memory.
    #[error(
        "E203: {place} says that its value takes {length} bytes, but {available}; nothing was written; the memory is cut short or was written by another program: restore it from a snapshot"
    )]
    Length {
        /// Where the value starts.
        place: Place,
        /// The length found, in bytes.
        length: u64,
        /// What is there instead.
        available: String,
    },

    /// Something stands behind the legacy value that nothing accounts for.
    #[error(
        "E204: behind the value {place} holds {bytes} bytes more, the first that is not zero at offset {offset}: {found}; adopting the memory would overwrite them; nothing was written; see what they are (`stable-migrate inspect`), and if the canister keeps nothing there, plan `.trailing(Trailing::Discard)`"
    )]
    Trailing {
        /// Where the value starts.
        place: Place,
        /// Bytes from the value's end to the last that is not zero.
        bytes: u64,
        /// Where the first is that is not zero.
        offset: u64,
        /// What stands there.
        found: Glimpse,
    },

    /// What was saved does not come back as what it was.
    #[error(
        "E402: what was saved in the state's virtual memory does not come back as it was: {what}; {format} cannot carry such a value; trap, so that the upgrade is rolled back, and change the type or how it is serialized"
    )]
    NotReadBack {
        /// The encoding.
        format: Format,
        /// The type and the field that came back otherwise, or what the decoder said.
        what: String,
    },

    /// The state could not be encoded.
    #[error(
        "E401: the state could not be encoded as {format}: {reason}; trap, so that the upgrade is rolled back"
    )]
    Encode {
        /// The encoding.
        format: Format,
        /// What the encoder said.
        reason: String,
    },

    /// Memory 0 starts with neither this library's header nor what can start a value in a form that is read.
    #[error(
        "E104: the state's virtual memory ({pages} pages) starts with {found}{}; expected this library's header (\"IC-STMIG\") or a value in CBOR, in MessagePack or in what the plan's codec reads, without a length, behind a u32 or u64 length or in a StableCell: the canister's memory manager belongs to another program",
        known(.holds)
    )]
    UnknownMemory0 {
        /// Size of virtual memory 0 in pages of 64 KiB.
        pages: u64,
        /// Its first bytes.
        found: Glimpse,
        /// What starts like this, where that is known.
        holds: Option<&'static str>,
    },

    /// Memory 0 starts like a value in several forms, and holds one in none of them.
    #[error(
        "E105: the state's virtual memory ({pages} pages) starts with {found} and holds no whole value: {tried}; nothing was written; keep the old module and compare the type and the form with what it writes"
    )]
    NoForm {
        /// Size of virtual memory 0 in pages of 64 KiB.
        pages: u64,
        /// Its first bytes.
        found: Glimpse,
        /// Each form that was tried, and why it is not the one.
        tried: String,
    },

    /// Memory 0 can be read in two ways.
    #[error(
        "E106: the state's virtual memory starts with {found} and can be read as {one} and as {other}, and nothing tells which of them was written; nothing was written now; let the old module write the value with its length in front, or plan a codec of your own that reads the one form"
    )]
    Ambiguous {
        /// Its first bytes.
        found: Glimpse,
        /// The one.
        one: Form,
        /// The other.
        other: Form,
    },

    /// The manager is formatted but no state was ever saved.
    #[error(
        "E107: the memory manager is formatted but no state was saved in the state's virtual memory: the canister was installed and then upgraded without pre_upgrade; upgrade without skipping it"
    )]
    NothingSaved,

    /// Memory 0 is not used, and other memories are.
    #[error(
        "E108: the memory manager has nothing in the virtual memory of the state, but in {memories}: if the canister keeps all it has in these, take the manager over with `begin_tiered`, whose collections find their maps there (or with `begin`), in place of resuming; if it had a state on the heap, upgrade without skipping pre_upgrade; nothing was written"
    )]
    OtherMemories {
        /// The memories that are used.
        memories: String,
    },

    /// The plan names another memory for the state than it was saved in.
    #[error(
        "E109: the state was saved in virtual memory {found}, and this release looks for it in {planned}: say `Plan::memory({found})`; nothing was written"
    )]
    SavedElsewhere {
        /// Where this library's header is.
        found: u8,
        /// What the plan says.
        planned: u8,
    },

    /// The header's own checksum is wrong.
    #[error(
        "E205: the header of the state's virtual memory is damaged: its checksum is {found:016x}, its content gives {computed:016x}; nothing was written; restore the canister from a snapshot"
    )]
    HeaderDamaged {
        /// The checksum in the header.
        found: u64,
        /// The checksum of what the header holds.
        computed: u64,
    },

    /// The header is intact but says what no header of its version can say.
    #[error(
        "E206: the header of the state's virtual memory has {field} {found}, and this library knows {known}: install the release that wrote it, or one built with a newer version of this library"
    )]
    HeaderField {
        /// The field.
        field: &'static str,
        /// Its value.
        found: u64,
        /// What would have been understood.
        known: &'static str,
    },

    /// The payload's checksum is wrong.
    #[error(
        "E207: the {part} in the state's virtual memory is damaged: its checksum should be {expected:016x} and is {computed:016x} over {bytes} bytes; nothing was written; restore the canister from a snapshot"
    )]
    PayloadDamaged {
        /// "payload" or "journal".
        part: &'static str,
        /// The checksum in the header.
        expected: u64,
        /// The checksum of the bytes.
        computed: u64,
        /// How many bytes it covers.
        bytes: u64,
    },

    /// Memory 0 was written by a newer release.
    #[error(
        "E301: this is release {this}, and the memory was written by release {found}: install release {found} or a newer one; nothing was written"
    )]
    NewerRelease {
        /// The release that wrote the memory.
        found: u32,
        /// The release that runs.
        this: u32,
    },

    /// Memory 0 holds a newer schema of the state.
    #[error(
        "E302: this release reads schema {this} of the state, and the memory holds schema {found}: install release {release} or a newer one; nothing was written"
    )]
    NewerSchema {
        /// The schema in the header.
        found: u32,
        /// The newest schema that this release reads.
        this: u32,
        /// The release that wrote the memory.
        release: u32,
    },

    /// The canister's stable memory cannot grow.
    #[error(
        "E403: stable memory cannot grow from {pages} to {needed} pages: the subnet is full or the canister is at its memory limit; nothing is lost if this hook traps: raise the limit or free memory and upgrade again"
    )]
    OutOfStableMemory {
        /// Size now, in pages of 64 KiB.
        pages: u64,
        /// Size needed.
        needed: u64,
    },

    /// The memory manager has no bucket left.
    #[error(
        "E404: the memory manager is at its ceiling of {ceiling_bytes} bytes: it has {buckets} buckets of {bucket_pages} pages, needs {needed} more, and cannot have more than 32768; rewrite the memory with larger buckets (`stable-migrate compact --ceiling`)"
    )]
    Ceiling {
        /// Buckets in use.
        buckets: u64,
        /// Size of a bucket in pages of 64 KiB.
        bucket_pages: u16,
        /// What buckets of that size can reach together, in bytes.
        ceiling_bytes: u64,
        /// Buckets needed beside them.
        needed: u64,
    },

    /// A release plans a ceiling that the buckets of the memory do not reach, and there are too many to change them.
    #[error(
        "E304: this release plans a ceiling of {planned} bytes, the buckets of {bucket_pages} pages that the memory has reach {reached}, and it is too large to change them in an upgrade: rewrite the memory with larger buckets first (`stable-migrate compact --ceiling`), or keep the ceiling that it was planned with; nothing was written"
    )]
    CeilingRaised {
        /// The release's ceiling in bytes.
        planned: u64,
        /// What the memory's buckets reach, in bytes.
        reached: u64,
        /// Their size in pages of 64 KiB.
        bucket_pages: u16,
    },

    /// Registry and release disagree on who owns a memory.
    #[error("{0}; nothing was written")]
    Ownership(#[from] OwnershipError),

    /// A release of stage one found a memory in which a move has begun.
    #[error(
        "E303: release {release} has begun to move collections out of the state's virtual memory, so what is there is not the whole state: install release {release} or a newer one; nothing was written"
    )]
    MoveBegun {
        /// The release that wrote the memory.
        release: u32,
    },

    /// A collection was to be resolved that does not differ.
    #[error(
        "E602: the audit has found no difference in a collection {collection:?}; {}",
        listed(.differing)
    )]
    NoDifference {
        /// The collection asked for.
        collection: String,
        /// Those that differ.
        differing: Vec<String>,
    },

    /// What was moved in the upgrade does not stand in the stable map as it was read.
    #[error(
        "E601: collection {collection:?} was moved, and its stable map holds {} entries with the digest {:016x}, where {} with {:016x} were read: trap, so that the upgrade is undone, and report it",
        .difference.found_count, .difference.found_sum, .difference.expected_count, .difference.expected_sum
    )]
    MoveDiffers {
        /// The collection.
        collection: String,
        /// What was read, and what was found.
        difference: Difference,
    },

    /// A stable map could not be written or read.
    #[error(transparent)]
    Tree(#[from] TreeError),

    /// The state cannot go back to the legacy value.
    #[error(transparent)]
    Reverse(#[from] ReverseError),

    /// The entries of before the move are no longer there.
    #[error(
        "E603: the entries of before the move were given up when its audit had held: keep what the stable map holds, or restore the canister from a snapshot"
    )]
    OriginalsGone,

    /// Virtual memory 0 was asked for as if it were free.
    #[error(
        "E305: virtual memory {id} is not free to use: the state's virtual memory (0, or what the plan says) holds the header and the hot state, and 255 marks free buckets; choose another id below 255"
    )]
    ReservedMemory {
        /// The id asked for.
        id: u8,
    },

    /// Plan and state name different schemas.
    #[error(
        "E307: the plan says schema {plan}, and the last schema of the state's chain is {state}: say `.schema(Hot::NUMBER)` in the plan, where `Hot` is that last version"
    )]
    SchemaOfPlan {
        /// What the plan says.
        plan: u32,
        /// The number of the chain's last version.
        state: u32,
    },

    /// The memory says that it is another application's.
    #[error(
        "E306: the memory is that of the application {found:?}, and this is a release of {}: install a release of {found:?}; nothing was written",
        named(.this)
    )]
    OtherApplication {
        /// The name in the header.
        found: String,
        /// What the plan says; none where it says none.
        this: Option<String>,
    },
}

impl Error {
    /// A value that could not be decoded. A long reason is cut in the middle.
    pub(crate) fn decode(format: Format, place: Place, offset: u64, reason: String) -> Self {
        let reason = shortened(reason);
        Self::Decode {
            format,
            place,
            offset,
            reason,
        }
    }

    /// A state that could not be encoded. A long reason is cut in the middle.
    pub(crate) fn encode(format: Format, reason: String) -> Self {
        let reason = shortened(reason);
        Self::Encode { format, reason }
    }

    /// A memory 0 of which nothing is known but its first bytes.
    pub(crate) fn unknown_memory0(pages: u64, first: &[u8]) -> Self {
        let holds = match first {
            [b'D', b'I', b'D', b'L', ..] => Some("Candid, which a plan with that codec reads"),
            first => kind_of(first),
        };
        Self::UnknownMemory0 {
            pages,
            found: Glimpse::of(first),
            holds,
        }
    }
}
