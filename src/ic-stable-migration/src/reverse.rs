//! The way back that keeps what was written since: a release that leaves the state as it finds it, and whose `pre_upgrade`
//! writes it as the legacy value, so that the old module takes over.

use std::fmt;

use ic_stable_structures::Memory;

use crate::error::Error;
use crate::managed::Managed;
use crate::manifest::ManifestSource;
use crate::plan::Plan;
use crate::registry::Registry;
use crate::stream::is_zeroed;

mod error;
mod proof;
mod write;

use crate::codec::{Codec, WriteCodec};
pub use error::ReverseError;
pub(crate) use proof::{holds, value_of};
pub(crate) use write::{at_offset_0, clear};

/// Longest value that is made a state again and compared, in bytes: the heap holds value and state then, and reading takes
/// about as many instructions as writing.
const PROVED_BYTES: u64 = 64 << 20;

/// A state that can be written as the legacy value again.
///
/// What the legacy value cannot express has to be told: it is dropped only with a [promise](Reverse::dropping).
pub trait ToLegacy {
    /// The legacy value, as something that the plan's codec [writes](WriteCodec): the legacy type itself, or a view that
    /// streams it from the collections, which saves the heap a copy of the state.
    type Legacy<'a>
    where
        Self: 'a;

    /// The legacy value.
    fn to_legacy(&self) -> Self::Legacy<'_>;

    /// What the state has and the legacy value cannot express, and how much of each: entries, or 1 for what is there or
    /// not. A whole collection goes by its name as one. Nothing, unless said.
    fn lost(&self) -> Vec<Lost> {
        Vec::new()
    }
}

/// Something that a state has and its legacy value cannot express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// What it is. For a collection its name.
    pub name: &'static str,
    /// How much of it there is; 0 is nothing.
    pub count: u64,
}

impl Lost {
    /// So much of something.
    pub const fn new(name: &'static str, count: u64) -> Self {
        Self { name, count }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.count)
    }
}

/// Where the old module looks for its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// At offset 0 of stable memory. The memory manager is gone then, and everything behind the value is zero.
    Offset0,
    /// In the state's virtual memory, as after the migration of 2023. The manager stays, and so do the memories that are no
    /// collection's; the buckets of the collections can be had again.
    Memory0,
}

/// The plan of a release that goes back.
///
/// ```
/// use std::collections::BTreeMap;
/// use ic_stable_migration::{MessagePack, Plan, Reverse, Store, Target, Tier, Tiered, TieredMap, ToLegacy};
/// use ic_stable_structures::{DefaultMemoryImpl as Stable, Memory};
///
/// // The value of release 0, and the state of release 2.
/// type Legacy = BTreeMap<u64, String>;
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct State {
///     texts: TieredMap<u64, String, Stable>,
/// }
/// # impl From<Legacy> for State {
/// #     fn from(legacy: Legacy) -> Self {
/// #         State { texts: legacy.into_iter().collect() }
/// #     }
/// # }
/// # impl Tiered<Stable> for State {
/// #     type Hot = ();
/// #     fn hot(&self) -> &() {
/// #         &()
/// #     }
/// #     fn set_hot(&mut self, _: ()) {}
/// #     fn collections(&mut self) -> Vec<Tier<'_, Stable>> {
/// #         vec![Tier::new("texts", 1, &mut self.texts)]
/// #     }
/// # }
///
/// impl ToLegacy for State {
///     type Legacy<'a> = Legacy;
///     fn to_legacy(&self) -> Legacy {
///         self.texts.iter().collect()
///     }
/// }
///
/// const PLAN: Plan<Legacy, MessagePack> = Plan::new(2);
/// const BACK: Reverse<Legacy, MessagePack> = Plan::new(2).reverse(Target::Offset0);
///
/// # let memory = Stable::default();
/// # memory.grow(1);
/// # memory.write(0, b"\x81\x07\xa5seven");
/// # let now = 1_700_000_000_000_000_000;
/// // Release 2 takes over, and something is written.
/// let (mut store, _) = Store::<State, _>::resume(&PLAN, memory.clone(), now)?;
/// store.state()?.texts.insert(8, "eight".into());
/// store.save(&PLAN, now)?;
///
/// // The release that goes back: its post_upgrade, a call, its pre_upgrade.
/// let (mut store, _) = Store::<State, _>::resume_as_found(&BACK, memory.clone(), now)?;
/// store.state()?.texts.insert(9, "nine".into());
/// store.save_legacy(&BACK, memory.clone())?;
///
/// // What release 0 reads.
/// let mut first = [0; 21];
/// memory.read(0, &mut first);
/// assert_eq!(&first, b"\x83\x07\xa5seven\x08\xa5eight\x09\xa4nine");
/// # Ok::<(), ic_stable_migration::Error>(())
/// ```
///
/// See [the guide](crate::guide::way_back).
pub struct Reverse<L, C> {
    plan: Plan<L, C>,
    target: Target,
    dropping: &'static [&'static str],
    derived: &'static [&'static str],
}

impl<L, C> Reverse<L, C> {
    pub(crate) const fn of(plan: Plan<L, C>, target: Target) -> Self {
        Self {
            plan,
            target,
            dropping: &[],
            derived: &[],
        }
    }

    /// Promises that what has these names may be dropped, where the legacy value [cannot express](ToLegacy::lost) it.
    pub const fn dropping(mut self, names: &'static [&'static str]) -> Self {
        self.dropping = names;
        self
    }

    /// Names collections that are made of others and can be made again, as an index is: the legacy value need not express them,
    /// and no promise is needed to drop them. This release writes to one as the release does that made it, so that it is right
    /// where that one is installed again. A memory that has none is not given one: it is on the heap then, and written nowhere.
    pub const fn derived(mut self, names: &'static [&'static str]) -> Self {
        self.derived = names;
        self
    }

    /// What the release says of itself, to be put into the module with [`manifest!`](crate::manifest). See
    /// [`Plan::manifest`].
    pub const fn manifest(&self) -> ManifestSource
    where
        C: Codec<L>,
    {
        self.plan.manifest().going_back(self.target)
    }

    /// The release number.
    pub const fn release(&self) -> u32 {
        self.plan.release()
    }

    pub(crate) fn derives(&self) -> &'static [&'static str] {
        self.derived
    }

    pub(crate) fn plan(&self) -> &Plan<L, C> {
        &self.plan
    }

    pub(crate) fn target(&self) -> Target {
        self.target
    }

    /// Whether a value of so many bytes is made a state again and compared.
    pub(crate) fn proves(&self, bytes: u64) -> bool {
        self.plan.reads_back() && bytes <= PROVED_BYTES
    }

    /// Refuses a state that would lose something by going back: one of a memory that knows the collections of `registry`,
    /// of which `undecided` was found to differ. Returns the names of what it gives up: with a promise, or because it is derived.
    pub(crate) fn permit<S: ToLegacy, M: Memory>(
        &self,
        state: &S,
        managed: Option<&Managed<M>>,
        registry: &Registry,
        undecided: Option<String>,
    ) -> Result<Vec<&'static str>, Error> {
        if let Some(collection) = undecided {
            return Err(ReverseError::Undecided { collection }.into());
        }
        match (self.target, managed) {
            (Target::Memory0, None) => return Err(ReverseError::NoManager.into()),
            (Target::Offset0, Some(managed)) => refuse_other_memories(managed, registry)?,
            _ => {}
        }
        let lost = state.lost().into_iter();
        let lost = lost.filter(|lost| lost.count > 0 && !self.derived.contains(&lost.name));
        let (promised, lost): (Vec<_>, Vec<_>) =
            lost.partition(|lost| self.dropping.contains(&lost.name));
        if !lost.is_empty() {
            return Err(ReverseError::Unpromised { lost }.into());
        }
        let promised = promised.into_iter().map(|lost| lost.name);
        Ok(promised.chain(self.derived.iter().copied()).collect())
    }
}

/// Refuses a manager that has memories for which a value at offset 0 leaves no place. Reads each to its first byte that is
/// not zero.
fn refuse_other_memories<M: Memory>(
    managed: &Managed<M>,
    registry: &Registry,
) -> Result<(), Error> {
    let mut holding = Vec::new();
    for (id, _) in managed.bucket_table()?.sizes {
        let is_known = id == managed.home() || registry.uses(id);
        if !is_known && !is_zeroed(&managed.memory(id)?) {
            holding.push(id.to_string());
        }
    }
    let memories = match &holding[..] {
        [] => return Ok(()),
        [id] => format!("virtual memory {id}"),
        ids => format!("virtual memories {}", ids.join(", ")),
    };
    Err(ReverseError::OtherMemories { memories }.into())
}

#[cfg(test)]
mod tests;
