//! What a fleet of canisters pays for stable memory, reckoned from a sample of it.

use ic_stable_migration::{BucketPlan, HEADER_BYTES, PAGE_BYTES, cycles_per_year};
use serde::Serialize;

use crate::buckets::managed_pages;
use crate::image::MAX_BYTES;
use crate::survey::{Layout, Survey};

/// Bucket size that a memory manager has when none is asked for.
const DEFAULT_BUCKET_PAGES: u16 = 128;

/// More canisters than a fleet has: a bound on what is multiplied here.
pub const MAX_CANISTERS: u64 = 1_000_000_000;

/// Pages of one canister under each of some layouts.
pub type Pages = Vec<u64>;

/// A sample of a fleet: for each canister its pages under each layout, and how many canisters are like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    layouts: Vec<&'static str>,
    canisters: Vec<(Pages, u64)>,
}

/// What the fleet pays under one layout.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct FleetCost {
    /// The layout.
    pub layout: &'static str,
    /// Pages of 64 KiB that a canister has on average.
    pub pages_per_canister: f64,
    /// Bytes of the whole fleet.
    pub stable_bytes: u64,
    /// Cycles for them in a year on subnets of 13 nodes.
    pub cycles_per_year: u128,
}

impl Sample {
    /// Canisters of which the length of the encoded state is known, as (bytes, canisters): as a legacy value, as
    /// the migration of 2023 left it, and in this library's memory 0 with a ceiling of `ceiling` bytes. Each length
    /// is at most 500 GiB, each number at most [`MAX_CANISTERS`], as [`parse_sizes`] has them.
    pub fn of_states(states: &[(u64, u64)], ceiling: u64) -> Self {
        let bucket_pages = BucketPlan::for_ceiling(ceiling).pages();
        let memory0 = |bytes: u64| std::iter::once(bytes.div_ceil(PAGE_BYTES));
        let pages = |state: u64| {
            vec![
                state.div_ceil(PAGE_BYTES),
                managed_pages(memory0(state.saturating_add(4)), DEFAULT_BUCKET_PAGES),
                managed_pages(memory0(state.saturating_add(HEADER_BYTES)), bucket_pages),
            ]
        };
        Self {
            layouts: vec![
                "legacy value",
                "manager with default buckets",
                "planned buckets",
            ],
            canisters: states
                .iter()
                .map(|&(bytes, count)| (pages(bytes), count))
                .collect(),
        }
    }

    /// Canisters whose memories were surveyed: as they are, and with planned buckets. A legacy memory is reckoned
    /// as adopted with a ceiling of `ceiling` bytes.
    pub fn of_surveys<'a>(surveys: impl Iterator<Item = &'a Survey>, ceiling: u64) -> Self {
        let bucket_pages = BucketPlan::for_ceiling(ceiling).pages();
        let after = |survey: &Survey| match &survey.layout {
            Layout::Legacy(legacy) => {
                let bytes = legacy.value_bytes.saturating_add(HEADER_BYTES);
                managed_pages(std::iter::once(bytes.div_ceil(PAGE_BYTES)), bucket_pages)
            }
            Layout::Managed(managed) => managed.right_size.stable_pages,
            // What is not ours stays as it is, and so does what is no more than a guess.
            Layout::Empty | Layout::Zeros | Layout::NotOurs(_) | Layout::Damaged { .. } => {
                survey.stable_pages
            }
        };
        Self {
            layouts: vec!["today", "planned buckets"],
            canisters: surveys
                .map(|survey| (vec![survey.stable_pages, after(survey)], 1))
                .collect(),
        }
    }

    /// How many canisters the sample stands for by itself.
    pub fn canisters(&self) -> u64 {
        let counts = self.canisters.iter().map(|&(_, count)| count);
        counts.fold(0, u64::saturating_add)
    }

    /// What `canisters` like these, at most [`MAX_CANISTERS`], pay under each layout. Empty for an empty sample.
    pub fn scaled_to(&self, canisters: u64) -> Vec<FleetCost> {
        let known = u128::from(self.canisters());
        if known == 0 {
            return Vec::new();
        }
        let cost = |(index, &layout): (usize, &&'static str)| {
            let pages = self.canisters.iter().map(|(pages, count)| {
                u128::from(pages.get(index).copied().unwrap_or(0)) * u128::from(*count)
            });
            let pages: u128 = pages.sum();
            let bytes = pages * u128::from(PAGE_BYTES) * u128::from(canisters) / known;
            let stable_bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            FleetCost {
                layout,
                pages_per_canister: pages as f64 / known as f64,
                stable_bytes,
                cycles_per_year: cycles_per_year(stable_bytes),
            }
        };
        self.layouts.iter().enumerate().map(cost).collect()
    }
}

/// Reads a list of states: in each line the length of one canister's encoded state, and behind a comma how many
/// canisters have one like it, 1 if it is left out. `#` starts a comment.
///
/// # Errors
/// A sentence naming the line that cannot be read.
pub fn parse_sizes(text: &str) -> Result<Vec<(u64, u64)>, String> {
    let mut sizes = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let (bytes, count) = line.split_once(',').unwrap_or((line, "1"));
        let bytes = crate::units::parse_bytes(bytes);
        let count = count.trim().replace('_', "").parse::<u64>();
        match (bytes, count) {
            (Ok(bytes), _) if bytes > MAX_BYTES => {
                return Err(format!(
                    "line {number}: {bytes} bytes are more than a canister can have"
                ));
            }
            (_, Ok(count)) if count > MAX_CANISTERS => {
                return Err(format!("line {number}: {count} canisters are too many"));
            }
            (Ok(bytes), Ok(count)) => sizes.push((bytes, count)),
            (Err(reason), _) => return Err(format!("line {number}: {reason}")),
            (_, Err(_)) => {
                return Err(format!(
                    "line {number}: what stands behind the comma is not a number of canisters"
                ));
            }
        }
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_state_takes_one_bucket_of_whatever_size() {
        let sample = Sample::of_states(&[(130_000, 3), (12_000_000, 1)], 4 << 30);
        let costs = sample.scaled_to(100_000);
        let pages: Vec<f64> = costs.iter().map(|cost| cost.pages_per_canister).collect();
        let legacy = (3.0 * 2.0 + 184.0) / 4.0;
        let default = (3.0 * 129.0 + 257.0) / 4.0;
        let planned = (3.0 * 3.0 + 185.0) / 4.0;
        assert_eq!(pages, [legacy, default, planned]);
        assert_eq!(costs[0].stable_bytes, 475 * 10_000 * 65_536);
        assert_eq!(
            costs[0].cycles_per_year,
            cycles_per_year(costs[0].stable_bytes)
        );
    }

    #[test]
    fn a_list_of_sizes_is_read_with_its_counts() {
        let text = "# bytes, canisters\n130_123\n2 MiB, 500 # many\n\n1KiB,0\n";
        let sizes = parse_sizes(text).unwrap();
        assert_eq!(sizes, [(130_123, 1), (2 << 20, 500), (1_024, 0)]);
        assert!(
            parse_sizes("1\nx")
                .unwrap_err()
                .starts_with("line 2: \"x\"")
        );
        assert!(
            parse_sizes("1,many")
                .unwrap_err()
                .contains("number of canisters")
        );
    }

    #[test]
    fn nothing_follows_from_an_empty_sample() {
        assert!(Sample::of_states(&[], 0).scaled_to(5).is_empty());
        assert!(Sample::of_states(&[(7, 0)], 0).scaled_to(5).is_empty());
    }

    #[test]
    fn sizes_beyond_all_measure_are_refused() {
        assert!(
            parse_sizes("501GiB")
                .unwrap_err()
                .contains("more than a canister")
        );
        assert!(
            parse_sizes("1, 1000000001")
                .unwrap_err()
                .contains("too many")
        );
        let most = Sample::of_states(&[(MAX_BYTES, MAX_CANISTERS); 100], u64::MAX);
        assert_eq!(most.scaled_to(MAX_CANISTERS)[2].stable_bytes, u64::MAX);
    }
}
