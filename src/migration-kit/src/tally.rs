//! What was tried, and what upgrades cost.

use std::collections::BTreeMap;

/// How much was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lives of a canister, each from its installation.
    pub lives: u64,
    /// Calls made to both canisters.
    pub calls: u64,
    /// Upgrades that worked.
    pub upgrades: u64,
    /// Upgrades that were refused, where they may be, and left everything as it was.
    pub refused: u64,
    /// Upgrades and timers that were made to trap.
    pub traps: u64,
    /// Messages that timers set off.
    pub steps: u64,
    /// Answers that were compared with those of a canister that never migrates.
    pub answers: u64,
    /// What upgrades cost, by the places of the two releases.
    pub costs: BTreeMap<(usize, usize), Cost>,
}

/// The most that upgrades from one release to another cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Upgrades that worked.
    pub upgrades: u64,
    /// Instructions of all hooks, compiling left out.
    pub instructions: u64,
    /// Pages of stable memory afterwards, 64 KiB each.
    pub stable_pages: u64,
    /// Pages of heap afterwards, 64 KiB each.
    pub heap_pages: u64,
}

impl Cost {
    fn most(self, other: Self) -> Self {
        Self {
            upgrades: self.upgrades + other.upgrades,
            instructions: self.instructions.max(other.instructions),
            stable_pages: self.stable_pages.max(other.stable_pages),
            heap_pages: self.heap_pages.max(other.heap_pages),
        }
    }
}

impl Tally {
    /// Takes up one upgrade.
    pub(crate) fn upgraded(&mut self, from: usize, to: usize, cost: Cost) {
        self.upgrades += 1;
        self.cost(from, to, cost);
    }

    fn cost(&mut self, from: usize, to: usize, cost: Cost) {
        let most = self.costs.entry((from, to)).or_default();
        *most = most.most(cost);
    }

    /// Takes up what another counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.lives += other.lives;
        self.calls += other.calls;
        self.upgrades += other.upgrades;
        self.refused += other.refused;
        self.traps += other.traps;
        self.steps += other.steps;
        self.answers += other.answers;
        for (&(from, to), &cost) in &other.costs {
            self.cost(from, to, cost);
        }
    }
}
