//! The move in the upgrade itself: entries go from where they are read straight into finished maps, in the pages that
//! the value being read no longer needs.
//!
//! ```text
//! look     the payload is read once; what there is of everything is noted, owners and sizes are checked
//! decide   what does not fit the budget goes on in steps, as does what does not come in order
//! write    the payload is read again: each entry goes into the builder of its map
//! settle   the manager's page is written, the hot state saved, every map read and held against what went into it
//! ```
//!
//! All of it happens in one hook: an error on the way has to trap, which undoes it. So the entries of before the move
//! need not be kept, and their pages are the first to be used for the maps.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ic_stable_structures::Memory;
use serde::de::DeserializeOwned;

use crate::bucket_plan::{BucketPlan, PAGE_BYTES};
use crate::codec::{Cbor, Codec, Format};
use crate::error::{Error, Place};
use crate::header::{HEADER_BYTES, Header};
use crate::legacy::each::Taking;
use crate::legacy::{Legacy, Trailing, behind, census};
use crate::managed::{Managed, Memory0Content, Stamp};
use crate::manager::BucketTable;
use crate::mover::{Fitting, FromEntries, Mover, Tiered, fit};
use crate::plan::Origin;
use crate::proof;
use crate::registry::{OwnershipError, Size};
use crate::tiered::intake::through;
use crate::tracked::Tracked;
use crate::tree::page_size;

mod budget;
mod build;
mod pages;
mod scan;
mod target;
mod value;

pub use budget::MoveBudget;
pub(crate) use build::Written;
use build::{Build, Finished, Wanted};
use pages::Pages;
use scan::{Scan, Seen};
use target::Target;
use value::ValueReader;

/// Most pages of a memory that is laid out anew, 8 GiB: what a hook may touch.
const MOST_PAGES: u64 = 131_072;

/// What a release says of the move.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub stamp: Stamp,
    pub buckets: BucketPlan,
    pub ceiling: u64,
    pub budget: MoveBudget,
    /// Whether the hot state is read back.
    pub read_back: bool,
}

/// What became of a payload that could be moved in the upgrade.
pub(crate) enum Outcome<S, M: Memory> {
    Moved(S, Box<Mover<M>>, Header),
    /// Nothing was written: it has to move in steps.
    InSteps(Managed<M>),
}

/// Moves what memory 0 holds, if no move has begun and it fits the budget.
///
/// # Errors
/// Those of reading memory 0 and of ownership: nothing was written. [`Error::Tree`], [`Error::MoveDiffers`],
/// [`Error::Ceiling`], [`Error::OutOfStableMemory`]: trap.
pub(crate) fn of_payload<S, M>(terms: Terms, managed: Managed<M>) -> Result<Outcome<S, M>, Error>
where
    S: Tiered<M>,
    M: Memory + 'static,
{
    let stamp = terms.stamp;
    let content = managed.guard(stamp.release, stamp.schema)?;
    let Memory0Content::Saved(header) = content else {
        return Ok(Outcome::InSteps(managed));
    };
    let budget = header
        .move_budget
        .map_or(terms.budget, |instructions| MoveBudget {
            instructions,
            ..terms.budget
        });
    let begun = header.journal_bytes > 0;
    if begun || !budget.admits(0, 0) || managed.stable_pages() > MOST_PAGES {
        return Ok(Outcome::InSteps(managed));
    }
    let scan = Rc::new(Scan::default());
    let mut state: S = through(Rc::clone(&scan) as _, || managed.load::<S, Cbor>())?;
    let fitting = fit(Some(&managed), None, &mut state, stamp.now)?;
    let (wanted, order) = match Request::of(&mut state, &scan.seen())? {
        Some(request) if request.fits(budget) => (request.wanted, request.order),
        _ => return Ok(Outcome::InSteps(managed)),
    };
    drop(state);
    let ground = Ground::of(managed, terms.buckets, true)?;
    let pages = ground.pages();
    let build = Rc::new(Build::new(&pages, &wanted, order)?);
    let mut reader = ValueReader::new(Rc::clone(&pages), HEADER_BYTES, header.journal_at());
    let decoded = through(Rc::clone(&build) as _, || Cbor::decode(&mut reader));
    let state: S = decoded.map_err(|reason| {
        let undecoded = Error::decode(Format::Cbor, Place::Memory0, 0, reason);
        build.failure().unwrap_or(undecoded)
    })?;
    pages.value_is_read();
    let (memories, written) = build.finish()?;
    let managed = ground.settle(&pages, memories)?;
    let (state, mover) = settle(managed, state, fitting, &written, terms, Some(header))?;
    Ok(Outcome::Moved(state, mover, header))
}

/// Whether the entries that a state has on the heap can be moved in the upgrade.
///
/// # Errors
/// [`OwnershipError::Oversized`].
pub(crate) fn heap_fits<S: Tiered<M>, M: Memory>(
    terms: Terms,
    state: &mut S,
) -> Result<bool, Error> {
    Ok(Request::of_heap(state)?.fits(terms.budget))
}

/// Moves the entries that a state has on the heap. Nothing of the memory is needed any more but what other owners have
/// in it.
///
/// # Errors
/// Those of [`of_payload`]: trap.
pub(crate) fn of_heap<S, M>(
    terms: Terms,
    ground: Ground<M>,
    mut state: S,
    fitting: Fitting,
) -> Result<(S, Box<Mover<M>>), Error>
where
    S: Tiered<M>,
    M: Memory,
{
    let drain = Drain::into(ground.pages());
    drain.all(&mut state)?;
    finish(ground, &drain, state, fitting, terms)
}

/// Moves a legacy value while it is decoded, if that fits the budget: its entries go into the maps one by one, in the
/// pages of which the value has been read.
///
/// # Errors
/// Those of reading the value: nothing was written. Those of [`of_payload`]: trap.
pub(crate) fn of_legacy<S, M, L, C>(
    terms: Terms,
    legacy: Legacy<M>,
    trailing: Trailing,
) -> Result<LegacyOutcome<S, M>, Error>
where
    S: Tiered<M> + FromEntries<L> + 'static,
    M: Memory + 'static,
    L: DeserializeOwned,
    C: Codec<L>,
{
    let Ok(Some(census)) = census::<L, C>(legacy.raw(), Place::StableMemory) else {
        // Decoding says better what is wrong.
        return Ok(LegacyOutcome::OnHeap(legacy));
    };
    let bytes = census.bytes;
    if !terms.budget.admits_legacy(bytes) || legacy.raw().size() > MOST_PAGES {
        return Ok(LegacyOutcome::OnHeap(legacy));
    }
    let found = behind(legacy.raw(), bytes);
    let trailing_bytes = found.accepted(trailing, Place::StableMemory)?;
    let mut state = S::default();
    let fitting = fit(None, None, &mut state, terms.stamp.now)?;
    let ground = Ground::of_value(legacy.into_memory(), terms.buckets, bytes);
    let pages = ground.pages();
    let drain = Rc::new(Drain::into(Rc::clone(&pages)));
    let room = Rc::clone(&drain);
    let taking = Taking::new(state, move |state: &mut S| room.some(state));
    let mut reader = ValueReader::new(Rc::clone(&pages), 0, bytes);
    let decoded = taking.decode(|| C::decode(&mut reader));
    let rest: L = decoded.map_err(|reason| {
        let undecoded = Error::decode(C::FORMAT, Place::StableMemory, 0, reason);
        drain.failure().unwrap_or(undecoded)
    })?;
    pages.value_is_read();
    let mut state = std::mem::take(&mut *taking.state());
    state.take_rest(rest);
    drain.all(&mut state)?;
    let (state, mover) = finish(ground, &drain, state, fitting, terms)?;
    let origin = Origin::Legacy {
        format: C::FORMAT,
        bytes,
        repeated_pairs: census.duplicate_keys,
        trailing_bytes,
        read_back: terms.read_back,
    };
    Ok(LegacyOutcome::Moved(state, mover, origin))
}

/// What became of a legacy value that could be moved while it is decoded.
pub(crate) enum LegacyOutcome<S, M: Memory> {
    Moved(S, Box<Mover<M>>, Origin),
    /// Nothing was written: the value has to be decoded onto the heap.
    OnHeap(Legacy<M>),
}

fn finish<S: Tiered<M>, M: Memory>(
    ground: Ground<M>,
    drain: &Drain<Rc<Tracked<M>>>,
    state: S,
    fitting: Fitting,
    terms: Terms,
) -> Result<(S, Box<Mover<M>>), Error> {
    let (memories, written) = drain.finish()?;
    let managed = ground.settle(&drain.pages, memories)?;
    settle(managed, state, fitting, &written, terms, None)
}

/// Entries on the heap of a state from which the first of them are drained, and any of them afterwards: the first tell
/// how large the pages of the maps should be.
const FIRST_DRAIN: u64 = 4_096;
const DRAIN: u64 = 1_024;

/// Takes entries from the heap of a state into the maps.
struct Drain<M: Memory> {
    pages: Rc<Pages<M>>,
    build: RefCell<Option<Build<M>>>,
    /// Entries that came too late to be drained; they stay on the heap.
    late: Cell<u64>,
    failure: RefCell<Option<Error>>,
}

impl<M: Memory> Drain<M> {
    fn into(pages: Rc<Pages<M>>) -> Self {
        Self {
            pages,
            build: RefCell::new(None),
            late: Cell::new(0),
            failure: RefCell::new(None),
        }
    }

    /// Drains the heap if there is enough on it.
    fn some<S: Tiered<N>, N: Memory>(&self, state: &mut S) -> Result<(), String> {
        let enough = match *self.build.borrow() {
            None => FIRST_DRAIN,
            Some(_) => DRAIN,
        };
        if heap_len(state) < self.late.get() + enough {
            return Ok(());
        }
        self.all(state).map_err(|error| {
            let text = error.to_string();
            self.failure.replace(Some(error));
            text
        })
    }

    /// Drains the heap.
    fn all<S: Tiered<N>, N: Memory>(&self, state: &mut S) -> Result<(), Error> {
        let mut build = self.build.borrow_mut();
        let build = match &mut *build {
            Some(build) => build,
            none => {
                let request = Request::of_heap(state)?;
                none.insert(Build::new(&self.pages, &request.wanted, request.order)?)
            }
        };
        for (at, tier) in state.collections().into_iter().enumerate() {
            tier.map
                .drain(tier.name, &mut |key, value| build.push(at, key, value))?;
        }
        self.late.set(heap_len(state));
        Ok(())
    }

    fn failure(&self) -> Option<Error> {
        self.failure.borrow_mut().take()
    }

    fn finish(&self) -> Result<Finished<M>, Error> {
        match &*self.build.borrow() {
            Some(build) => build.finish(),
            None => Ok(Default::default()),
        }
    }
}

fn heap_len<S: Tiered<M>, M: Memory>(state: &mut S) -> u64 {
    let tiers = state.collections();
    tiers.iter().map(|tier| tier.map.heap_len()).sum()
}

/// What is to be written.
pub(crate) struct Request {
    wanted: Vec<Wanted>,
    /// Which of the collections each map of the payload is.
    order: Vec<usize>,
    entries: u64,
    bytes: u64,
    /// All keys come in the order of their types.
    ascending: bool,
}

impl Request {
    /// Of the maps that an intake has seen; none where a collection is not among them.
    fn of<S: Tiered<M>, M: Memory>(state: &mut S, seen: &[Seen]) -> Result<Option<Self>, Error> {
        let tiers = state.collections();
        let mut of_map = vec![None; seen.len()];
        for (at, tier) in tiers.iter().enumerate() {
            match tier.map.taken_in().and_then(|map| of_map.get_mut(map)) {
                Some(collection) => *collection = Some(at),
                None => return Ok(None),
            }
        }
        drop(tiers);
        let Some(order) = of_map.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        Self::over(state, seen, order).map(Some)
    }

    /// Of what a state has on the heap.
    fn of_heap<S: Tiered<M>, M: Memory>(state: &mut S) -> Result<Self, Error> {
        let tiers = state.collections();
        let seen: Vec<_> = tiers
            .iter()
            .map(|tier| scan::of_heap(|each| tier.map.each_on_heap(each)))
            .collect();
        drop(tiers);
        Self::over(state, &seen, (0..seen.len()).collect())
    }

    fn over<S: Tiered<M>, M: Memory>(
        state: &mut S,
        seen: &[Seen],
        order: Vec<usize>,
    ) -> Result<Self, Error> {
        let mut of_tier: Vec<_> = order.iter().zip(seen).collect();
        of_tier.sort_by_key(|(at, _)| **at);
        let mut wanted = Vec::new();
        for (tier, (_, seen)) in state.collections().iter().zip(&of_tier) {
            let shape = tier.map.shape();
            seen.fits(shape)
                .map_err(|reason| OwnershipError::Oversized {
                    name: tier.name.into(),
                    reason,
                })?;
            let shared = shape.kind.shared_memory();
            wanted.push(Wanted {
                id: tier.id,
                memory: shared.unwrap_or(tier.id),
                key: shape.key,
                value: shape.value,
                page_size: 0,
            });
        }
        choose_page_sizes(&mut wanted, &of_tier);
        Ok(Self {
            wanted,
            order,
            entries: seen.iter().map(|seen| seen.entries).sum(),
            bytes: seen.iter().map(|seen| seen.bytes).sum(),
            ascending: seen.iter().all(|seen| seen.ascending),
        })
    }

    fn fits(&self, budget: MoveBudget) -> bool {
        self.ascending && budget.admits(self.entries, self.bytes)
    }
}

/// Chooses for each memory the page size that fits the entries of all of its collections.
fn choose_page_sizes(wanted: &mut [Wanted], seen: &[(&usize, &Seen)]) {
    let all: Vec<_> = wanted
        .iter()
        .zip(seen)
        .map(|(want, (_, seen))| (*want, *seen))
        .collect();
    let mut chosen: Vec<(u8, u32)> = Vec::new();
    for want in wanted {
        let known = chosen.iter().find(|(memory, _)| *memory == want.memory);
        if let Some((_, page_size)) = known {
            want.page_size = *page_size;
            continue;
        }
        let sharing = all.iter().filter(|(other, _)| other.memory == want.memory);
        want.page_size = if want.shares() {
            let bytes: u64 = sharing.clone().map(|(_, seen)| seen.bytes).sum();
            let filled = sharing.filter(|(_, seen)| seen.entries > 0);
            let sample = filled.flat_map(|(_, seen)| {
                let share = seen.bytes as f64 / bytes.max(1) as f64;
                seen.sampled(share).map(|(key, value)| (key + 1, value))
            });
            page_size::choose(Size::Unbounded, Size::Unbounded, sample)
        } else {
            let sample = sharing.flat_map(|(_, seen)| seen.sampled(1.0));
            page_size::choose(want.key, want.value, sample)
        };
        chosen.push((want.memory, want.page_size));
    }
}

/// A stable memory that is to be laid out anew.
pub(crate) struct Ground<M: Memory> {
    raw: Rc<Tracked<M>>,
    bucket_pages: u16,
    /// Pages of a value that is still to be read, in its order.
    value: Vec<u32>,
    /// Buckets that stay where they are, and whose they are.
    kept: Vec<(u64, u8)>,
    /// Sizes in pages of the memories whose they are.
    kept_sizes: Vec<(u8, u64)>,
}

impl<M: Memory> Ground<M> {
    /// A memory in which nothing is needed any more.
    pub fn free(memory: M, buckets: BucketPlan) -> Self {
        Self {
            raw: Rc::new(Tracked::new(memory)),
            bucket_pages: buckets.pages(),
            value: Vec::new(),
            kept: Vec::new(),
            kept_sizes: Vec::new(),
        }
    }

    /// A memory that has a value of so many bytes at its start, which is still to be read, and nothing else.
    pub fn of_value(memory: M, buckets: BucketPlan, bytes: u64) -> Self {
        Self {
            value: (0..bytes.div_ceil(PAGE_BYTES) as u32).collect(),
            ..Self::free(memory, buckets)
        }
    }

    /// A memory under a manager: all but memory 0 stays where it is; `read` says whether memory 0 is still to be read.
    ///
    /// # Errors
    /// Those of [`Managed::reaching`].
    pub fn of(managed: Managed<M>, buckets: BucketPlan, read: bool) -> Result<Self, Error> {
        let table = managed.bucket_table()?;
        let alone = table.owners.iter().all(|&owner| owner == 0);
        let (managed, table) = if alone {
            (managed, table)
        } else {
            let managed = managed.reaching(buckets)?;
            let table = managed.bucket_table()?;
            (managed, table)
        };
        let first_page = |bucket: usize| (table.bucket_offset(bucket) / PAGE_BYTES) as u32;
        let owned = |zero: bool| {
            let owners = table.owners.iter().enumerate();
            owners.filter(move |(_, owner)| (**owner == 0) == zero)
        };
        let pages = owned(true).flat_map(|(bucket, _)| {
            let first = first_page(bucket);
            first..first + u32::from(table.bucket_pages)
        });
        let value = if read {
            pages.take(table.size_of(0) as usize).collect()
        } else {
            Vec::new()
        };
        let kept_sizes = table.sizes.iter().filter(|(id, _)| *id != 0);
        Ok(Self {
            raw: Rc::clone(managed.raw()),
            bucket_pages: if alone {
                buckets.pages()
            } else {
                table.bucket_pages
            },
            value,
            kept: owned(false)
                .map(|(bucket, owner)| (bucket as u64, *owner))
                .collect(),
            kept_sizes: kept_sizes.copied().collect(),
        })
    }

    fn pages(&self) -> Rc<Pages<Rc<Tracked<M>>>> {
        let kept: Vec<_> = self.kept.iter().map(|(bucket, _)| *bucket).collect();
        Rc::new(Pages::new(
            Rc::clone(&self.raw),
            self.bucket_pages,
            self.value.clone(),
            &kept,
        ))
    }

    /// Writes the manager's page over these memories and those that stayed.
    ///
    /// # Errors
    /// [`Error::OutOfStableMemory`].
    fn settle(
        self,
        pages: &Pages<Rc<Tracked<M>>>,
        memories: Vec<(u8, Target<Rc<Tracked<M>>>)>,
    ) -> Result<Managed<M>, Error> {
        let last_kept = self.kept.iter().map(|(bucket, _)| bucket + 1).max();
        let allocated = pages.buckets().max(last_kept.unwrap_or(0));
        // Between buckets that stayed there may be some that nobody took: memory 0 gets them.
        let mut owners = vec![0; allocated as usize];
        let taken = memories.iter().flat_map(|(id, memory)| {
            let buckets = memory.buckets();
            buckets.into_iter().map(|bucket| (bucket, *id))
        });
        for (bucket, id) in self.kept.iter().copied().chain(taken) {
            if let Some(owner) = owners.get_mut(bucket as usize) {
                *owner = id;
            }
        }
        let spare = owners.iter().filter(|owner| **owner == 0).count() as u64;
        let mut sizes = self.kept_sizes;
        sizes.extend(memories.iter().map(|(id, memory)| (*id, memory.size())));
        if spare > 0 {
            sizes.push((0, spare * u64::from(self.bucket_pages)));
        }
        sizes.sort_unstable();
        let table = BucketTable {
            bucket_pages: self.bucket_pages,
            owners,
            sizes,
        };
        Managed::laid_out(self.raw, &table)
    }
}

/// Saves the hot state, joins the maps and audits them.
fn settle<S: Tiered<M>, M: Memory>(
    managed: Managed<M>,
    mut state: S,
    fitting: Fitting,
    written: &[Written],
    terms: Terms,
    before: Option<Header>,
) -> Result<(S, Box<Mover<M>>), Error> {
    let mover = Mover::moved(managed, &mut state, fitting, written, terms.stamp)?;
    let managed = mover.managed();
    if terms.read_back {
        proof::holds(managed, &state)?;
    }
    if let Some(before) = before {
        managed.carry_over(&before)?;
    }
    managed.claim(terms.stamp.release, terms.stamp.schema, terms.ceiling)?;
    Ok((state, Box::new(mover)))
}

#[cfg(test)]
mod tests;
