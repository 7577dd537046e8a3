//! The maps built anew, from the finished ones and from what came too late for them.
//!
//! The finished maps are read in key order, the entries that were late come in between, and all go into new maps, in the
//! pages of which the old ones have been read. So the memory has to be no larger than for one of them, but for the pages
//! that are read in part: one a list and one a level.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::build::{Build, Wanted};
use super::held::Held;
use super::late::Late;
use super::merged::Merged;
use super::order::{Key, Order};
use super::pages::Pages;
use super::target::Target;
use crate::error::Error;
use crate::mover::Tier;
use crate::registry::{OwnershipError, Size};
use crate::tree::TreeReader;

/// Builds the maps anew. `tiers` are the collections that are `wanted`.
///
/// # Errors
/// [`OwnershipError::DuplicateKeys`] for a key that came twice, those of [`Build::push`] and of [`Pages::keep`].
pub fn rebuild<M: Memory, N: Memory>(
    pages: &Rc<Pages<M>>,
    wanted: &[Wanted],
    old: Vec<(u8, Target<M>)>,
    late: Late<M>,
    tiers: &[Tier<'_, N>],
) -> Result<Vec<(u8, Target<M>)>, Error> {
    let order = Order::of(wanted, tiers);
    let late = late.merged(&order)?;
    let held = |(id, target): (u8, Target<M>)| (id, Held::of(pages, &target));
    let old: Vec<_> = old.into_iter().map(held).collect();
    pages.restart();
    let mut merge = Merge {
        late,
        order: &order,
        new: New {
            build: Build::new(pages, wanted, Vec::new())?,
            order: &order,
            names: tiers.iter().map(|tier| tier.name).collect(),
            last: None,
        },
    };
    for (id, map) in old {
        merge.take_map(wanted, id, map)?;
    }
    merge.take_late(None)?;
    let (memories, _) = merge.new.build.finish()?;
    Ok(memories)
}

/// Entries of the old maps, and what comes in between.
struct Merge<'a, M: Memory> {
    late: Merged<'a>,
    order: &'a Order<'a>,
    new: New<'a, M>,
}

impl<M: Memory> Merge<'_, M> {
    /// Takes the entries of the map in memory `id`, and what was late and comes before them.
    fn take_map(&mut self, wanted: &[Wanted], id: u8, map: Held<M>) -> Result<(), Error> {
        let of_map = || wanted.iter().enumerate().filter(|(_, of)| of.memory == id);
        let alone = of_map().find(|(_, of)| !of.shares());
        let (key, value) = alone.map_or((Size::Unbounded, Size::Unbounded), |(_, of)| {
            (of.key, of.value)
        });
        let reader = TreeReader::open(map, key, value)?;
        let walked = reader.walk(|key, value| {
            let found = match alone {
                Some((at, _)) => Some((at, key)),
                None => key.split_first().and_then(|(prefix, key)| {
                    let mut of_map = of_map();
                    let (at, _) = of_map.find(|(_, of)| of.id == *prefix)?;
                    Some((at, key))
                }),
            };
            // All of it was written under the prefixes of these collections.
            let taken = found.map_or(Ok(()), |key| {
                self.take_late(Some(key))?;
                self.new.write(key, value)
            });
            taken.map_or_else(ControlFlow::Break, ControlFlow::Continue)
        });
        match walked? {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(error) => Err(error),
        }
    }

    /// Takes what was late and comes before a key; everything, where there is none.
    fn take_late(&mut self, before: Option<Key>) -> Result<(), Error> {
        while let Some(entry) = self.late.first() {
            let key = entry.key();
            if before.is_some_and(|before| self.order.cmp(before, key) == Ordering::Less) {
                break;
            }
            self.new.write(key, &entry.value)?;
            self.late.next();
        }
        Ok(())
    }
}

/// The new maps.
struct New<'a, M: Memory> {
    build: Build<M>,
    order: &'a Order<'a>,
    names: Vec<&'static str>,
    /// The key that was written last.
    last: Option<(usize, Vec<u8>)>,
}

impl<M: Memory> New<'_, M> {
    fn write(&mut self, (at, key): Key, value: &[u8]) -> Result<(), Error> {
        let (last_at, last) = self.last.get_or_insert_with(|| (usize::MAX, Vec::new()));
        if *last_at == at && self.order.cmp((at, last), (at, key)) != Ordering::Less {
            return Err(OwnershipError::DuplicateKeys {
                name: self.names.get(at).copied().unwrap_or_default().into(),
                count: 1,
            }
            .into());
        }
        *last_at = at;
        last.clear();
        last.extend_from_slice(key);
        self.build.append(at, key, value)
    }
}
