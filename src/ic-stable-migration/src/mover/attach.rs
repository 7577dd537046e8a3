//! Joining the stable tiers to a state: at installation, after an upgrade, after an offline rewrite.

use std::rc::Rc;

use ic_stable_structures::Memory;

use super::journaling::Journaled;
use super::pace::Seen;
use super::progress::CollectionProgress;
use super::work::work_of;
use super::{Budget, Mover, Phase, Progress, Tier, Tiered, all_but};
use crate::codec::Cbor;
use crate::error::Error;
use crate::journal::{Journal, Slot};
use crate::ledger::{Digest, Ledger, SlotIndex};
use crate::managed::{Managed, Stamp};
use crate::manifest::Declarations;
use crate::registry::{Claims, Held, Places, Recorded, Registry, check_memories};
use crate::transfer::Written;

/// What is to be done with a memory and a state that were found to fit.
pub(crate) struct Fitting {
    journal: Journal,
    /// What each declared collection must hold, in their order: as journaled, or as the heap has it.
    slots: Vec<Slot>,
    /// How the move went and what was known of the collections by the journal that stands in memory; none where that has
    /// to be written anew, because another registry goes into it, or there is none.
    standing: Option<(Progress, Vec<Slot>)>,
    /// Collections that stay away from the memory.
    absent: Vec<&'static str>,
}

/// The registry of a memory which has just the collections of `state`, as most have.
///
/// # Errors
/// [`Error::Encode`].
pub(crate) fn declared<M: Memory, S: Tiered<M>>(state: &mut S) -> Result<Recorded, Error> {
    Recorded::of(Registry::declared(&state.collections()).all_new())
}

/// Checks the collections of `state` against what the plan declares and against the journal of its memory, if there is one,
/// and their memories, if there is a manager; `home` is the memory of the state. The first time, computes the digest of every
/// collection. Writes nothing.
///
/// # Errors
/// [`Error::SchemaOfPlan`], [`Error::ReservedMemory`], [`Error::Ownership`].
pub(crate) fn fit<M: Memory, S: Tiered<M>>(
    declarations: &Declarations,
    home: u8,
    managed: Option<&Managed<M>>,
    journal: Option<Journal>,
    state: &mut S,
    stamp: Stamp,
) -> Result<Fitting, Error> {
    fit_without(&[], declarations, home, managed, journal, state, stamp)
}

/// The same, where the memory does not get the collections that `derived` names if it does not know them.
///
/// # Errors
/// Those of [`fit`].
pub(crate) fn fit_without<M: Memory, S: Tiered<M>>(
    derived: &[&'static str],
    declarations: &Declarations,
    home: u8,
    managed: Option<&Managed<M>>,
    journal: Option<Journal>,
    state: &mut S,
    stamp: Stamp,
) -> Result<Fitting, Error> {
    if let Some(chain) = state.schema().filter(|chain| chain.number != stamp.schema) {
        return Err(Error::SchemaOfPlan {
            plan: stamp.schema,
            state: chain.number,
        });
    }
    let stands = journal.is_some();
    let mut journal = journal.map_or_else(|| Journal::new(stamp.now), Ok)?;
    let done = journal.progress.phase == Phase::Done;
    let known = journal.registry.registry();
    let mut tiers = state.collections();
    declarations.hold(&tiers, &S::changes())?;
    let claims = Claims::of(&tiers, &S::changes());
    let mut absent = derived.to_vec();
    absent.retain(|name| !known.0.iter().any(|entry| claims.is_now(&entry.name, name)));
    tiers.retain(|tier| !absent.contains(&tier.name));
    let claims = Claims::of(&tiers, &S::changes());
    let held = |id| match journal.slots.iter().find(|slot| slot.id == id) {
        _ if !done => Held::Moving,
        Some(slot) if slot.content.count == 0 => Held::Nothing,
        _ => Held::Moved,
    };
    let claimed = known.claim(home, &claims, held)?;
    if let Some(managed) = managed {
        let entries = |id| {
            let slot = journal.slots.iter().find(|slot| slot.id == id);
            slot.filter(|_| done).map(|slot| slot.content.count)
        };
        check_memories(managed, &tiers, known, &claimed, entries)?;
    }
    let slots = tiers
        .iter()
        .map(|tier| slot_of(&journal, tier))
        .collect::<Result<_, Error>>()?;
    let mut standing = None;
    if !stands {
        journal.registry = Recorded::of(claimed.all_new())?;
    } else if claimed != *known {
        journal.registry = Recorded::of(claimed)?;
    } else {
        standing = Some((journal.progress.clone(), journal.slots.clone()));
    }
    Ok(Fitting {
        journal,
        slots,
        standing,
        absent,
    })
}

fn slot_of<M: Memory>(journal: &Journal, tier: &Tier<'_, M>) -> Result<Slot, Error> {
    if let Some(slot) = journal.slots.iter().find(|slot| slot.id == tier.id) {
        return Ok(*slot);
    }
    let seed = SlotIndex {
        index: 0,
        id: tier.id,
    };
    Ok(Slot {
        id: tier.id,
        content: tier.map.check_heap(tier.name, seed)?,
        audit: Digest::default(),
    })
}

impl<M: Memory> Mover<M> {
    /// For a new canister: its collections live in stable memory from the start. Saves the state at once, so that
    /// memory 0 has a header from here on.
    ///
    /// # Errors
    /// Those of [`Mover::save`].
    pub(crate) fn begin<S: Tiered<M>>(
        managed: Managed<M>,
        fitting: Fitting,
        state: &mut S,
        stamp: Stamp,
    ) -> Result<Self, Error> {
        let mut fitting = fitting;
        let progress = &mut fitting.journal.progress;
        progress.phase = Phase::Done;
        progress.originals = false;
        progress.finished = Some(stamp.now);
        managed.save_payload::<S, Cbor>(state, stamp)?;
        let mut mover = Self::attach(managed, state, fitting)?;
        mover.skip_work(stamp.now);
        mover.write_whole_journal(None)?;
        Ok(mover)
    }

    /// In the upgrade that moved everything: joins the maps that were written, saves the hot state, and audits the maps.
    ///
    /// # Errors
    /// [`Error::MoveDiffers`], and those of saving.
    pub(crate) fn moved<S: Tiered<M>>(
        managed: Managed<M>,
        state: &mut S,
        mut fitting: Fitting,
        written: &[Written],
        stamp: Stamp,
    ) -> Result<Self, Error> {
        let progress = &mut fitting.journal.progress;
        progress.phase = Phase::Moving;
        progress.originals = false;
        for (slot, written) in fitting.slots.iter_mut().zip(written) {
            slot.content = written.content;
            progress.collections.push(CollectionProgress {
                id: slot.id,
                complete: true,
                moved: written.content.count,
                bytes: written.bytes,
                ..CollectionProgress::default()
            });
        }
        let mut mover = Self::attach(managed, state, fitting)?;
        mover.audit_at_once(state, stamp.now)?;
        mover.managed.save_payload::<S, Cbor>(state, stamp)?;
        mover.write_whole_journal(None)?;
        Ok(mover)
    }

    /// After an upgrade: joins the stable tiers to the maps, and takes up the move where the journal says it was.
    ///
    /// # Errors
    /// Those of writing the journal.
    pub(crate) fn resume<S: Tiered<M>>(
        managed: Managed<M>,
        fitting: Fitting,
        state: &mut S,
    ) -> Result<Self, Error> {
        let newer_than_payload = fitting.journal.hot.is_some();
        let mut fitting = fitting;
        let standing = fitting.standing.take();
        let mut mover = Self::attach(managed, state, fitting)?;
        mover.leave_stuck();
        if mover.progress.originals || newer_than_payload {
            mover.write_journal(state)?;
        } else if standing.is_some_and(|standing| mover.says(&standing)) {
            mover.keep_journal()?;
        } else {
            mover.write_whole_journal(None)?;
        }
        Ok(mover)
    }

    /// After an upgrade to a release that goes back: joins the stable tiers to the maps, and lets the move, and the work after
    /// it, rest where they are. Writes nothing where the journal has just the collections of `state`.
    ///
    /// # Errors
    /// Those of writing the journal.
    pub(crate) fn as_found<S: Tiered<M>>(
        managed: Managed<M>,
        mut fitting: Fitting,
        state: &mut S,
    ) -> Result<Self, Error> {
        let newer_than_payload = fitting.journal.hot.is_some();
        let standing = fitting.standing.take();
        let work = fitting.journal.progress.work.clone();
        let mut mover = Self::attach(managed, state, fitting)?;
        // A job that the memory does not have yet is for the release that does it.
        mover.progress.work = work;
        if standing.is_some_and(|standing| mover.says(&standing)) {
            mover.keep_journal()?;
        } else if mover.progress.originals || newer_than_payload {
            mover.write_journal(state)?;
        } else {
            mover.write_whole_journal(None)?;
        }
        // Not journaled: the release that goes on with the move, if one does, is not paused.
        mover.progress.paused = mover.has_work();
        mover.seen.note_goes_back();
        Ok(mover)
    }

    /// Whether a journal that was written now would say the same.
    fn says(&self, (progress, slots): &(Progress, Vec<Slot>)) -> bool {
        self.progress == *progress && self.ledger.slots() == *slots
    }

    fn attach<S: Tiered<M>>(
        managed: Managed<M>,
        state: &mut S,
        fitting: Fitting,
    ) -> Result<Self, Error> {
        let Fitting {
            journal:
                Journal {
                    registry,
                    mut progress,
                    removed,
                    ..
                },
            slots: known,
            absent,
            ..
        } = fitting;
        let done = progress.phase == Phase::Done;
        let tiers = all_but(&absent, state);
        let at = |tier: &Tier<'_, M>| {
            let known = progress.collections.iter().find(|at| at.id == tier.id);
            // A collection that a later release added has to move, even after the others have.
            known.cloned().unwrap_or_else(|| {
                let nothing_to_move = done && tier.map.heap_len() == 0;
                CollectionProgress {
                    id: tier.id,
                    complete: nothing_to_move,
                    audited: nothing_to_move,
                    ..CollectionProgress::default()
                }
            })
        };
        let collections: Vec<_> = tiers.iter().map(at).collect();
        if done && collections.iter().any(|at| !at.complete) {
            progress.phase = Phase::Moving;
            progress.finished = None;
            progress.originals = true;
        }
        let ledger = Rc::new(Ledger::new(managed.memory0(), progress.originals));
        let mut slots = Vec::new();
        let mut heap_was_used = false;
        let mut places = Places::over(&managed);
        for ((tier, at), known) in tiers.into_iter().zip(&collections).zip(known) {
            let of_tier = removed.iter().filter(|removed| removed.id == tier.id);
            let removed: Vec<_> = of_tier.map(|removed| removed.key.clone()).collect();
            let slot = ledger.open(known, &removed);
            let place = places.of(&tier)?;
            tier.map
                .attach(place, Rc::clone(&ledger), slot, &at.position(), &removed);
            heap_was_used |= tier.map.heap_len() > 0;
            slots.push(slot);
        }
        progress.collections = collections;
        progress.work = work_of(progress.work, registry.registry(), &state.jobs());
        Ok(Self {
            managed,
            ledger,
            slots,
            absent,
            registry,
            progress,
            journaled: Journaled::default(),
            budget: Budget::default(),
            journal_costs: Budget::NOTHING,
            failures: 0,
            inserts: false,
            heap_was_used,
            seen: Seen::default(),
        })
    }

    /// Whether stable memory is still the one that this instance knows. See [`Managed::is_current`].
    pub fn is_current(&self) -> bool {
        self.managed.is_current()
    }

    /// Reads the memory manager anew, after [`Mover::is_current`] has said no. See [`Managed::reopen`].
    ///
    /// # Errors
    /// Those of [`Managed::bucket_table`].
    pub fn reopen(&mut self) -> Result<(), Error> {
        self.managed.reopen()
    }
}

impl Fitting {
    /// Notes that the values of the collections stay as they were encoded, by this release or one before. Without that they
    /// are taken for what this release makes of what it has read.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub(crate) fn keep_values<S: Tiered<M>, M: Memory>(
        &mut self,
        state: &mut S,
    ) -> Result<(), Error> {
        let registry = Registry::declared(&state.collections());
        self.journal.registry = Recorded::of(registry)?;
        Ok(())
    }
}

impl Journal {
    /// That of a move that begins now.
    fn new(now: u64) -> Result<Self, Error> {
        Ok(Self {
            slots: Vec::new(),
            registry: Recorded::of(Registry::default())?,
            progress: Progress {
                originals: true,
                started: now,
                ..Progress::default()
            },
            hot: None,
            removed: Vec::new(),
        })
    }
}
