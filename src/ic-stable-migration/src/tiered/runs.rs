//! Which entries of a collection were drained from the heap into a finished map, and where the next one belongs.
//!
//! A finished map is written from runs of entries that come in key order. Sorted lists that come one after the other,
//! the later of which belongs before the earlier, have a run each, and are joined at the end. What belongs between two
//! entries of a run is late.

/// Runs of a collection at most: each has a dozen nodes on the heap. Entries in no order would open one after the other,
/// and gain nothing.
const MOST_RUNS: usize = 4;

/// Where an entry belongs that is drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Behind all entries of the run at this place.
    Behind(usize),
    /// In a run of its own, which takes this place among the others.
    First(usize),
    /// Between two entries that were drained before it.
    Late,
}

/// The runs of a collection, in the order of their keys.
pub struct Runs<K>(Vec<Run<K>>);

struct Run<K> {
    first: K,
    last: K,
}

impl<K: Ord + Clone> Runs<K> {
    /// None.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Where `key` belongs; none for a key that was drained before, as far as that can be seen.
    pub fn spot(&self, key: &K) -> Option<Spot> {
        let behind = self.0.partition_point(|run| run.first <= *key);
        let Some(at) = behind.checked_sub(1) else {
            let more = self.0.len() < MOST_RUNS;
            return Some(if more { Spot::First(0) } else { Spot::Late });
        };
        let Run { first, last } = &self.0[at];
        match key.cmp(last) {
            std::cmp::Ordering::Greater => Some(Spot::Behind(at)),
            std::cmp::Ordering::Less if key != first => Some(Spot::Late),
            _ => None,
        }
    }

    /// Notes that `key` has been drained to where [`Runs::spot`] said.
    pub fn note(&mut self, spot: Spot, key: K) {
        match spot {
            Spot::Behind(at) => {
                if let Some(run) = self.0.get_mut(at) {
                    run.last = key;
                }
            }
            Spot::First(at) => {
                let (first, last) = (key.clone(), key);
                self.0.insert(at, Run { first, last });
            }
            Spot::Late => {}
        }
    }
}
