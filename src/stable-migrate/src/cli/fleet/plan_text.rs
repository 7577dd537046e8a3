//! What `fleet plan` prints.

use std::collections::BTreeMap;
use std::fmt::Write;

use candid::Principal;
use fleet::{ModuleHash, Snapshots, WayBack, needed};
use serde::Serialize;
use stable_migrate::fleet::{Estimate, FleetPlan, Inventory, WaveEstimate};
use stable_migrate::{
    assumptions_text, bytes_text, count_text, cycles_text, duration_text, number_text,
};

/// Canisters that are named for a reason.
const NAMED: usize = 5;

/// Waves' sizes that are tried for what they would say.
const RATE: f64 = 1.0 / 10_000.0;

/// What is shown of a plan.
#[derive(Serialize)]
pub struct Shown {
    /// Canisters by what is installed, with the stages that they would go through.
    pub origins: Vec<Origin>,
    /// Canisters that would be passed over as they are now, by reason.
    pub passed_over: BTreeMap<String, Vec<Principal>>,
    /// Canisters that are there already.
    pub already: usize,
    /// Canisters whose status was not told, by reason: they are passed over unless that is mended.
    pub not_told: BTreeMap<String, Vec<Principal>>,
    /// What it costs.
    pub estimate: Estimate,
}

/// Canisters with one module.
#[derive(Serialize)]
pub struct Origin {
    /// What is installed.
    pub module: Option<ModuleHash>,
    /// How many have it.
    pub canisters: usize,
    /// Bytes of memory of all of them.
    pub bytes: u64,
    /// The stages that they go through.
    pub stages: Vec<String>,
}

impl Shown {
    /// Of a plan.
    pub fn of(plan: &FleetPlan, inventory: &Inventory, estimate: Estimate) -> Self {
        let mut origins: BTreeMap<Option<ModuleHash>, Origin> = BTreeMap::new();
        let mut passed_over: BTreeMap<String, Vec<Principal>> = BTreeMap::new();
        let mut already = 0;
        let stages = &plan.plan.stages;
        for seen in &inventory.seen {
            let found = &seen.found;
            let next = found.module.and_then(|module| plan.plan.next_stage(module));
            let origin = origins.entry(found.module).or_insert_with(|| Origin {
                module: found.module,
                canisters: 0,
                bytes: 0,
                stages: next.map_or_else(Vec::new, |next| {
                    let left = stages.iter().skip(next.into());
                    left.map(|stage| stage.name.clone()).collect()
                }),
            });
            origin.canisters += 1;
            origin.bytes += found.bytes;
            if next.is_some_and(|next| usize::from(next) >= stages.len()) {
                already += 1;
                continue;
            }
            let takes = plan.plan.snapshots != Snapshots::Never;
            let tops_up = plan.plan.top_up.is_some();
            let spare = if tops_up { 0 } else { plan.plan.spare_cycles };
            let unknown = || "no stage starts from what is installed".to_owned();
            let obstacle = seen
                .obstacle(spare, takes)
                .or_else(|| next.is_none().then(unknown));
            if let Some(obstacle) = obstacle {
                passed_over.entry(obstacle).or_default().push(found.id);
            }
        }
        let mut not_told: BTreeMap<String, Vec<Principal>> = BTreeMap::new();
        for (canister, why) in &inventory.unseen {
            // The reason without the canister, so that alike ones are told together.
            let why = why.replace(&canister.to_text(), "…");
            not_told.entry(why).or_default().push(*canister);
        }
        Self {
            origins: origins.into_values().collect(),
            passed_over,
            already,
            not_told,
            estimate,
        }
    }
}

/// The plan for a reader.
pub fn plan_text(plan: &FleetPlan, shown: &Shown) -> String {
    let mut text = String::new();
    write(plan, shown, &mut text).map_or_else(|error| error.to_string(), |()| text)
}

fn write(plan: &FleetPlan, shown: &Shown, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "{} on {} of {}, by {}",
        count_text(plan.members.len() as u64, "canister"),
        count_text(plan.subnets.len().max(1) as u64, "subnet"),
        plan.network.url,
        plan.operator.principal
    )?;
    writeln!(out, "\nstages")?;
    for (stage, file) in plan.plan.stages.iter().zip(&plan.modules) {
        let waits = if stage.moves {
            ", until its move is done"
        } else {
            ""
        };
        writeln!(
            out,
            "  {}: {} ({}, SHA-256 {}){waits}",
            stage.name,
            file.path.display(),
            bytes_text(file.bytes),
            file.sha256
        )?;
    }
    writeln!(out, "\nwhat is installed")?;
    for origin in &shown.origins {
        let module = origin.module.map_or("nothing".to_owned(), short);
        let through = match origin.stages[..] {
            [] => "-".to_owned(),
            _ => origin.stages.join(", then "),
        };
        writeln!(
            out,
            "  {module:<12} {:>9}  {:>10}  → {through}",
            number_text(origin.canisters as u64),
            bytes_text(origin.bytes)
        )?;
    }
    if shown.already > 0 {
        writeln!(
            out,
            "  {} there already.",
            number_text(shown.already as u64)
        )?;
    }
    named("passed over, as they are now", &shown.passed_over, out)?;
    named(
        "passed over unless that is mended: their status was not told",
        &shown.not_told,
        out,
    )?;
    writeln!(out, "\nfor each: {}", course(plan))?;
    writeln!(
        out,
        "\nwave  canisters  rehearsed        cycles      time  if none fails, of the rest fail fewer than"
    )?;
    for wave in &shown.estimate.waves {
        line(wave, out)?;
    }
    let estimate = &shown.estimate;
    writeln!(
        out,
        "all  {:>10}  {:>9}  {:>12}  {:>8}",
        number_text(plan.members.len() as u64),
        "",
        cycles_text(estimate.cycles).replace(" cycles", ""),
        duration_text(estimate.seconds)
    )?;
    match estimate.hooks {
        Some(hooks) => writeln!(out, "Hooks: {} instructions a stage.", number_text(hooks))?,
        None => writeln!(
            out,
            "What the hooks take is not in it: give --instructions from a rehearsal."
        )?,
    }
    writeln!(
        out,
        "Cycles are paid by the canisters; {}. Time without moves and without what is tried again.",
        assumptions_text(&estimate.assumptions)
    )?;
    writeln!(
        out,
        "A rate of failures below 1 in 10 000 takes {} without one, at 95 % confidence.",
        count_text(needed(RATE, 0.95), "canister")
    )?;
    let budget = plan.plan.budget;
    let part = budget.percent.map(|percent| format!(", or {percent} %"));
    writeln!(
        out,
        "Halts at {}{} in a wave.",
        count_text(budget.failures.into(), "failure"),
        part.unwrap_or_default()
    )
}

fn line(wave: &WaveEstimate, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "{:>4} {:>10}  {:>9}  {:>12}  {:>8}  {:.3} %",
        wave.wave,
        number_text(wave.canisters.into()),
        number_text(wave.rehearsed.into()),
        cycles_text(wave.cycles).replace(" cycles", ""),
        duration_text(wave.seconds),
        wave.failures_below * 100.0
    )
}

fn named(
    title: &str,
    reasons: &BTreeMap<String, Vec<Principal>>,
    out: &mut String,
) -> std::fmt::Result {
    if reasons.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    for (why, canisters) in reasons {
        let ids: Vec<String> = canisters
            .iter()
            .take(NAMED)
            .map(Principal::to_text)
            .collect();
        let more = if canisters.len() > NAMED { " …" } else { "" };
        let count = number_text(canisters.len() as u64);
        writeln!(out, "  {count:>6}  {why}: {}{more}", ids.join(" "))?;
    }
    Ok(())
}

/// What is done with each canister, in a line.
fn course(plan: &FleetPlan) -> String {
    let mut steps = vec!["look", "stop"];
    match plan.plan.snapshots {
        Snapshots::Each => steps.push("snapshot before each stage"),
        Snapshots::First => steps.push("snapshot before the first stage"),
        Snapshots::Never => {}
    }
    steps.extend(["upgrade", "start"]);
    if plan.plan.stages.iter().any(|stage| stage.moves) {
        steps.push("wait for the move");
    }
    steps.push("verify");
    if plan.plan.snapshots != Snapshots::Never && !plan.plan.keep_snapshot {
        steps.push("delete the snapshot");
    }
    let back = match &plan.plan.way_back {
        WayBack::Snapshot => "back to the snapshot if it goes wrong",
        WayBack::Releases(_) => "back by releases if it goes wrong",
        WayBack::Leave => "left running as it is if it goes wrong",
    };
    format!("{}; {back}", steps.join(", "))
}

fn short(hash: ModuleHash) -> String {
    hash.to_string().chars().take(12).collect()
}
