//! Taking entries from the heap of a state into finished maps, all at once or a little at a time.

use std::cell::RefCell;
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::build::{Build, Finished};
use super::late::Late;
use super::order::Order;
use super::pages::Pages;
use super::rebuild::rebuild;
use super::request::Request;
use crate::error::Error;
use crate::mover::{Tier, Tiered};
use crate::tiered::runs::Spot;

/// Entries on the heap of a state from which the first of them are drained, and any of them afterwards: the first tell
/// how large the pages of the maps should be.
const FIRST_DRAIN: u64 = 512;
const DRAIN: u64 = 256;

/// Takes entries from the heap of a state into the maps.
pub struct Drain<M: Memory> {
    pub pages: Rc<Pages<M>>,
    build: RefCell<Option<Build<M>>>,
    late: RefCell<Late<M>>,
    failure: RefCell<Option<Error>>,
}

impl<M: Memory> Drain<M> {
    /// Of a state whose first entries, when they are drained, will tell what is to be written.
    pub fn unseen(pages: Rc<Pages<M>>) -> Self {
        Self {
            late: RefCell::new(Late::new(Rc::clone(&pages))),
            pages,
            build: RefCell::new(None),
            failure: RefCell::new(None),
        }
    }

    /// Of a state of which it is known what is to be written.
    ///
    /// # Errors
    /// Those of [`Build::new`].
    pub fn of(pages: Rc<Pages<M>>, request: Request) -> Result<Self, Error> {
        let build = Build::new(&pages, &request.wanted, request.order)?;
        Ok(Self {
            build: RefCell::new(Some(build)),
            ..Self::unseen(pages)
        })
    }

    /// Drains the heap if there is enough on it.
    pub fn some<S: Tiered<N>, N: Memory>(&self, state: &mut S) -> Result<(), String> {
        let enough = match *self.build.borrow() {
            None => FIRST_DRAIN,
            Some(_) => DRAIN,
        };
        if heap_len(state) < enough {
            return Ok(());
        }
        self.all(state).map_err(|error| {
            let text = error.to_string();
            self.failure.replace(Some(error));
            text
        })
    }

    /// Drains the heap.
    pub fn all<S: Tiered<N>, N: Memory>(&self, state: &mut S) -> Result<(), Error> {
        let mut build = self.build.borrow_mut();
        let build = match &mut *build {
            Some(build) => build,
            none => {
                let request = Request::of_heap(state)?;
                none.insert(Build::new(&self.pages, &request.wanted, request.order)?)
            }
        };
        let mut late = self.late.borrow_mut();
        let mut tiers = state.collections();
        for at in 0..tiers.len() {
            let Tier { name, map, .. } = &mut tiers[at];
            map.drain(name, &mut |spot, key, value| match spot {
                Spot::Late => {
                    build.note_late(at, key, value);
                    late.push(at, key, value);
                    Ok(())
                }
                spot => build.push(at, spot, key, value),
            })?;
            if late.is_full() {
                late.write(&Order::of(&build.wanted(), &tiers))?;
            }
        }
        Ok(())
    }

    /// Why an entry could not be taken, if one could not.
    pub fn failure(&self) -> Option<Error> {
        self.failure.borrow_mut().take()
    }

    /// Finishes the maps, and builds them anew where something came too late for them.
    ///
    /// # Errors
    /// Those of [`Build::finish`], [`OwnershipError::DuplicateKeys`](crate::OwnershipError::DuplicateKeys).
    pub fn finish<S: Tiered<N>, N: Memory>(&self, state: &mut S) -> Result<Finished<M>, Error> {
        let Some(build) = self.build.take() else {
            return Ok(Finished::default());
        };
        let wanted = build.wanted();
        let (memories, written) = build.finish()?;
        let late = self.late.replace(Late::new(Rc::clone(&self.pages)));
        if late.is_empty() {
            return Ok((memories, written));
        }
        let tiers = state.collections();
        let memories = rebuild(&self.pages, &wanted, memories, late, &tiers)?;
        Ok((memories, written))
    }
}

fn heap_len<S: Tiered<M>, M: Memory>(state: &mut S) -> u64 {
    let tiers = state.collections();
    tiers.iter().map(|tier| tier.map.heap_len()).sum()
}
