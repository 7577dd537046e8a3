//! The forecast of `stable-migrate plan`, held against what the migration then takes on the embedded host.

use std::rc::Rc;

use canister_host::{Module, PAGE_SIZE};
use ic_stable_migration::BucketPlan;
use stable_migrate::{
    Basis, CanisterCost, Config, Depth, Image, ModuleWeight, Releases, Source, Survey, Terms,
};

use super::contender::CONTENDERS;
use super::measure::measure;
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
    other(
        "many bets, long texts",
        shape(200, 2_000, 40, 300, 1_000, 60),
    ),
    other(
        "followers and events alone",
        shape(1, 1, 0, 4_000, 6_000, 20),
    ),
    other(
        "posts that nobody likes",
        shape(3_000, 3_000, 1, 10, 10, 12),
    ),
];

const fn other(name: &'static str, shape: Shape) -> Size {
    Size {
        name,
        about: name,
        source: From::Value(shape),
        group: Group::Full,
    }
}

#[test]
fn what_plan_forecasts_is_what_the_migration_takes_within_a_tenth() {
    FITTED.iter().for_each(|name| hold(find(name).unwrap()));
}

#[test]
fn states_that_the_model_was_not_fitted_to_are_forecast_as_well() {
    OTHERS.iter().for_each(hold);
}

fn hold(size: &Size) {
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
    let forecast = forecast(&start, &releases);
    let terms = Terms::new(&Config::default(), 0);
    let efforts = terms.migration(&forecast, &releases).stages;

    let measured = measure(&modules, size, &start, stages).unwrap().figures;
    let tariff = Tariff::default();
    assert_eq!(measured.steps.messages, 0, "{name} moves in the upgrade");
    for (stage, upgrade) in measured.upgrades.iter().enumerate() {
        let what = |what: &str| format!("{name}, {}: {what}", upgrade.name);
        let paid = &forecast.paid[stage + 1];
        let hooks = upgrade.pre_upgrade + upgrade.post_upgrade;
        near(&what("instructions"), efforts[stage].instructions, hooks, 0);
        let pages = |bytes: u64| bytes / PAGE_SIZE;
        near(
            &what("stable pages"),
            pages(paid.stable_bytes),
            upgrade.stable_pages,
            0,
        );
        // Of a heap of a few pages one is more than a tenth.
        near(
            &what("heap pages"),
            pages(paid.heap_bytes),
            upgrade.heap_pages,
            1,
        );
        assert_eq!(efforts[stage].compile_first, upgrade.compile_first);
        assert_eq!(efforts[stage].compile_again, upgrade.compile_again);
        for (forecast, compile) in [
            (efforts[stage].cycles_first, upgrade.compile_first),
            (efforts[stage].cycles_again, upgrade.compile_again),
        ] {
            let cycles = tariff.installation(hooks + compile);
            near(&what("cycles"), forecast.try_into().unwrap(), cycles, 0);
        }
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
        0,
    );
}

/// What `plan` says of the memory alone.
fn forecast(start: &Start, releases: &Releases) -> CanisterCost {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut memory = start.memory.to_vec().unwrap();
    memory.resize(memory.len().next_multiple_of(PAGE_SIZE as usize), 0);
    std::fs::write(file.path(), memory).unwrap();
    let source = Source::Bare(Rc::new(Image::open(file.path()).unwrap()));
    let survey = Survey::of(source.stable(), Depth::Headers, &mut |_| {}).unwrap();
    let cost = CanisterCost::of(&source, &survey, releases).unwrap();
    assert_eq!(cost.basis, Basis::Value);
    cost
}

/// Fails if a forecast is more than a tenth, and more than `spare`, from what was measured.
fn near(what: &str, forecast: u64, measured: u64, spare: u64) {
    println!("{what}: {forecast} forecast, {measured} measured");
    let tenth = (measured / 10).max(spare);
    assert!(
        forecast.abs_diff(measured) <= tenth,
        "{what}: {forecast} were forecast, {measured} it took"
    );
}
