//! What a plan says of the collections of its state, so that it can stand in the module.

use std::any::type_name;
use std::fmt::Display;

use ic_stable_structures::{Memory, Storable};

use crate::mover::Tier;
use crate::registry::{Changes, Kind, OwnershipError, Shape, Size, Versions};

/// A collection as a [plan](crate::Plan::collections) declares it. Made by [`declare!`](crate::declare).
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    pub(super) name: &'static str,
    pub(super) id: u8,
    pub(super) shape: Shape,
    /// Key and value as they are written in the source.
    pub(super) types: [&'static str; 2],
    /// The same as the compiler names them.
    full: [fn() -> &'static str; 2],
    pub(super) versions: Versions,
}

impl Declared {
    /// A collection by its name, its id, and its types as they are to be shown. [`declare!`](crate::declare) writes the
    /// types twice.
    pub const fn new<K: Storable, V: Storable>(
        name: &'static str,
        id: u8,
        key: &'static str,
        value: &'static str,
    ) -> Self {
        Self {
            name,
            id,
            shape: Shape {
                kind: Kind::StableBTreeMap,
                key: Size::of::<K>(),
                value: Size::of::<V>(),
            },
            types: [key, value],
            full: [type_name::<K>, type_name::<V>],
            versions: Versions::FIRST,
        }
    }

    /// One that [shares](crate::TieredMap::sharing) the map in virtual memory `memory`.
    pub const fn sharing(mut self, memory: u8) -> Self {
        self.shape.kind = Kind::SharedStableBTreeMap { memory };
        self
    }

    /// The versions of its values: the oldest that the release reads, and the newest, which it writes. 1 and 1 unless
    /// said.
    pub const fn versions(mut self, oldest: u32, newest: u32) -> Self {
        assert!(oldest <= newest, "the oldest version comes first");
        self.versions = Versions { oldest, newest };
        self
    }

    /// In what a collection of the state is another than this, if it is: what, as declared, as it is.
    fn differs<M: Memory>(&self, tier: &Tier<'_, M>) -> Option<(&'static str, String, String)> {
        let (here, there) = (self.shape.kind, tier.map.shape().kind);
        let ([key, value], types) = (self.full.map(|name| name()), tier.map.types());
        let told = |what, declared: &dyn Display, found: &dyn Display| {
            Some((what, declared.to_string(), found.to_string()))
        };
        // Asked in every upgrade: nothing is put into words where there is nothing to tell.
        if self.id != tier.id {
            return told("id", &self.id, &tier.id);
        }
        if here != there {
            return told("structure", &here, &there);
        }
        if key != types[0] {
            return told("key", &key, &types[0]);
        }
        if value != types[1] {
            return told("value", &value, &types[1]);
        }
        if self.versions != tier.versions {
            return told("versions", &self.versions, &tier.versions);
        }
        None
    }
}

/// A [`Declared`] collection: its name, its id, the types of its keys and values.
///
/// A set has `()` for values, a list `u64` for keys.
///
/// ```
/// use ic_stable_migration::{Declared, declare};
///
/// const POSTS: Declared = declare!("posts", 1, u64 => String);
/// const TAGS: Declared = declare!("tags", 2, String => ()).sharing(10);
/// ```
#[macro_export]
macro_rules! declare {
    ($name:expr, $id:expr, $key:ty => $value:ty) => {
        $crate::Declared::new::<$key, $value>($name, $id, stringify!($key), stringify!($value))
    };
}

/// What a plan says of its collections and of what became of earlier ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declarations {
    /// None where the plan says nothing of them.
    pub collections: Option<&'static [Declared]>,
    pub changes: Changes,
}

impl Declarations {
    pub const NONE: Self = Self {
        collections: None,
        changes: Changes::new(),
    };

    /// Refuses a state whose collections are not those that the plan declares.
    ///
    /// # Errors
    /// [`OwnershipError::NotAsDeclared`].
    pub fn hold<M: Memory>(
        &self,
        tiers: &[Tier<'_, M>],
        changes: &Changes,
    ) -> Result<(), OwnershipError> {
        let Some(declared) = self.collections else {
            return Ok(());
        };
        let refused = |name: &str, what, declared: String, found: String| {
            Err(OwnershipError::NotAsDeclared {
                name: name.into(),
                what,
                declared,
                found,
            })
        };
        let (has, no) = (String::from("such a collection"), String::from("none"));
        for tier in tiers {
            let Some(declared) = declared.iter().find(|declared| declared.name == tier.name) else {
                return refused(tier.name, "name", no, has);
            };
            if let Some((what, declared, found)) = declared.differs(tier) {
                return refused(tier.name, what, declared, found);
            }
        }
        if let Some(missing) = declared
            .iter()
            .find(|declared| !tiers.iter().any(|tier| tier.name == declared.name))
        {
            return refused(missing.name, "name", has, no);
        }
        if self.changes != *changes {
            let (declared, found) = ("what `Plan::changes` says", "what `Tiered::changes` says");
            return refused("", "changes", declared.into(), found.into());
        }
        Ok(())
    }

    /// Refuses collections of a plan whose hook keeps none.
    ///
    /// # Errors
    /// [`OwnershipError::NotAsDeclared`].
    pub fn hold_none(&self) -> Result<(), OwnershipError> {
        match self.collections {
            Some([first, ..]) => Err(OwnershipError::NotAsDeclared {
                name: first.name.into(),
                what: "name",
                declared: "such a collection".into(),
                found: "none, because the hook is one of stage one".into(),
            }),
            _ => Ok(()),
        }
    }
}
