//! What bringing a canister through its stages takes, in cycles and rounds.

use canister_host::Prices;
use serde::Serialize;

use super::canister::{CanisterCost, Releases};
use crate::config::{Config, NetworkFacts};
use crate::module::ModuleWeight;
use crate::units::YEAR;

/// Messages around an installation, beside the snapshot: a stop and a start.
const MESSAGES: u64 = 2;

/// What a part of a migration takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Effort {
    /// Instructions of hooks, or of the work on a snapshot.
    pub instructions: u64,
    /// Instructions of compiling, on the first canister of a subnet since its last checkpoint.
    pub compile_first: u64,
    /// The same on every other.
    pub compile_again: u64,
    /// Cycles on the first canister.
    pub cycles_first: u128,
    /// Cycles on every other.
    pub cycles_again: u128,
    /// Rounds that the subnet works at it, for the first canister.
    pub rounds_first: u64,
    /// Rounds for every other.
    pub rounds_again: u64,
}

/// What the migration of one canister takes, part by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct MigrationCost {
    /// The installations of stage one and of stage two.
    pub stages: [Effort; 2],
    /// Taking a snapshot before each.
    pub snapshots: Effort,
    /// Keeping these snapshots.
    pub keeping: Effort,
    /// Stopping and starting for each.
    pub messages: Effort,
    /// Loading the snapshot of before, if it has to: not part of the whole.
    pub going_back: Effort,
}

/// What a migration is reckoned with.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    prices: Prices,
    network: NetworkFacts,
    keep_seconds: u64,
}

impl Terms {
    /// Prices and facts of the configuration, and the seconds that a snapshot is kept for.
    pub fn new(config: &Config, keep_seconds: u64) -> Self {
        Self {
            prices: config.prices(),
            network: config.network(),
            keep_seconds,
        }
    }

    /// Cycles that keeping a canister of so many bytes for a year costs, with the fee for having one.
    pub fn year(&self, bytes: u64) -> u128 {
        self.prices.storage(bytes, YEAR)
    }

    /// What the stages of a canister take that have something to do. A module that is not known is not compiled here.
    pub fn migration(&self, canister: &CanisterCost, releases: &Releases) -> MigrationCost {
        let today = canister.installed.as_ref();
        let mut cost = MigrationCost::default();
        for (stage, hooks) in canister.hooks.iter().enumerate() {
            let Some(hooks) = *hooks else { continue };
            let module = releases.modules[stage].as_ref().or(today);
            cost.stages[stage] = self.installation(hooks, module);
            let bytes = canister.paid[stage].bytes();
            cost.snapshots += self.snapshot(bytes);
            cost.keeping += Effort::of_cycles(self.prices.memory(bytes, self.keep_seconds));
            let message = self.prices.message(0, false);
            cost.messages += Effort::of_cycles(message * u128::from(MESSAGES));
            if cost.going_back == Effort::default() {
                cost.going_back = self.loading(bytes, today);
            }
        }
        cost
    }

    fn installation(&self, hooks: u64, module: Option<&ModuleWeight>) -> Effort {
        let instructions = module.map_or(0, |module| module.instructions);
        let wide = module.is_some_and(|module| module.wide_heap);
        let [first, again] = [true, false].map(|first| self.network.compiling(instructions, first));
        let [all_first, all_again] = [first, again].map(|compile| hooks.saturating_add(compile));
        Effort {
            instructions: hooks,
            compile_first: first,
            compile_again: again,
            cycles_first: self.prices.installation(all_first, wide),
            cycles_again: self.prices.installation(all_again, wide),
            rounds_first: self.network.rounds(all_first),
            rounds_again: self.network.rounds(all_again),
        }
    }

    fn snapshot(&self, bytes: u64) -> Effort {
        let instructions = Prices::snapshot_instructions(bytes);
        let rounds = self.network.rounds(instructions);
        Effort {
            instructions,
            rounds_first: rounds,
            rounds_again: rounds,
            ..Effort::of_cycles(self.prices.message(instructions, false))
        }
    }

    /// A snapshot that is loaded: its module is one that the subnet has compiled.
    fn loading(&self, bytes: u64, module: Option<&ModuleWeight>) -> Effort {
        let compile = self
            .network
            .compiling(module.map_or(0, |module| module.instructions), false);
        let instructions = Prices::snapshot_instructions(bytes);
        let all = instructions.saturating_add(compile);
        let rounds = self.network.rounds(all);
        Effort {
            instructions,
            compile_first: compile,
            compile_again: compile,
            rounds_first: rounds,
            rounds_again: rounds,
            ..Effort::of_cycles(self.prices.message(all, false))
        }
    }
}

impl MigrationCost {
    /// The parts that every migration has, with their names.
    pub fn parts(&self) -> [(&'static str, Effort); 5] {
        [
            ("stage one", self.stages[0]),
            ("stage two", self.stages[1]),
            ("snapshots taken", self.snapshots),
            ("snapshots kept", self.keeping),
            ("stops and starts", self.messages),
        ]
    }

    /// All of it together.
    pub fn whole(&self) -> Effort {
        let mut whole = Effort::default();
        self.parts().into_iter().for_each(|(_, part)| whole += part);
        whole
    }
}

impl Effort {
    fn of_cycles(cycles: u128) -> Self {
        Self {
            cycles_first: cycles,
            cycles_again: cycles,
            ..Self::default()
        }
    }
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Self) {
        let add = |one: &mut u64, other: u64| *one = one.saturating_add(other);
        add(&mut self.instructions, other.instructions);
        add(&mut self.compile_first, other.compile_first);
        add(&mut self.compile_again, other.compile_again);
        add(&mut self.rounds_first, other.rounds_first);
        add(&mut self.rounds_again, other.rounds_again);
        self.cycles_first = self.cycles_first.saturating_add(other.cycles_first);
        self.cycles_again = self.cycles_again.saturating_add(other.cycles_again);
    }
}
