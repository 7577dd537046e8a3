use ic_stable_migration::{BucketPlan, PAGE_BYTES};

use super::*;
use crate::config::Config;
use crate::cost::MAX_CANISTERS;
use crate::image::MAX_BYTES;
use crate::module::ModuleWeight;

const WEEK: u64 = 7 * 24 * 3600;

fn releases(module: Option<ModuleWeight>) -> Releases {
    Releases {
        modules: [module, module],
        buckets: BucketPlan::for_ceiling(2 << 30),
    }
}

fn sample(lengths: &[(u64, u64)], releases: Releases) -> Sample {
    let lengths = lengths.iter();
    let canisters = lengths.map(|&(bytes, count)| CanisterCost::of_length(bytes, count, &releases));
    Sample::new(canisters.collect(), releases)
}

fn cost(sample: &Sample, canisters: u64, config: &Config) -> FleetCost {
    let terms = Terms::new(config, WEEK);
    sample
        .scaled_to(canisters, &terms, config.assumptions())
        .unwrap()
}

#[test]
fn a_sample_is_scaled_and_its_spread_told() {
    let sample = sample(&[(130_000, 3), (12_000_000, 1), (852, 1)], releases(None));
    let config = Config::default();
    let cost = cost(&sample, 100_000, &config);
    assert_eq!(cost.sample, 5);
    assert_eq!(cost.bases, [(Basis::Length, 5)]);
    let today = &cost.stations[0];
    // Pages of stable memory, and of a heap that was reckoned.
    assert_eq!(
        today.average.stable_bytes,
        (3 * 2 + 184 + 1) * PAGE_BYTES / 5
    );
    assert_eq!(today.bytes.smallest, (1 + 4) * PAGE_BYTES);
    assert_eq!(today.bytes.median, (2 + 8) * PAGE_BYTES);
    assert!(today.bytes.largest > (184 + 350) * PAGE_BYTES);
    let all: u64 = 3 * today.bytes.median + today.bytes.smallest + today.bytes.largest;
    assert_eq!(today.fleet_bytes, u128::from(all) * 20_000);
    let year = Terms::new(&config, WEEK).year(today.bytes.median);
    assert_eq!(today.cycles.median, year);
}

#[test]
fn memory_given_back_is_counted_after_stage_two() {
    let sample = sample(&[(12_000_000, 1)], releases(None));
    let cost = cost(&sample, 1, &Config::default());
    let [today, one, two, compacted] = [0, 1, 2, 3].map(|at| cost.stations[at].average);
    assert!(one.heap_bytes > 20 << 20 && today.heap_bytes > 20 << 20);
    assert!(two.heap_bytes < 1 << 20);
    assert!(two.stable_bytes >= one.stable_bytes && compacted.stable_bytes <= two.stable_bytes);
}

#[test]
fn the_first_canister_compiles_and_every_other_finds_it_compiled() {
    let module = ModuleWeight {
        submitted_bytes: 700_000,
        section_bytes: 28_000,
        global_bytes: 24,
        instructions: 1_000_000,
        first_heap_bytes: 3 * PAGE_BYTES,
        wide_heap: false,
    };
    let sample = sample(&[(130_000, 1)], releases(Some(module)));
    let migration = cost(&sample, 10, &Config::default()).migration;
    for (_, stage) in &migration.parts[..2] {
        assert_eq!(stage.compile_first, 6_000_000_000);
        assert_eq!(stage.compile_again, 60_000_000);
        let first = 20_000_000 + u128::from(stage.instructions + stage.compile_first);
        assert_eq!(stage.cycles_first, first);
        assert_eq!(stage.rounds_first, 4);
        assert_eq!(stage.rounds_again, 1);
    }
    let snapshots = migration.parts[2].1;
    assert!(snapshots.cycles_first > 2 * 2_005_000_000);
    let each = migration.each;
    assert_eq!(migration.cycles, each.cycles_first + 9 * each.cycles_again);
    assert_eq!(
        migration.rounds,
        u128::from(each.rounds_first + 9 * each.rounds_again)
    );
    let wide = ModuleWeight {
        wide_heap: true,
        ..module
    };
    let wide = self::sample(&[(130_000, 1)], releases(Some(wide)));
    let dearer = cost(&wide, 10, &Config::default()).migration.parts[0].1;
    let stage = migration.parts[0].1;
    assert_eq!(
        dearer.cycles_first - 20_000_000,
        2 * (stage.cycles_first - 20_000_000)
    );
}

#[test]
fn a_larger_subnet_costs_more_of_everything_and_a_longer_kept_snapshot_too() {
    let sample = sample(&[(130_000, 1)], releases(None));
    let quoted = Config::default();
    let mut double = Config::default();
    double.set_nodes(26).unwrap();
    let (one, two) = (cost(&sample, 100, &quoted), cost(&sample, 100, &double));
    assert_eq!(
        two.stations[2].fleet_cycles,
        2 * one.stations[2].fleet_cycles
    );
    let kept = |seconds| {
        let terms = Terms::new(&quoted, seconds);
        let cost = sample.scaled_to(1, &terms, Vec::new()).unwrap();
        cost.migration.parts[3].1.cycles_first
    };
    assert_eq!(kept(0), 0);
    assert!(kept(2 * WEEK).abs_diff(2 * kept(WEEK)) <= 4);
}

#[test]
fn nothing_follows_from_an_empty_sample_and_the_largest_is_reckoned() {
    let terms = Terms::new(&Config::default(), u64::MAX);
    for nobody in [&[][..], &[(7, 0)]] {
        let sample = sample(nobody, releases(None));
        assert!(sample.scaled_to(5, &terms, Vec::new()).is_none());
    }
    let most = sample(&[(MAX_BYTES, MAX_CANISTERS); 100], releases(None));
    let cost = most.scaled_to(MAX_CANISTERS, &terms, Vec::new()).unwrap();
    assert!(cost.stations[0].fleet_cycles > 1 << 80);
}
