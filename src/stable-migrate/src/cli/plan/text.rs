//! A plan for a reader.

use stable_migrate::{
    Basis, Effort, FleetCost, StationCost, bytes_text, count_text, cycles_text, duration_text,
    instructions_text, number_text, saving_text, table_lines,
};

/// Seconds that a round takes, about.
const ROUND: u128 = 1;

/// The plan as lines of text.
pub fn plan_text(cost: &FleetCost, keep_seconds: u64) -> String {
    let mut parts = vec![head(cost), held(cost), paid(cost)];
    if cost.migration.each != Effort::default() {
        parts.push(migration(cost, keep_seconds));
    }
    parts.push(reckoned_with(cost));
    parts.join("\n")
}

fn head(cost: &FleetCost) -> String {
    let bases: Vec<String> = cost
        .bases
        .iter()
        .map(|(basis, count)| format!("{} {}", number_text(*count), basis_text(*basis)))
        .collect();
    let without = match cost.without_module {
        0 => String::new(),
        without => format!(
            "; {} without their modules, which are not counted",
            number_text(without)
        ),
    };
    format!(
        "{}, reckoned from {}: {}{without}\n",
        count_text(cost.canisters, "canister"),
        number_text(cost.sample),
        bases.join(", ")
    )
}

fn basis_text(basis: Basis) -> &'static str {
    match basis {
        Basis::Value => "by a value that was counted",
        Basis::Length => "by the length of the value",
        Basis::Payload => "by the entries of what was adopted",
        Basis::Heap => "by the heap, with nothing in stable memory",
        Basis::AsItIs => "as it is",
    }
}

/// What a canister holds.
fn held(cost: &FleetCost) -> String {
    let rows = cost.stations.iter().map(|station| {
        let paid = station.average;
        [
            station.station.to_owned(),
            bytes_text(paid.heap_bytes),
            bytes_text(paid.stable_bytes),
            bytes_text(paid.module_bytes),
            bytes_text(paid.section_bytes),
            bytes_text(paid.bytes()),
        ]
    });
    let header = [
        "a canister, on average",
        "heap",
        "stable",
        "module",
        "sections",
        "together",
    ];
    lines(header, rows)
}

/// What is paid for it in a year.
fn paid(cost: &FleetCost) -> String {
    let first = cost
        .stations
        .first()
        .map_or(0, |station| station.fleet_cycles);
    let rows = cost.stations.iter().map(|station: &StationCost| {
        [
            station.station.to_owned(),
            cycles(station.cycles.smallest),
            cycles(station.cycles.median),
            cycles(station.cycles.largest),
            cycles(station.average_cycles),
            cycles(station.fleet_cycles),
            saving_text(first, station.fleet_cycles),
        ]
    });
    let header = [
        "cycles a year",
        "smallest",
        "median",
        "largest",
        "average",
        "the fleet",
        "against today",
    ];
    lines(header, rows)
}

/// What the migration takes.
fn migration(cost: &FleetCost, keep_seconds: u64) -> String {
    let migration = &cost.migration;
    let row = |name: &str, effort: &Effort| {
        [
            name.to_owned(),
            instructions_text(effort.instructions),
            instructions_text(effort.compile_first),
            cycles(effort.cycles_first),
            cycles(effort.cycles_again),
            number_text(effort.rounds_first),
            number_text(effort.rounds_again),
        ]
    };
    let parts = migration.parts.iter().map(|(name, effort)| match *name {
        "snapshots kept" => row(&format!("kept for {}", duration_text(keep_seconds)), effort),
        name => row(name, effort),
    });
    let rows = parts.chain([
        row("together", &migration.each),
        row("going back", &migration.going_back),
    ]);
    let header = [
        "migrating a canister",
        "instructions",
        "compiling",
        "cycles, first",
        "every other",
        "rounds",
        "and",
    ];
    let seconds = u64::try_from(migration.rounds * ROUND).unwrap_or(u64::MAX);
    format!(
        "{}\nThe fleet: {}, and {} of one subnet: {} at a round a second.\n",
        lines(header, rows),
        cycles_text(migration.cycles),
        count_text(u64::try_from(migration.rounds).unwrap_or(u64::MAX), "round"),
        duration_text(seconds),
    )
}

/// The prices and facts, and where they come from.
fn reckoned_with(cost: &FleetCost) -> String {
    let rows = cost.assumptions.iter().map(|one| {
        let value = number_text(one.value);
        [one.key.clone(), value, one.origin.text()]
    });
    let header = ["reckoned with", "value", "from"];
    table_lines(header, rows, &[0, 2]).join("\n") + "\n"
}

fn cycles(cycles: u128) -> String {
    cycles_text(cycles).replace(" cycles", "")
}

fn lines<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    table_lines(header, rows, &[0]).join("\n") + "\n"
}
