//! The move in the upgrade itself: entries go from where they are read straight into finished maps, in the pages that
//! the value being read no longer needs.
//!
//! ```text
//! look     the payload is read once; what there is of everything is noted, owners and sizes are checked
//! decide   what does not fit the budget goes on in steps, as does a payload that is not in order
//! write    the payload is read again: each entry goes into the builder of its map
//! merge    what came too late for its map was sorted and put aside: the maps are read, and written again with it
//! settle   the manager's page is written, the hot state saved, every map read and held against what went into it
//! ```
//!
//! All of it happens in one hook: an error on the way has to trap, which undoes it. So the entries of before the move
//! need not be kept, and their pages are the first to be used for the maps.

use std::rc::Rc;

use ic_stable_structures::Memory;
use serde::de::DeserializeOwned;

use crate::bucket_plan::BucketPlan;
use crate::codec::{Cbor, Codec, Format};
use crate::error::{Error, Place};
use crate::header::{HEADER_BYTES, Header};
use crate::legacy::each::Taking;
use crate::legacy::{Legacy, Trailing, behind, census};
use crate::managed::{Managed, Memory0Content, Stamp};
use crate::manifest::Declarations;
use crate::mover::{Fitting, FromEntries, Mover, Tiered, fit};
use crate::plan::Origin;
use crate::proof;
use crate::tiered::intake::through;
use crate::tracked::Tracked;

mod budget;
mod build;
mod drain;
mod ground;
mod held;
mod late;
mod merged;
mod order;
mod pages;
mod rebuild;
mod request;
mod scan;
mod target;
mod value;

pub use budget::MoveBudget;
use build::Build;
pub(crate) use build::{Wanted, Written};
use drain::Drain;
pub(crate) use ground::Ground;
pub(crate) use request::{Request, choose_page_sizes};
use scan::Scan;
pub(crate) use scan::of_heap as seen_on_heap;
use value::ValueReader;

/// Most pages of a memory that is laid out anew, 8 GiB: what a hook may touch.
const MOST_PAGES: u64 = 131_072;

/// What a release says of the move.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub stamp: Stamp,
    /// The virtual memory of the state.
    pub home: u8,
    /// What it says of its collections.
    pub declarations: Declarations,
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
    let content = managed.guard_stamp(stamp)?;
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
    let mut state: S = through(Rc::clone(&scan) as _, || {
        managed.load_saved::<S, Cbor>(&header)
    })?;
    let mut fitting = fit(
        &terms.declarations,
        terms.home,
        Some(&managed),
        None,
        &mut state,
        stamp,
    )?;
    // They are not decoded on their way.
    fitting.keep_values(&mut state)?;
    let (wanted, order) = match Request::of(&mut state, &scan.seen())? {
        Some(request) if request.fits(budget) => (request.wanted, request.order),
        _ => return Ok(Outcome::InSteps(managed)),
    };
    drop(state);
    let ground = Ground::of(managed, terms.buckets, header.journal_at())?;
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

/// What is to be written of the entries that a state has on the heap, if they can be moved in the upgrade.
///
/// # Errors
/// [`crate::OwnershipError::Oversized`].
pub(crate) fn heap_fits<S: Tiered<M>, M: Memory>(
    terms: Terms,
    state: &mut S,
) -> Result<Option<Request>, Error> {
    let request = Request::of_heap(state)?;
    Ok(Some(request).filter(|request| request.fits(terms.budget)))
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
    request: Request,
) -> Result<(S, Box<Mover<M>>), Error>
where
    S: Tiered<M>,
    M: Memory,
{
    let drain = Drain::of(ground.pages(), request)?;
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
    if !terms.budget.admits_legacy(census.unpacked_bytes) || legacy.raw().size() > MOST_PAGES {
        return Ok(LegacyOutcome::OnHeap(legacy));
    }
    let found = behind(legacy.raw(), bytes);
    let trailing_bytes = found.accepted(trailing, Place::StableMemory)?;
    let mut state = S::default();
    let fitting = fit(
        &terms.declarations,
        terms.home,
        None,
        None,
        &mut state,
        terms.stamp,
    )?;
    let ground = Ground::of_value(legacy.into_memory(), terms.home, terms.buckets, bytes);
    let pages = ground.pages();
    let drain = Rc::new(Drain::unseen(Rc::clone(&pages)));
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
    mut state: S,
    fitting: Fitting,
    terms: Terms,
) -> Result<(S, Box<Mover<M>>), Error> {
    let (memories, written) = drain.finish(&mut state)?;
    let managed = ground.settle(&drain.pages, memories)?;
    settle(managed, state, fitting, &written, terms, None)
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
    managed.claim(terms.stamp, terms.ceiling)?;
    Ok((state, Box::new(mover)))
}

#[cfg(test)]
mod tests;
