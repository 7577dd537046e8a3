//! What a stable memory says of the upgrades that it takes.

use std::rc::Rc;

use ic_stable_migration::{
    BucketTable, Header, Memory0Content, MoveJournal, OpenOptions, Opened, Registered,
};

use crate::error::Result;
use crate::image::Image;
use crate::report::layout_text;
use crate::structure::Depth;
use crate::survey::{Behind, Layout, Survey};

/// A stable memory.
#[derive(Clone, Debug)]
pub struct MemoryFacts {
    /// What it holds.
    pub holds: Holds,
}

/// What a stable memory holds.
#[derive(Clone, Debug)]
pub enum Holds {
    /// Nothing, or nothing but zeros.
    Nothing,
    /// One value at offset 0.
    Value(ValueFacts),
    /// A memory manager that adds up.
    Managed(Box<ManagedFacts>),
    /// Something else, in words.
    Other(String),
    /// What contradicts itself, in words.
    Damaged(String),
}

/// A value at offset 0.
#[derive(Clone, Debug)]
pub struct ValueFacts {
    /// Its encoding and what stands in front of it, in the words of a manifest.
    pub form: (&'static str, &'static str),
    /// Whether something stands behind it that no longer value has left.
    pub something_behind: bool,
}

/// A memory under a manager.
#[derive(Clone, Debug)]
pub struct ManagedFacts {
    /// The memory of the state.
    pub home: u8,
    /// Its buckets.
    pub table: BucketTable,
    /// The library's header; none where it has not saved yet.
    pub header: Option<Header>,
    /// Where nothing was saved: whether there is a value of another program to start from.
    pub has_value: bool,
    /// What is written down of collections; none where no move has begun.
    pub journal: Option<JournalFacts>,
}

/// What a journal says.
#[derive(Clone, Debug)]
pub struct JournalFacts {
    /// The collections.
    pub registry: Vec<Registered>,
    /// Whether all entries are in their stable maps.
    pub moved: bool,
    /// Collections without an entry, by their ids.
    pub empty: Vec<u8>,
}

impl MemoryFacts {
    /// Looks at a memory: at its headers and its journal.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if it cannot be read. What contradicts itself is a fact.
    pub fn of(image: &Rc<Image>) -> Result<Self> {
        let survey = Survey::of(image, Depth::Headers, &mut |_| ())?;
        let holds = match (&survey.damages[..], &survey.layout) {
            ([damage, ..], _) => Holds::Damaged(damage.clone()),
            (_, Layout::Empty | Layout::Zeros) => Holds::Nothing,
            (_, Layout::Legacy(legacy)) => Holds::Value(ValueFacts {
                form: (
                    match legacy.codec {
                        "messagepack" => "MessagePack",
                        "candid" => "Candid",
                        _ => "CBOR",
                    },
                    match legacy.length_in_front {
                        0 => "none",
                        4 => "u32",
                        _ => "u64",
                    },
                ),
                something_behind: match legacy.behind {
                    Behind::Zeros | Behind::OlderTail { .. } => false,
                    Behind::Unexplained { .. } | Behind::Apart { .. } => true,
                },
            }),
            (_, Layout::Managed(_)) => managed(image),
            (_, layout) => Holds::Other(layout_text(layout)),
        };
        image.check()?;
        Ok(Self { holds })
    }

    /// What a manager's memory says.
    pub fn managed(&self) -> Option<&ManagedFacts> {
        match &self.holds {
            Holds::Managed(managed) => Some(managed),
            _ => None,
        }
    }
}

fn managed(image: &Rc<Image>) -> Holds {
    let facts = || {
        let Opened::Managed(managed) = OpenOptions::new().open(Rc::clone(image)) else {
            return Ok(Holds::Other("a memory manager that does not add up".into()));
        };
        let (header, has_value) = match managed.content()? {
            Memory0Content::Saved(header) => (Some(header), false),
            Memory0Content::Value(_) => (None, true),
            Memory0Content::Unsaved => (None, false),
        };
        let journal = managed.move_journal()?;
        Ok(Holds::Managed(Box::new(ManagedFacts {
            home: managed.home(),
            table: managed.bucket_table()?,
            header,
            has_value,
            journal: journal.map(JournalFacts::from),
        })))
    };
    // Memory 0 may hold what only the canister's own codec reads.
    facts().unwrap_or_else(|error: ic_stable_migration::Error| Holds::Damaged(error.to_string()))
}

impl From<MoveJournal> for JournalFacts {
    fn from(journal: MoveJournal) -> Self {
        let collections = journal.collections.iter();
        let empty = collections.filter(|collection| collection.entries == 0);
        Self {
            empty: empty.map(|collection| collection.id).collect(),
            registry: journal.registry,
            moved: journal.phase.has_moved(),
        }
    }
}
