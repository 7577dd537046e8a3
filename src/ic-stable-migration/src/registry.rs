//! Who owns which virtual memory: written down in the journal, and held against what a release declares before
//! anything is opened or written.
//!
//! A `StableBTreeMap` made over a memory that holds something else overwrites it, and one that looks into the wrong
//! memory is empty without a word. So the journal remembers of every collection its name, the id of its memory, its
//! kind and what its keys and values look like, and [`Registry::claim`] refuses what does not agree. A collection
//! that was given up keeps its id for ever: see [`Changes`].

use std::fmt;

use ic_stable_structures::storable::Bound;
use ic_stable_structures::{Memory, Storable};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::managed::free_to_use;
use crate::mover::Tier;

mod changes;
mod claims;
mod content;
mod memories;
mod ownership;
mod recorded;
mod standing;
mod versions;

pub use changes::Changes;
pub(crate) use claims::{Claims, new_name};
pub(crate) use content::kind_of;
pub(crate) use memories::{Places, check_memories};
pub use ownership::OwnershipError;
pub use recorded::Recorded;
pub(crate) use standing::{Standing, standing_maps};
pub use versions::Versions;

/// The kind of structure that a collection keeps in its virtual memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A `StableBTreeMap` of ic-stable-structures, in the virtual memory of the collection's id.
    StableBTreeMap,
    /// The part of a `StableBTreeMap` whose keys start with the collection's id. See
    /// [`TieredMap::sharing`](crate::TieredMap::sharing).
    SharedStableBTreeMap {
        /// The id of the map's virtual memory.
        memory: u8,
    },
}

impl Kind {
    /// The virtual memory that collections share, if they do.
    pub const fn shared_memory(self) -> Option<u8> {
        match self {
            Kind::StableBTreeMap => None,
            Kind::SharedStableBTreeMap { memory } => Some(memory),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Kind::StableBTreeMap => f.write_str("a map of its own"),
            Kind::SharedStableBTreeMap { memory } => {
                write!(f, "its part of the map in virtual memory {memory}")
            }
        }
    }
}

/// How large the encoding of a key or a value can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// Any number of bytes.
    Unbounded,
    /// At most this many bytes.
    UpTo(u32),
    /// Always this many bytes.
    Exactly(u32),
}

impl Size {
    /// The size that a type declares.
    pub(crate) const fn of<T: Storable>() -> Self {
        match T::BOUND {
            Bound::Unbounded => Size::Unbounded,
            Bound::Bounded {
                max_size,
                is_fixed_size,
            } if is_fixed_size => Size::Exactly(max_size),
            Bound::Bounded { max_size, .. } => Size::UpTo(max_size),
        }
    }

    /// Whether an encoding of `bytes` fits.
    pub(crate) fn admits(self, bytes: usize) -> bool {
        match self {
            Size::Unbounded => true,
            Size::UpTo(max) => bytes <= max as usize,
            Size::Exactly(size) => bytes == size as usize,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Size::Unbounded => f.write_str("of any size"),
            Size::UpTo(max) => write!(f, "of at most {max} bytes"),
            Size::Exactly(size) => write!(f, "of exactly {size} bytes"),
        }
    }
}

/// What a collection is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// The structure.
    pub kind: Kind,
    /// Size of its keys.
    pub key: Size,
    /// Size of its values.
    pub value: Size,
}

/// Where the entries of a collection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// On the heap, or some of them.
    Moving,
    /// All of them in its stable map.
    Moved,
    /// It has none, and memory 0 has none of before its move.
    Nothing,
}

/// What is written down of one collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// Its id: that of its virtual memory or, where it shares one, the first byte of its keys there.
    pub id: u8,
    /// What it is made of.
    pub shape: Shape,
    /// What versions its values have.
    #[serde(default)]
    pub values: Versions,
    /// Given up by a release; its id stays reserved.
    pub retired: bool,
}

/// Every collection that a memory has ever had, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry(pub Vec<Registered>);

impl Registered {
    fn declared<M: Memory>(tier: &Tier<'_, M>) -> Self {
        Self {
            name: tier.name.into(),
            id: tier.id,
            shape: tier.map.shape(),
            values: tier.versions,
            retired: false,
        }
    }

    /// The id of the virtual memory in which its stable entries are.
    pub fn memory_id(&self) -> u8 {
        self.shape.kind.shared_memory().unwrap_or(self.id)
    }
}

impl Registry {
    /// That of a memory which has had these collections alone, with values of any version that they read.
    pub fn declared<M: Memory>(tiers: &[Tier<'_, M>]) -> Self {
        Self(tiers.iter().map(Registered::declared).collect())
    }

    /// The same registry, where every value of the collections in use has been written by this release.
    pub fn all_new(mut self) -> Self {
        for entry in self.0.iter_mut().filter(|entry| !entry.retired) {
            entry.renew();
        }
        self
    }

    /// The collection that has this id, in use or retired.
    pub fn owner(&self, id: u8) -> Option<&Registered> {
        self.0.iter().find(|entry| entry.id == id)
    }

    /// Whether a collection has entries of its own in this virtual memory, or may have.
    pub(crate) fn uses(&self, memory_id: u8) -> bool {
        self.0.iter().any(|entry| entry.memory_id() == memory_id)
    }

    /// The collection that has this name, in use or retired.
    pub(crate) fn named(&self, name: &str) -> Option<&Registered> {
        self.0.iter().find(|entry| entry.name == name)
    }

    /// The registry as it will be once the declared collections are taken for what is here; `home` is the memory of the
    /// state. `held` tells where the entries of a registered collection are. Writes nothing.
    ///
    /// # Errors
    /// [`Error::ReservedMemory`] for an id that no collection can have, [`Error::Ownership`] for everything in
    /// which registry and declaration disagree.
    pub fn claim(
        &self,
        home: u8,
        claims: &Claims,
        held: impl Fn(u8) -> Held,
    ) -> Result<Self, Error> {
        distinct(home, &claims.collections)?;
        let mut claimed = self.clone();
        for entry in &mut claimed.0 {
            if let Some(name) = claims.new_name(&entry.name) {
                entry.name = name.into();
            }
        }
        claimed.retire(claims, &held)?;
        for declared in &claims.collections {
            claimed.take(declared.clone(), held(declared.id))?;
        }
        Ok(claimed)
    }

    /// Marks what the release gives up; whatever else is registered has to be declared.
    fn retire(&mut self, claims: &Claims, held: impl Fn(u8) -> Held) -> Result<(), OwnershipError> {
        for entry in self.0.iter_mut().filter(|entry| !entry.retired) {
            if claims.has(&entry.name) {
                continue;
            }
            if !claims.retires(&entry.name) {
                return Err(OwnershipError::Missing {
                    name: entry.name.clone(),
                    id: entry.id,
                    in_its_place: claims.name_of(entry.id),
                });
            }
            if held(entry.id) == Held::Moving {
                return Err(OwnershipError::RetiredTooEarly {
                    name: entry.name.clone(),
                    id: entry.id,
                });
            }
            entry.retired = true;
        }
        Ok(())
    }

    /// Takes one declared collection for the registered one of its name, or for a new one.
    fn take(&mut self, declared: Registered, held: Held) -> Result<(), OwnershipError> {
        let Some(known) = self.named(&declared.name) else {
            return match self.owner(declared.id) {
                Some(owner) => Err(OwnershipError::IdTaken {
                    id: declared.id,
                    registered: owner.name.clone(),
                    retired: owner.retired,
                    declared: declared.name,
                }),
                None => {
                    self.0.push(declared);
                    Ok(())
                }
            };
        };
        if known.retired {
            return Err(OwnershipError::Retired {
                name: declared.name,
                id: known.id,
            });
        }
        if known.id != declared.id {
            let owner = self.owner(declared.id);
            return Err(OwnershipError::IdChanged {
                owner: owner.map(|owner| owner.name.clone()),
                registered: known.id,
                declared: declared.id,
                name: declared.name,
            });
        }
        if let Some(changed) = known.change_to(&declared) {
            return Err(changed);
        }
        let values = known.values_under(declared.values, held)?;
        let known = self.0.iter_mut().find(|entry| entry.name == declared.name);
        if let Some(known) = known {
            known.values = values;
        }
        Ok(())
    }
}

impl Registered {
    /// In what a declaration contradicts this entry, if it does.
    fn change_to(&self, declared: &Self) -> Option<OwnershipError> {
        let (what, registered, declared) = if self.shape.kind != declared.shape.kind {
            let kind = |entry: &Self| entry.shape.kind.to_string();
            ("structure", kind(self), kind(declared))
        } else if self.shape.key != declared.shape.key {
            let key = |entry: &Self| entry.shape.key.to_string();
            ("key", key(self), key(declared))
        } else if self.shape.value != declared.shape.value {
            let value = |entry: &Self| entry.shape.value.to_string();
            ("value", value(self), value(declared))
        } else {
            return None;
        };
        Some(OwnershipError::Changed {
            name: self.name.clone(),
            id: self.id,
            what,
            registered,
            declared,
        })
    }
}

/// Refuses ids that no collection can have, and ids or names that two have.
fn distinct(home: u8, declared: &[Registered]) -> Result<(), Error> {
    for (at, entry) in declared.iter().enumerate() {
        free_to_use(entry.id, home)?;
        let shared = entry.shape.kind.shared_memory();
        if let Some(memory) = shared {
            free_to_use(memory, home)?;
            if let Some(owner) = declared.iter().find(|owner| owner.id == memory) {
                return Err(OwnershipError::SharedWithOwner {
                    id: memory,
                    owner: owner.name.clone(),
                    sharing: entry.name.clone(),
                }
                .into());
            }
        }
        for other in &declared[..at] {
            if other.id == entry.id {
                return Err(OwnershipError::SharedId {
                    id: entry.id,
                    first: other.name.clone(),
                    second: entry.name.clone(),
                }
                .into());
            }
            if other.name == entry.name {
                return Err(OwnershipError::SharedName {
                    name: entry.name.clone(),
                    first: other.id,
                    second: entry.id,
                }
                .into());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
