//! What a plan costs in cycles and time, as far as it can be known before.
//!
//! Prices are those of the configuration; they were not tried on the network. What hooks cost is known only from a
//! rehearsal.

use std::collections::{BTreeMap, BTreeSet};

use ::fleet::{Snapshots, rate_below};
use serde::Serialize;

use super::plan_file::FleetPlan;
use crate::config::{Assumption, Config};

/// Seconds of a call that the network agrees on, with the way there and back.
const CALL_SECONDS: u64 = 4;

/// Calls of a stage: look, list, stop, install, start, status, verification; a snapshot is two more.
const CALLS: u64 = 7;

/// What a plan takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// By wave.
    pub waves: Vec<WaveEstimate>,
    /// Cycles of all canisters together.
    pub cycles: u128,
    /// Seconds, without the moves of states and without what is tried again.
    pub seconds: u64,
    /// Instructions of the hooks of one stage that were reckoned with; none if they are not known.
    pub hooks: Option<u64>,
    /// The prices and facts that were reckoned with.
    pub assumptions: Vec<Assumption>,
}

/// What a wave takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaveEstimate {
    /// Its number.
    pub wave: u16,
    /// Its canisters.
    pub canisters: u32,
    /// Those of them that are rehearsed before.
    pub rehearsed: u32,
    /// Cycles of all of them.
    pub cycles: u128,
    /// Seconds.
    pub seconds: u64,
    /// If none of this wave and those before it fails, with 95 % confidence fewer than this part of the rest do.
    pub failures_below: f64,
}

impl Estimate {
    /// Of a plan, with what the hooks of a stage take if that is known.
    pub fn of(plan: &FleetPlan, hooks: Option<u64>, config: &Config) -> Self {
        let (prices, network) = (config.prices(), config.network());
        let found: BTreeMap<_, _> = plan.found.iter().map(|found| (found.id, found)).collect();
        let modules: BTreeMap<_, _> = plan
            .modules
            .iter()
            .map(|module| (module.sha256, module))
            .collect();
        let mut compiled = BTreeSet::new();
        let mut waves: BTreeMap<u16, (WaveEstimate, BTreeMap<u16, Load>)> = BTreeMap::new();
        for member in &plan.members {
            let (wave, loads) = waves.entry(member.wave).or_insert_with(|| {
                let wave = WaveEstimate {
                    wave: member.wave,
                    canisters: 0,
                    rehearsed: 0,
                    cycles: 0,
                    seconds: 0,
                    failures_below: 1.0,
                };
                (wave, BTreeMap::new())
            });
            wave.canisters += 1;
            wave.rehearsed += u32::from(member.rehearse);
            let load = loads.entry(member.subnet).or_default();
            load.canisters += 1;
            let of = found.get(&member.id);
            let first = of.and_then(|found| plan.plan.next_stage(found.module?));
            let bytes = of.map_or(0, |found| found.bytes);
            let snapshot = prices.snapshot(bytes);
            for (number, stage) in plan.plan.stages.iter().enumerate() {
                if first.is_none_or(|first| number < usize::from(first)) {
                    continue;
                }
                let instructions = modules
                    .get(&stage.module)
                    .map_or(0, |file| file.instructions);
                let new = compiled.insert((member.subnet, stage.module));
                let compiled = network.compiling(instructions, new);
                let run = compiled.saturating_add(hooks.unwrap_or(0));
                wave.cycles += prices.installation(run, false);
                load.rounds += network.rounds(run);
                load.calls += CALLS;
                let taken = match plan.plan.snapshots {
                    Snapshots::Each => true,
                    Snapshots::First => first.is_some_and(|first| usize::from(first) == number),
                    Snapshots::Never => false,
                };
                if taken {
                    wave.cycles += snapshot;
                    load.rounds += 1;
                    load.calls += 2;
                }
            }
            if member.rehearse {
                wave.cycles += snapshot;
                load.calls += 6;
            }
        }
        let width = u64::from(plan.plan.limits.stopped_per_subnet.max(1));
        let mut tried = 0;
        let waves: Vec<WaveEstimate> = waves
            .into_values()
            .map(|(mut wave, loads)| {
                // Installations go one after the other; the other calls as many at a time as may be stopped.
                let seconds = loads.values().map(|load| {
                    let of_one = load.calls * CALL_SECONDS / load.canisters.max(1);
                    load.rounds.max(of_one * load.canisters.div_ceil(width))
                });
                wave.seconds = seconds.max().unwrap_or(0) + plan.plan.rest;
                tried += u64::from(wave.canisters);
                wave.failures_below = rate_below(tried, 0, 0.95);
                wave
            })
            .collect();
        Self {
            cycles: waves.iter().map(|wave| wave.cycles).sum(),
            seconds: waves.iter().map(|wave| wave.seconds).sum(),
            waves,
            hooks,
            assumptions: config.assumptions(),
        }
    }
}

/// What goes on at one subnet.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    canisters: u64,
    rounds: u64,
    calls: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::tests::plan;

    #[test]
    fn the_first_of_a_subnet_pays_for_compiling_and_all_for_their_snapshots() {
        let mut plan = plan(30);
        let module = |sha256, instructions| crate::fleet::ModuleFile {
            path: "a.wasm".into(),
            sha256,
            bytes: 1,
            instructions,
            argument: Vec::new(),
        };
        let stages = &plan.plan.stages;
        plan.modules = vec![
            module(stages[0].module, 1_000),
            module(stages[1].module, 1_000),
        ];
        let estimate = Estimate::of(&plan, None, &Config::default());
        let installs = 60 * 20_000_000 + 4 * 6_000_000 + 56 * 60_000;
        let bytes: u128 = plan.found.iter().map(|found| u128::from(found.bytes)).sum();
        let rehearsed: Vec<_> = plan.members.iter().filter(|one| one.rehearse).collect();
        let bytes_rehearsed: u128 = rehearsed
            .iter()
            .filter_map(|one| plan.found.iter().find(|found| found.id == one.id))
            .map(|found| u128::from(found.bytes))
            .sum();
        let snapshots = 60 + rehearsed.len() as u128;
        let expected = installs + snapshots * 2_005_000_000 + 2 * bytes + bytes_rehearsed;
        assert_eq!(estimate.cycles, expected);
        assert_eq!(estimate.waves.len(), 3);
        let with_hooks = Estimate::of(&plan, Some(5), &Config::default());
        assert_eq!(with_hooks.cycles, expected + 300);
        assert!(estimate.waves[2].failures_below < 0.1);
    }
}
