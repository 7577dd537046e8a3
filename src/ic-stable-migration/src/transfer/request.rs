//! What is to be written, reckoned from what was seen: the collections, their maps and the size of these maps' pages.

use ic_stable_structures::Memory;

use super::MoveBudget;
use super::build::Wanted;
use super::scan::{self, Seen};
use crate::error::Error;
use crate::mover::Tiered;
use crate::registry::{OwnershipError, Size};
use crate::tree::page_size;

/// What is to be written.
pub struct Request {
    pub wanted: Vec<Wanted>,
    /// Which of the collections each map of the payload is.
    pub order: Vec<usize>,
    entries: u64,
    bytes: u64,
    /// All keys come in the order of their types.
    ascending: bool,
}

impl Request {
    /// Of the maps that an intake has seen; none where a collection is not among them.
    ///
    /// # Errors
    /// [`OwnershipError::Oversized`].
    pub fn of<S: Tiered<M>, M: Memory>(
        state: &mut S,
        seen: &[Seen],
    ) -> Result<Option<Self>, Error> {
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
    ///
    /// # Errors
    /// [`OwnershipError::Oversized`].
    pub fn of_heap<S: Tiered<M>, M: Memory>(state: &mut S) -> Result<Self, Error> {
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
            wanted.push(Wanted {
                id: tier.id,
                memory: tier.memory_id(),
                key: shape.key,
                value: shape.value,
                page_size: 0,
            });
        }
        let seen_of_tier: Vec<_> = of_tier.iter().map(|(_, seen)| *seen).collect();
        choose_page_sizes(&mut wanted, &seen_of_tier);
        Ok(Self {
            wanted,
            order,
            entries: seen.iter().map(|seen| seen.entries).sum(),
            bytes: seen.iter().map(|seen| seen.bytes).sum(),
            ascending: seen.iter().all(|seen| seen.ascending),
        })
    }

    /// Whether all of it can be moved in the upgrade.
    pub fn fits(&self, budget: MoveBudget) -> bool {
        self.ascending && budget.admits(self.entries, self.bytes)
    }
}

/// Chooses for each memory the page size that fits the entries of all of its collections.
pub(crate) fn choose_page_sizes(wanted: &mut [Wanted], seen: &[&Seen]) {
    let all: Vec<_> = wanted
        .iter()
        .zip(seen)
        .map(|(want, seen)| (*want, *seen))
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
