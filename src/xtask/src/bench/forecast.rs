//! The forecast of `stable-migrate plan`, held against what the migration then takes on the embedded host.

use std::rc::Rc;

use canister_host::{Module, PAGE_SIZE, StableMemory};
use ic_stable_migration::BucketPlan;
use stable_migrate::{
    Basis, CanisterCost, Config, Depth, Image, ModuleWeight, Releases, Source, Survey, Terms,
};

use super::contender::{CONTENDERS, Contender};
use super::measure::{measure, restored};
use super::memory::{Start, prepare};
use super::prices::Tariff;
use super::size::{Group, Shape, Size, Source as From, find, shape};
use crate::artifacts::RELEASES;
use crate::workspace::Workspace;

/// The stages: release 0 → 1 → 2.
const STAGES: &str = "project";

/// Sizes of every kind that the model was fitted to: new, filled, deployed, generated; 1 to 177 pages.
const FITTED: [&str; 9] = [
    "empty",
    "10",
    "100",
    "2-pages",
    "5-pages",
    "29-pages",
    "177-pages",
    "fixture-2-pages",
    "fixture-29-pages",
];

/// States that it was not fitted to.
const OTHERS: [Size; 3] = [
    other("much of everything", shape(150, 5_000, 20, 500, 700, 35)),
    other("many events", shape(2_000, 1_000, 8, 100, 3_000, 10)),
    other("long texts", shape(40, 8_000, 3, 1_500, 50, 90)),
];

/// One whose lists are thirty times as long as those that it was fitted to: they are sorted, and that is not linear.
const LONG_LISTS: Size = other("8 000 likes a post", shape(5, 40_000, 0, 0, 0, 5));

const fn other(name: &'static str, shape: Shape) -> Size {
    Size {
        name,
        about: name,
        source: From::Value(shape),
        group: Group::Full,
    }
}

/// The part that the forecast from a payload may be off: its entries are counted, and not what they are made of.
const ADOPTED: u64 = 7;

/// How near a forecast has to come: as a part of what was measured, or so many pages of heap.
#[derive(Clone, Copy)]
struct Near {
    hooks: u64,
    heap: u64,
    heap_pages: u64,
}

/// A page of heap is more than a tenth of a few.
const A_TENTH: Near = Near {
    hooks: 10,
    heap: 10,
    heap_pages: 1,
};

/// A heap grows by what an allocator asks for, in leaps.
const A_TENTH_AND_THE_HEAP_A_THIRD: Near = Near {
    hooks: 10,
    heap: 3,
    heap_pages: 3,
};

#[test]
fn what_plan_forecasts_is_what_the_migration_takes_within_a_tenth() {
    for name in FITTED {
        hold(find(name).unwrap(), A_TENTH);
    }
}

#[test]
fn states_that_the_model_was_not_fitted_to_are_forecast_as_well_but_for_their_heaps() {
    for size in &OTHERS {
        hold(size, A_TENTH_AND_THE_HEAP_A_THIRD);
    }
}

#[test]
fn the_hooks_of_very_long_lists_are_forecast_within_a_fifth() {
    let near = Near {
        hooks: 5,
        ..A_TENTH_AND_THE_HEAP_A_THIRD
    };
    hold(&LONG_LISTS, near);
}

fn hold(size: &Size, within: Near) {
    let name = size.name;
    let workspace = Workspace::find().unwrap();
    let bytes = |name: &str| std::fs::read(workspace.module(name)).unwrap();
    let modules = |name: &str| Ok(Module::new(&bytes(name)).unwrap());
    let release_0 = modules(RELEASES[0]).unwrap();
    let Some(start) = prepare(&workspace.root, &release_0, size).unwrap() else {
        println!("skipped: {name} is a fixture that is not there");
        return;
    };
    let stages = CONTENDERS.iter().find(|one| one.key == STAGES).unwrap();
    let weighed = |stage: usize| ModuleWeight::of(&bytes(stages.path[stage].module)).ok();
    let releases = Releases {
        modules: [weighed(0), weighed(1)],
        buckets: BucketPlan::for_ceiling(individual_user::lifecycle::CEILING),
    };
    let forecast = forecast_of(&start.memory, &releases);
    assert_eq!(forecast.basis, Basis::Value);
    let terms = Terms::new(&Config::default(), 0);
    let efforts = terms.migration(&forecast, &releases).stages;

    let measured = measure(&modules, size, &start, stages).unwrap().figures;
    let tariff = Tariff::default();
    assert_eq!(measured.steps.messages, 0, "{name} moves in the upgrade");
    for (stage, upgrade) in measured.upgrades.iter().enumerate() {
        let what = |what: &str| format!("{name}, {}: {what}", upgrade.name);
        let paid = &forecast.paid[stage + 1];
        let hooks = upgrade.pre_upgrade + upgrade.post_upgrade;
        let instructions = efforts[stage].instructions;
        near(
            &what("instructions"),
            instructions,
            hooks,
            hooks / within.hooks,
        );
        let pages = |bytes: u64| bytes / PAGE_SIZE;
        let (stable, heap) = (upgrade.stable_pages, upgrade.heap_pages);
        near(
            &what("stable pages"),
            pages(paid.stable_bytes),
            stable,
            stable / 10,
        );
        let spare = (heap / within.heap).max(within.heap_pages);
        near(&what("heap pages"), pages(paid.heap_bytes), heap, spare);
        assert_eq!(efforts[stage].compile_first, upgrade.compile_first);
        assert_eq!(efforts[stage].compile_again, upgrade.compile_again);
        for (forecast, compile) in [
            (efforts[stage].cycles_first, upgrade.compile_first),
            (efforts[stage].cycles_again, upgrade.compile_again),
        ] {
            let cycles = tariff.installation(hooks + compile);
            near(
                &what("cycles"),
                forecast.try_into().unwrap(),
                cycles,
                cycles / within.hooks,
            );
        }
    }
    // Stage two once more, from what stage one left.
    let one = modules(stages.path[0].module).unwrap();
    let adopted = forecast_of(&adopted(&release_0, &one, &start, stages), &releases);
    let [_, moving] = terms.migration(&adopted, &releases).stages;
    let upgrade = &measured.upgrades[1];
    if adopted.basis == Basis::Payload {
        let hooks = upgrade.pre_upgrade + upgrade.post_upgrade;
        let what = format!("{name}, adopted: instructions");
        near(&what, moving.instructions, hooks, hooks / ADOPTED);
        let pages = adopted.paid[2].stable_bytes / PAGE_SIZE;
        let what = format!("{name}, adopted: stable pages");
        near(
            &what,
            pages,
            upgrade.stable_pages,
            1 + upgrade.stable_pages / 10,
        );
    }
    // What is paid in the end, with the module that a memory alone does not have.
    let module = releases.modules[1].unwrap().paid_bytes();
    let year = terms.year(forecast.paid[2].bytes() + module);
    let heap_and_stable = measured.heap_pages.after + measured.stable_pages.after;
    let paid = tariff.year(heap_and_stable * PAGE_SIZE + module);
    near(
        &format!("{name}: a year"),
        year.try_into().unwrap(),
        paid,
        paid / 10,
    );
}

/// The memory that stage one leaves.
fn adopted(release_0: &Module, one: &Module, start: &Start, stages: &Contender) -> StableMemory {
    let mut rehearsal = restored(release_0, start).unwrap();
    let argument = stages.path[0].argument.encode().unwrap();
    rehearsal.upgrade_with(one, &argument).unwrap();
    let (host, canister) = rehearsal.subject();
    host.stable_memory(canister).unwrap()
}

/// What `plan` says of the memory alone.
fn forecast_of(memory: &StableMemory, releases: &Releases) -> CanisterCost {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut memory = memory.to_vec().unwrap();
    memory.resize(memory.len().next_multiple_of(PAGE_SIZE as usize), 0);
    std::fs::write(file.path(), memory).unwrap();
    let source = Source::Bare(Rc::new(Image::open(file.path()).unwrap()));
    let survey = Survey::of(source.stable(), Depth::Headers, &mut |_| {}).unwrap();
    CanisterCost::of(&source, &survey, releases).unwrap()
}

/// Fails if a forecast is more than `most` from what was measured.
fn near(what: &str, forecast: u64, measured: u64, most: u64) {
    println!("{what}: {forecast} forecast, {measured} measured");
    assert!(
        forecast.abs_diff(measured) <= most,
        "{what}: {forecast} were forecast, {measured} it took"
    );
}
