//! Moves a state's collections from the heap to stable memory, in steps, while the canister goes on answering: what is
//! too large to be moved [in the upgrade](crate::transfer).
//!
//! ```text
//! post_upgrade   Plan::resume_tiered: checks who owns which memory, joins the stable tiers, journals the digests
//! each step      maps that do not exist yet are written whole where a step can hold them, other entries are inserted in key
//!                order, until the budget is used up; what changed is appended to the journal
//! nothing left   the audit reads the stable maps, in steps too, and compares with the digests
//! pre_upgrade    Mover::save: during the move the journal, after it the hot state into memory 0
//! ```
//!
//! # What is kept until the audit has held
//! The payload of memory 0, which has every entry as it was before the move. Nothing writes to it, no upgrade either:
//! the hot state goes into the journal until the move is done, so keep [`Tiered::hot`] small, and keep in it
//! everything that is not in a collection. Where the audit finds a difference, both sides are there, and
//! [`Mover::resolve`] goes on with the one that is right.
//!
//! # What an upgrade that skips `pre_upgrade` keeps
//! Every acknowledged change of a collection, moved or not: writes go to the stable map at once, and removals to
//! the journal. Of the hot state, what the last step or save found. What changed on the heap after that is lost;
//! during a move that is the time since the last step.
//!
//! # What a trap undoes
//! The message it happens in. A step that traps leaves no entry half moved; [`Mover::step_failed`] halves the
//! budget of the next.

use std::rc::Rc;

use ic_stable_structures::{Memory, Storable};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::Cbor;
use crate::error::Error;
use crate::header::Header;
use crate::ledger::{Ledger, SlotIndex};
use crate::managed::{Managed, Stamp};
use crate::proof;
use crate::registry::{Changes, Recorded, Registry, Versions};
use crate::schema::{Record, RecordChain, SchemaReport};
use crate::tiered::{Collection, TieredMap};

mod attach;
mod audit;
mod budget;
mod journaling;
mod meter;
mod pace;
mod progress;
mod resolve;
mod status;
mod step;
mod whole;
mod work;

use journaling::Journaled;

pub(crate) use attach::{Fitting, declared, fit, fit_without};
pub use budget::Budget;
use pace::Seen;
pub use pace::{Hindrance, Pace, Rate};
use progress::CollectionProgress;
pub(crate) use progress::Progress;
pub use progress::{Difference, Phase, Stuck};
pub use resolve::{DifferingKeys, Resolution};
pub use status::{CollectionStatus, MoveStatus, WorkStatus};
pub use work::{Job, Work, Worked};

/// A state whose bulk lives in [`TieredMap`](crate::TieredMap)s.
///
/// Its serde form is what memory 0 keeps: the hot state, and of each map what is on the heap. Every part of the state
/// is either hot or in a collection.
pub trait Tiered<M: Memory>: Serialize + DeserializeOwned {
    /// What stays on the heap. Where it has changed it is journaled with every step, so it should be small.
    type Hot: Serialize + DeserializeOwned;

    /// The hot state.
    fn hot(&self) -> &Self::Hot;

    /// Replaces the hot state: the journal had a newer one than the payload.
    fn set_hot(&mut self, hot: Self::Hot);

    /// The maps, in the order in which they move. Names and ids are for good: they are written down, and a release
    /// that says otherwise is refused before it writes anything.
    fn collections(&mut self) -> Vec<Tier<'_, M>>;

    /// What is no longer as an earlier release had it. Nothing, unless said.
    fn changes() -> Changes {
        Changes::new()
    }

    /// Which schema the hot state has, and how it came to it: `Some(self.hot.report())` where it is
    /// [`Versioned`](crate::Versioned). The number is then held against that of the [plan](crate::Plan::schema).
    fn schema(&self) -> Option<SchemaReport> {
        None
    }

    /// What is to be done in steps after the move, once each: an index that an earlier release did not have, for example.
    /// Nothing, unless said.
    fn jobs(&mut self) -> Vec<Job<'_>> {
        Vec::new()
    }
}

/// A state that a legacy value turns into while it is decoded. See [`Plan::resume_streamed`](crate::Plan::resume_streamed).
pub trait FromEntries<L>: Default {
    /// Takes what is left of the legacy value: everything but the entries that its [`Each`](crate::Each) maps have given
    /// to the state already, and these too where the value was not streamed.
    fn take_rest(&mut self, legacy: L);
}

/// One collection of a state.
pub struct Tier<'a, M: Memory> {
    /// Its name; no two collections share one.
    pub name: &'static str,
    /// The id of its virtual memory, below 255 and not that of the state; no two collections share one.
    pub id: u8,
    /// The map.
    pub map: &'a mut dyn Collection<M>,
    /// Of which versions its values can be, and which one is written.
    pub versions: Versions,
}

impl<'a, M: Memory> Tier<'a, M> {
    /// A collection by its name, the id of its virtual memory, and the map.
    pub fn new(name: &'static str, id: u8, map: &'a mut dyn Collection<M>) -> Self {
        Self {
            name,
            id,
            map,
            versions: Versions::FIRST,
        }
    }

    /// A collection of [records](Record), which say themselves of which versions they are read.
    pub fn of_records<K, V>(
        name: &'static str,
        id: u8,
        map: &'a mut TieredMap<K, Record<V>, M>,
    ) -> Self
    where
        K: Storable + Ord + Clone,
        V: RecordChain + Storable,
    {
        Self::new(name, id, map).versions(V::OLDEST, V::NUMBER)
    }

    /// Says which versions of its values the release reads, from the oldest to the one that it writes; without it, 1 alone.
    ///
    /// Where a memory has older ones, they are read as they are, and written anew in steps after the move, behind which an
    /// audit reads them all. A value needs no mark of its version for that: one is old whose bytes are not those that it
    /// is encoded to when it has been read. A release that no longer reads what a memory may have is refused:
    /// [`OwnershipError::Version`](crate::OwnershipError::Version).
    pub const fn versions(mut self, oldest: u32, newest: u32) -> Self {
        self.versions = Versions { oldest, newest };
        self
    }
}

impl<M: Memory> Tier<'_, M> {
    /// The id of the virtual memory in which its stable entries are: its own, or that of the map that it shares.
    pub(crate) fn memory_id(&self) -> u8 {
        let shared = self.map.shape().kind.shared_memory();
        shared.unwrap_or(self.id)
    }
}

/// The collections of `state` without those that `absent` names, in their order.
fn all_but<'a, S: Tiered<M>, M: Memory>(absent: &[&str], state: &'a mut S) -> Vec<Tier<'a, M>> {
    let mut tiers = state.collections();
    tiers.retain(|tier| !absent.contains(&tier.name));
    tiers
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct StepReport {
    /// Entries moved.
    pub moved: u64,
    /// Instructions used.
    pub instructions: u64,
    /// Bytes of the 4 KiB stable pages dirtied.
    pub dirty_bytes: u64,
    /// Where the move stands now.
    pub phase: Phase,
}

/// The mover of a state's collections; owns the memory they move to.
pub struct Mover<M: Memory> {
    managed: Managed<M>,
    ledger: Rc<Ledger<M>>,
    slots: Vec<SlotIndex>,
    /// Collections of the state that the memory does not have, and is not to get: in a release that goes back.
    absent: Vec<&'static str>,
    registry: Recorded,
    progress: Progress,
    journaled: Journaled,
    /// Budget of a step that nothing speaks against.
    budget: Budget,
    /// What writing the journal took in the last step.
    journal_costs: Budget,
    /// Steps that trapped since the last that did not.
    failures: u32,
    /// A step of this instance has trapped, perhaps for a map that it wrote whole: entries are inserted from then on.
    inserts: bool,
    /// This instance of the canister has had the entries on its heap.
    heap_was_used: bool,
    /// What it has seen of the move.
    seen: Seen,
}

impl<M: Memory> Mover<M> {
    /// Sets the budget of a step that nothing speaks against.
    pub fn set_budget(&mut self, budget: Budget) {
        self.budget = budget;
    }

    /// Notes that the entries were on this instance's heap.
    pub(crate) fn note_heap_was_used(&mut self) {
        self.heap_was_used = true;
    }

    /// The memory.
    pub fn managed(&self) -> &Managed<M> {
        &self.managed
    }

    /// The collections of `state` that the memory has, in their order: one for each slot.
    fn tiers<'a, S: Tiered<M>>(&self, state: &'a mut S) -> Vec<Tier<'a, M>> {
        all_but(&self.absent, state)
    }

    /// The collections that the memory has or had.
    pub(crate) fn registry(&self) -> &Registry {
        self.registry.registry()
    }

    /// The first collection in which the audit has found a difference, if nobody has decided since.
    pub(crate) fn undecided(&self) -> Option<String> {
        let differs = |at: &&CollectionProgress| at.difference.is_some();
        let id = self.progress.collections.iter().find(differs)?.id;
        self.registry().owner(id).map(|owner| owner.name.clone())
    }

    /// For `pre_upgrade`. During the move: the journal with the hot state; the payload stays as it is. Afterwards: the
    /// hot state in memory 0, and the journal.
    ///
    /// # Errors
    /// Those of [`Managed::save`].
    pub fn save<S: Tiered<M>>(&mut self, state: &S, stamp: Stamp) -> Result<Header, Error> {
        if self.progress.originals {
            self.write_journal(state)?;
            return self.managed.note_saved(stamp);
        }
        let header = self.managed.save_payload::<S, Cbor>(state, stamp)?;
        self.write_whole_journal(None)?;
        Ok(header)
    }

    /// Reads back what [`Mover::save`] has written and holds it against the state.
    ///
    /// # Errors
    /// [`Error::NotReadBack`].
    pub(crate) fn check_saved<S: Tiered<M>>(&self, state: &S) -> Result<(), Error> {
        if self.progress.originals {
            return proof::comes_back(state.hot());
        }
        proof::holds(&self.managed, state)
    }

    /// Whether there is a step to do: something is left, and nobody paused the move.
    pub fn has_work(&self) -> bool {
        !self.progress.paused && !self.is_at_rest()
    }

    /// Whether nothing goes on that could be paused.
    fn is_at_rest(&self) -> bool {
        matches!(
            self.progress.told_phase(),
            Phase::Done | Phase::Differs | Phase::Stuck
        )
    }

    /// Notes that a step trapped: the next gets half its budget, and no map is written whole any more. When a step of one
    /// entry has trapped, the move stops and the status says at which key, and why.
    ///
    /// # Errors
    /// Those of writing the journal.
    pub fn step_failed<S: Tiered<M>>(&mut self, state: &mut S, reason: &str) -> Result<(), Error> {
        if !self.has_work() {
            return Ok(());
        }
        self.inserts = true;
        self.seen.note_trap(reason);
        if self.budget.after(self.failures).entries > 1 {
            self.failures += 1;
            return Ok(());
        }
        let (collection, key) = match self.progress.told_phase() {
            Phase::Renewing => self.working_at(),
            _ => {
                let tiers = self.tiers(state);
                let mut moving = tiers
                    .iter()
                    .filter_map(|tier| Some((tier.name.into(), tier.map.next_key()?)));
                moving
                    .next()
                    .unwrap_or_else(|| ("the audit".into(), Vec::new()))
            }
        };
        self.progress.phase = Phase::Stuck;
        self.progress.stuck = Some(Stuck {
            collection,
            key,
            reason: reason.into(),
        });
        self.write_journal(state)
    }

    /// Pauses the move, or an audit, after the step under way. Without either there is nothing to pause.
    ///
    /// # Errors
    /// Those of writing the journal.
    pub fn pause<S: Tiered<M>>(&mut self, state: &S) -> Result<(), Error> {
        if self.progress.told_phase() == Phase::Done {
            return Ok(());
        }
        self.progress.paused = true;
        self.write_journal(state)
    }

    /// Goes on after [`Mover::pause`], or after the move got stuck.
    ///
    /// # Errors
    /// Those of writing the journal.
    pub fn unpause<S: Tiered<M>>(&mut self, state: &S) -> Result<(), Error> {
        if self.progress.told_phase() == Phase::Done {
            return Ok(());
        }
        self.progress.paused = false;
        self.seen.note_resumed();
        self.leave_stuck();
        self.write_journal(state)
    }

    /// Tries again where a step of a single entry had trapped.
    fn leave_stuck(&mut self) {
        if self.progress.phase == Phase::Stuck {
            let all =
                |is: fn(&CollectionProgress) -> bool| self.progress.collections.iter().all(is);
            self.progress.phase = match (all(|at| at.complete), all(|at| at.audited)) {
                (false, _) => Phase::Moving,
                (true, false) => Phase::Auditing,
                (true, true) => Phase::Done,
            };
            self.progress.stuck = None;
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
