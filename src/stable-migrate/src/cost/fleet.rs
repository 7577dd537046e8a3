//! A sample of a fleet, and what the whole pays if it is like that.

use serde::Serialize;

use super::canister::{Basis, CanisterCost, Paid, Releases, STATIONS};
use super::migration::{Effort, MigrationCost, Terms};
use crate::config::Assumption;

/// Some canisters of a fleet, and the releases that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    canisters: Vec<CanisterCost>,
    releases: Releases,
}

/// What a fleet pays, and what its migration takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct FleetCost {
    /// Canisters of the fleet.
    pub canisters: u64,
    /// Canisters that the sample stands for by itself.
    pub sample: u64,
    /// How many of them were reckoned from what.
    pub bases: Vec<(Basis, u64)>,
    /// How many of them have no module that is known: none is counted, and their heaps are reckoned.
    pub without_module: u64,
    /// What is paid at each station of the migration.
    pub stations: Vec<StationCost>,
    /// What the migration takes.
    pub migration: FleetMigration,
    /// The prices and facts that were reckoned with.
    pub assumptions: Vec<Assumption>,
}

/// What is paid at one station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct StationCost {
    /// The station.
    pub station: &'static str,
    /// Bytes of a canister, on average.
    pub average: Paid,
    /// Bytes of a canister, over the sample.
    pub bytes: Spread<u64>,
    /// Cycles of a canister in a year, over the sample.
    pub cycles: Spread<u128>,
    /// Cycles of a canister in a year, on average.
    pub average_cycles: u128,
    /// Bytes of the whole fleet.
    pub fleet_bytes: u128,
    /// Cycles of the whole fleet in a year.
    pub fleet_cycles: u128,
}

/// How far the canisters of a sample are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Spread<T> {
    /// The smallest.
    pub smallest: T,
    /// The one in the middle.
    pub median: T,
    /// The largest.
    pub largest: T,
}

/// What the migration of a fleet takes, on one subnet: the first canister compiles, every other finds it compiled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct FleetMigration {
    /// A canister on average, part by part.
    pub parts: Vec<(&'static str, Effort)>,
    /// A canister on average, all parts together.
    pub each: Effort,
    /// Loading the snapshot of before on a canister that has to go back; not part of the others.
    pub going_back: Effort,
    /// Cycles of the fleet.
    pub cycles: u128,
    /// Rounds that one subnet works at it.
    pub rounds: u128,
}

impl Sample {
    /// Of canisters that get these releases.
    pub fn new(canisters: Vec<CanisterCost>, releases: Releases) -> Self {
        Self {
            canisters,
            releases,
        }
    }

    /// How many canisters the sample stands for by itself.
    pub fn canisters(&self) -> u64 {
        let counts = self.canisters.iter().map(|canister| canister.count);
        counts.fold(0, u64::saturating_add)
    }

    /// What `canisters` like these, at most [`super::MAX_CANISTERS`], pay, and what their migration takes. None for an empty
    /// sample.
    pub fn scaled_to(
        &self,
        canisters: u64,
        terms: &Terms,
        assumptions: Vec<Assumption>,
    ) -> Option<FleetCost> {
        let sample = self.canisters();
        if sample == 0 {
            return None;
        }
        let stations = STATIONS.iter().enumerate();
        Some(FleetCost {
            canisters,
            sample,
            bases: self.bases(),
            without_module: self.without_module(),
            stations: stations
                .map(|(at, station)| self.station(station, at, canisters, terms))
                .collect(),
            migration: self.migration(canisters, terms),
            assumptions,
        })
    }

    fn station(
        &self,
        station: &'static str,
        at: usize,
        canisters: u64,
        terms: &Terms,
    ) -> StationCost {
        let paid = |canister: &CanisterCost| canister.paid[at];
        let bytes = |canister: &CanisterCost| paid(canister).bytes();
        let year = |canister: &CanisterCost| terms.year(bytes(canister));
        let average = |of: fn(&Paid) -> u64| {
            let average = self.average(|canister| of(&paid(canister)).into());
            u64::try_from(average).unwrap_or(u64::MAX)
        };
        StationCost {
            station,
            average: Paid {
                heap_bytes: average(|paid| paid.heap_bytes),
                stable_bytes: average(|paid| paid.stable_bytes),
                module_bytes: average(|paid| paid.module_bytes),
                section_bytes: average(|paid| paid.section_bytes),
            },
            bytes: self.spread(bytes),
            cycles: self.spread(year),
            average_cycles: self.average(year),
            fleet_bytes: self.scaled(|canister| bytes(canister).into(), canisters),
            fleet_cycles: self.scaled(year, canisters),
        }
    }

    fn migration(&self, canisters: u64, terms: &Terms) -> FleetMigration {
        let costs = self.canisters.iter().map(|canister| {
            let cost = terms.migration(canister, &self.releases);
            (cost, canister.count)
        });
        let costs: Vec<(MigrationCost, u64)> = costs.collect();
        let names = MigrationCost::default().parts();
        let parts = names.iter().enumerate().map(|(part, &(name, _))| {
            let average = average(&costs, |cost| cost.parts()[part].1);
            (name, average)
        });
        let each = average(&costs, MigrationCost::whole);
        let others = u128::from(canisters.saturating_sub(1));
        FleetMigration {
            parts: parts.collect(),
            each,
            going_back: average(&costs, |cost| cost.going_back),
            cycles: each.cycles_first + each.cycles_again.saturating_mul(others),
            rounds: u128::from(each.rounds_first) + u128::from(each.rounds_again) * others,
        }
    }

    fn bases(&self) -> Vec<(Basis, u64)> {
        let mut bases: Vec<(Basis, u64)> = Vec::new();
        for canister in &self.canisters {
            match bases.iter_mut().find(|(basis, _)| *basis == canister.basis) {
                Some((_, count)) => *count = count.saturating_add(canister.count),
                None => bases.push((canister.basis, canister.count)),
            }
        }
        bases
    }

    fn without_module(&self) -> u64 {
        let without = self.canisters.iter().filter(|one| one.installed.is_none());
        without.fold(0, |sum, one| sum.saturating_add(one.count))
    }

    /// The sum over the sample, as often as each counts.
    fn sum(&self, of: impl Fn(&CanisterCost) -> u128) -> u128 {
        let each = self.canisters.iter();
        each.map(|canister| of(canister).saturating_mul(canister.count.into()))
            .fold(0, u128::saturating_add)
    }

    fn average(&self, of: impl Fn(&CanisterCost) -> u128) -> u128 {
        self.sum(of) / u128::from(self.canisters().max(1))
    }

    fn scaled(&self, of: impl Fn(&CanisterCost) -> u128, canisters: u64) -> u128 {
        self.sum(of).saturating_mul(canisters.into()) / u128::from(self.canisters().max(1))
    }

    fn spread<T: Ord + Copy + Default>(&self, of: impl Fn(&CanisterCost) -> T) -> Spread<T> {
        let counted = self.canisters.iter().filter(|canister| canister.count > 0);
        let mut values: Vec<(T, u64)> = counted
            .map(|canister| (of(canister), canister.count))
            .collect();
        values.sort_unstable();
        let half = self.canisters().div_ceil(2);
        let mut passed = 0u64;
        let median = values.iter().find(|(_, count)| {
            passed = passed.saturating_add(*count);
            passed >= half
        });
        let value = |found: Option<&(T, u64)>| found.map_or_else(T::default, |found| found.0);
        Spread {
            smallest: value(values.first()),
            median: value(median),
            largest: value(values.last()),
        }
    }
}

/// An effort on average, rounded up.
fn average(costs: &[(MigrationCost, u64)], of: impl Fn(&MigrationCost) -> Effort) -> Effort {
    let known: u128 = costs.iter().map(|&(_, count)| u128::from(count)).sum();
    let each = |part: fn(&Effort) -> u128| {
        let all = costs.iter();
        let sum = all
            .map(|(cost, count)| part(&of(cost)).saturating_mul((*count).into()))
            .fold(0, u128::saturating_add);
        sum.div_ceil(known.max(1))
    };
    let number = |part| u64::try_from(each(part)).unwrap_or(u64::MAX);
    Effort {
        instructions: number(|effort| effort.instructions.into()),
        compile_first: number(|effort| effort.compile_first.into()),
        compile_again: number(|effort| effort.compile_again.into()),
        cycles_first: each(|effort| effort.cycles_first),
        cycles_again: each(|effort| effort.cycles_again),
        rounds_first: number(|effort| effort.rounds_first.into()),
        rounds_again: number(|effort| effort.rounds_again.into()),
    }
}

#[cfg(test)]
mod tests;
