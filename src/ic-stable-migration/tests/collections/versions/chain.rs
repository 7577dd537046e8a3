//! The versions of a canister's settings and notes, one after the other.

use std::borrow::Cow;

use ic_stable_migration::{Schema, first_schema};
use ic_stable_structures::Storable;
use ic_stable_structures::storable::Bound;
use serde::{Deserialize, Serialize};

pub mod v1 {
    use super::*;

    #[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
    pub struct Hot {
        pub owner: String,
    }

    #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub struct Note {
        pub text: String,
    }
}

pub mod v2 {
    use super::*;

    #[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
    pub struct Hot {
        pub owners: Vec<String>,
    }

    #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub struct Note {
        pub text: String,
        pub readers: u32,
    }
}

pub mod v3 {
    use super::*;

    #[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
    pub struct Hot {
        pub owners: Vec<String>,
        pub upgrades: u64,
    }

    #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub struct Note {
        pub text: String,
        pub readers: u64,
    }
}

pub mod v4 {
    use super::*;

    #[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
    pub struct Hot {
        pub owner: Option<String>,
        pub others: Vec<String>,
        pub upgrades: u64,
    }

    #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub struct Note {
        pub text: String,
        pub words: u64,
        pub readers: u64,
    }

    /// The last version as a chain of its own: what a release has that reads no other.
    #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub struct NoteAlone(pub Note);
}

first_schema!(v1::Hot);
first_schema!(v1::Note);

/// A version, the one before, and the step.
macro_rules! step {
    ($before:ty => $now:ty, $number:literal, |$value:ident| $step:expr) => {
        impl Schema for $now {
            const NUMBER: u32 = $number;
            type Before = $before;

            fn step($value: $before) -> Result<Self, String> {
                Ok($step)
            }
        }
    };
}

step!(v1::Hot => v2::Hot, 2, |hot| Self {
    owners: vec![hot.owner]
});
step!(v2::Hot => v3::Hot, 3, |hot| Self {
    owners: hot.owners,
    upgrades: 0
});
step!(v3::Hot => v4::Hot, 4, |hot| {
    let mut owners = hot.owners.into_iter();
    Self {
        owner: owners.next(),
        others: owners.collect(),
        upgrades: hot.upgrades,
    }
});
step!(v1::Note => v2::Note, 2, |note| Self {
    text: note.text,
    readers: 0
});
step!(v2::Note => v3::Note, 3, |note| Self {
    text: note.text,
    readers: note.readers.into()
});
step!(v3::Note => v4::Note, 4, |note| Self {
    words: note.text.split_whitespace().count() as u64,
    text: note.text,
    readers: note.readers
});

impl Schema for v4::NoteAlone {
    const NUMBER: u32 = 4;
    type Before = ic_stable_migration::Oldest;

    fn step(before: ic_stable_migration::Oldest) -> Result<Self, String> {
        match before {}
    }
}

macro_rules! stored {
    ($($note:ty),*) => {$(
        impl Storable for $note {
            const BOUND: Bound = Bound::Unbounded;

            fn to_bytes(&self) -> Cow<'_, [u8]> {
                serde_json::to_vec(self).unwrap().into()
            }

            fn into_bytes(self) -> Vec<u8> {
                serde_json::to_vec(&self).unwrap()
            }

            fn from_bytes(bytes: Cow<[u8]>) -> Self {
                serde_json::from_slice(&bytes).unwrap()
            }
        }
    )*};
}
stored!(v1::Note, v2::Note, v3::Note, v4::Note, v4::NoteAlone);
