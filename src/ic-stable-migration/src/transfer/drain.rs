//! Taking entries from the heap of a state into finished maps, all at once or a little at a time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::build::{Build, Finished};
use super::pages::Pages;
use super::request::Request;
use crate::error::Error;
use crate::mover::Tiered;

/// Entries on the heap of a state from which the first of them are drained, and any of them afterwards: the first tell
/// how large the pages of the maps should be.
const FIRST_DRAIN: u64 = 512;
const DRAIN: u64 = 256;

/// Takes entries from the heap of a state into the maps.
pub struct Drain<M: Memory> {
    pub pages: Rc<Pages<M>>,
    build: RefCell<Option<Build<M>>>,
    /// Entries that came too late to be drained; they stay on the heap.
    late: Cell<u64>,
    failure: RefCell<Option<Error>>,
}

impl<M: Memory> Drain<M> {
    /// Of a state whose first entries, when they are drained, will tell what is to be written.
    pub fn unseen(pages: Rc<Pages<M>>) -> Self {
        Self {
            pages,
            build: RefCell::new(None),
            late: Cell::new(0),
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
    pub fn all<S: Tiered<N>, N: Memory>(&self, state: &mut S) -> Result<(), Error> {
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

    /// Why an entry could not be taken, if one could not.
    pub fn failure(&self) -> Option<Error> {
        self.failure.borrow_mut().take()
    }

    /// Finishes the maps.
    ///
    /// # Errors
    /// Those of [`Build::finish`].
    pub fn finish(&self) -> Result<Finished<M>, Error> {
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
