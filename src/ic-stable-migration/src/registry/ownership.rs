//! In what a registry and a release can disagree.

use thiserror::Error;

use super::Versions;
use crate::error::Glimpse;

/// Why a release may not have the memories it asks for. Nothing was written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnershipError {
    /// Two collections of the release have one id.
    #[error(
        "E501: collections {first:?} and {second:?} both ask for virtual memory {id}: give one of them an id that no collection has or had"
    )]
    SharedId {
        /// The id.
        id: u8,
        /// The collection that is listed first.
        first: String,
        /// The other.
        second: String,
    },

    /// A collection has for itself the memory that another shares.
    #[error(
        "E502: virtual memory {id} is to be shared by collection {sharing:?}, and collection {owner:?} has that id: give the shared map an id that no collection has or had"
    )]
    SharedWithOwner {
        /// The id.
        id: u8,
        /// The collection that has it.
        owner: String,
        /// One that shares it.
        sharing: String,
    },

    /// Two collections of the release have one name.
    #[error(
        "E503: virtual memories {first} and {second} are both asked for by a collection {name:?}: a name stands for one collection"
    )]
    SharedName {
        /// The name.
        name: String,
        /// The id that is listed first.
        first: u8,
        /// The other.
        second: u8,
    },

    /// A collection's id is not the one it had.
    #[error(
        "E504: collection {name:?} is in virtual memory {registered}, and this release looks for it in {declared}{}: put the id back to {registered}; an id is for good",
        owned(.owner)
    )]
    IdChanged {
        /// The collection.
        name: String,
        /// The id in the registry.
        registered: u8,
        /// The id in the release.
        declared: u8,
        /// The collection that the registry has under that id.
        owner: Option<String>,
    },

    /// A new collection asks for an id that another has or had.
    #[error(
        "E505: virtual memory {id} belongs to collection {registered:?}{}, and this release asks for it for {declared:?}: choose an id that no collection has or had, or declare the collection as renamed if it is the same",
        if *.retired { ", which is retired" } else { "" }
    )]
    IdTaken {
        /// The id.
        id: u8,
        /// Its owner in the registry.
        registered: String,
        /// Whether the owner is retired.
        retired: bool,
        /// The collection in the release.
        declared: String,
    },

    /// A collection that was there is not declared any more.
    #[error(
        "E506: collection {name:?} is in virtual memory {id}, and this release does not have it{}: declare it, declare it as renamed, or declare it as retired if its entries may be given up",
        replaced(.in_its_place)
    )]
    Missing {
        /// The collection.
        name: String,
        /// Its id.
        id: u8,
        /// The collection for which the release asks for that id.
        in_its_place: Option<String>,
    },

    /// A collection that was retired is declared again.
    #[error(
        "E507: collection {name:?} of virtual memory {id} was retired by an earlier release, and this one has it again: give the new collection another name and an id that no collection had"
    )]
    Retired {
        /// The collection.
        name: String,
        /// Its id.
        id: u8,
    },

    /// A collection is retired while entries of it are on the heap.
    #[error(
        "E508: collection {name:?} of virtual memory {id} is to be retired, and its move is not done: install the release before, wait until its move is done, and upgrade then"
    )]
    RetiredTooEarly {
        /// The collection.
        name: String,
        /// Its id.
        id: u8,
    },

    /// A collection is made of something else than it was.
    #[error(
        "E509: collection {name:?} of virtual memory {id} was written down with a {what} {registered}, and this release has a {what} {declared}: entries of before would be read as what they are not; keep the type, or move the entries to a new collection"
    )]
    Changed {
        /// The collection.
        name: String,
        /// Its id.
        id: u8,
        /// "structure", "key" or "value".
        what: &'static str,
        /// What the registry says.
        registered: String,
        /// What the release says.
        declared: String,
    },

    /// The memory that a new collection asks for holds something already.
    #[error(
        "E510: collection {name:?} is new and asks for virtual memory {id}, which holds {holds} ({pages} pages, starting with {found}): it belongs to the canister or to an attempt given up; choose an id that is free"
    )]
    InUse {
        /// The collection.
        name: String,
        /// Its id.
        id: u8,
        /// Size of the memory in pages of 64 KiB.
        pages: u64,
        /// The structure that starts like this, or "something".
        holds: String,
        /// The first bytes.
        found: Glimpse,
    },

    /// The memory of a registered collection does not hold a map that can be used.
    #[error(
        "E511: virtual memory {id} of collection {name:?} does not hold its map ({reason}; it starts with {found}): something else wrote to it; restore the canister from a snapshot"
    )]
    Foreign {
        /// The collection.
        name: String,
        /// Its id.
        id: u8,
        /// What is wrong with it.
        reason: String,
        /// The first bytes.
        found: Glimpse,
    },

    /// An entry of a registered collection is not one of the release's.
    #[error(
        "E512: the {which} entry of collection {name:?} in virtual memory {id} (key {key}) does not fit this release: {reason}; keep the types of its keys and values, or move the entries to a new collection"
    )]
    Misfit {
        /// The collection.
        name: String,
        /// Its id.
        id: u8,
        /// "first" or "last".
        which: &'static str,
        /// The encoded key.
        key: Glimpse,
        /// What does not fit.
        reason: String,
    },

    /// An entry on the heap cannot go into the stable map.
    #[error(
        "E513: an entry of collection {name:?} cannot be kept in a stable map (key {key}): {reason}; correct the type's encoding or its bound"
    )]
    Unstorable {
        /// The collection.
        name: String,
        /// The encoded key.
        key: Glimpse,
        /// Why not.
        reason: String,
    },

    /// Entries of a collection have sizes that its types do not allow.
    #[error(
        "E514: entries of collection {name:?} cannot be kept in a stable map: {reason}; correct the type's bound"
    )]
    Oversized {
        /// The collection.
        name: String,
        /// What is too large, or too small.
        reason: String,
    },

    /// The keys of a collection that shares a map are not ordered as their bytes.
    #[error(
        "E515: the collection with the id {id} shares a map with others, and its keys come in another order than their bytes (key {key}): correct `ByteOrdered` or the encoding, or give it a map of its own"
    )]
    Unordered {
        /// The collection's id.
        id: u8,
        /// The encoded key that comes too late.
        key: Glimpse,
    },

    /// A collection was made from entries of which some had the same key.
    #[error(
        "E516: collection {name:?} was made from entries of which {count} had a key that another had, too: only one of each can be kept; decide in the conversion of the legacy value which"
    )]
    DuplicateKeys {
        /// The collection.
        name: String,
        /// How many entries too many there were.
        count: u64,
    },

    /// A collection has, or may have, values that the release does not read.
    #[error(
        "E517: collection {name:?} of virtual memory {id} has values of {found}, and this release reads {read}: install one that reads them all; one that drops a version comes after the status has said that the older values are written anew"
    )]
    Version {
        /// The collection.
        name: String,
        /// Its id.
        id: u8,
        /// What may be there.
        found: Versions,
        /// What the release reads.
        read: Versions,
    },

    /// The values of a collection get a new version while its entries are moved.
    #[error(
        "E518: the values of collection {name:?} of virtual memory {id} have version {found}, this release writes version {declared}, and its move is not done: install the release before, wait until its move is done, and upgrade then"
    )]
    VersionDuringMove {
        /// The collection.
        name: String,
        /// Its id.
        id: u8,
        /// The newest version that was written.
        found: u32,
        /// The version that the release writes.
        declared: u32,
    },

    /// The plan says of a collection what the state does not have.
    #[error(
        "E519: of collection {name:?} the plan declares as its {what} {declared}, and the state has {found}: what the module says of itself would not be so; say the same in `Plan::collections`, `Plan::changes` and `Tiered`"
    )]
    NotAsDeclared {
        /// The collection; empty where it is none alone.
        name: String,
        /// "name", "id", "structure", "key", "value", "versions" or "changes".
        what: &'static str,
        /// What the plan says.
        declared: String,
        /// What the state has.
        found: String,
    },
}

impl OwnershipError {
    /// The collection that it speaks of: of two that the release declares, the later one. Empty where it is none alone.
    pub fn subject(&self) -> &str {
        match self {
            Self::SharedId { second: name, .. }
            | Self::SharedWithOwner { sharing: name, .. }
            | Self::IdTaken { declared: name, .. }
            | Self::SharedName { name, .. }
            | Self::IdChanged { name, .. }
            | Self::Missing { name, .. }
            | Self::Retired { name, .. }
            | Self::RetiredTooEarly { name, .. }
            | Self::Changed { name, .. }
            | Self::InUse { name, .. }
            | Self::Foreign { name, .. }
            | Self::Misfit { name, .. }
            | Self::Unstorable { name, .. }
            | Self::Oversized { name, .. }
            | Self::DuplicateKeys { name, .. }
            | Self::Version { name, .. }
            | Self::VersionDuringMove { name, .. }
            | Self::NotAsDeclared { name, .. } => name,
            Self::Unordered { .. } => "",
        }
    }
}

fn owned(owner: &Option<String>) -> String {
    match owner {
        Some(owner) => format!(", which belongs to {owner:?}"),
        None => String::new(),
    }
}

fn replaced(in_its_place: &Option<String>) -> String {
    match in_its_place {
        Some(name) => format!(", but {name:?} in its place"),
        None => String::new(),
    }
}
