//! The report as one page: no script, nothing fetched, readable on a telephone, by day and by night.

use std::fmt::Write;

use super::text::percent;
use super::{Row, Whole, advice};
use crate::report::escape;
use crate::units::number_text;

const HEAD: &str = "<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta name=viewport content='width=device-width, initial-scale=1'>
<title>Fleet</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #2a7a3b; --bad: #b3261e; --wait: #8886; }
@media (prefers-color-scheme: dark) { :root { --good: #6cc47d; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.states { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.states li { border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .7rem; }
.states b { display: block; font-size: 1.3rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code { font-size: .85rem; overflow-wrap: anywhere; }
.bar { display: flex; height: .8rem; min-width: 6rem; background: var(--soft); border-radius: .2rem; overflow: hidden; }
.bar i { display: block; } .good { background: var(--good); } .bad { background: var(--bad); } .over { background: var(--wait); }
.group { border-left: .25rem solid var(--bad); padding: .2rem .8rem; margin: .8rem 0; overflow-wrap: anywhere; }
.group small, td small { display: block; opacity: .8; }
@media (max-width: 40rem) {
  .rows thead { display: none; } .rows tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .rows td { display: block; border: 0; padding: .05rem 0; }
}
</style>
";

/// What became of the canisters, as a page.
pub fn fleet_html(whole: &Whole) -> String {
    let mut page = String::from(HEAD);
    write(whole, &mut page).map_or_else(|error| error.to_string(), |()| page)
}

fn write(whole: &Whole, out: &mut String) -> std::fmt::Result {
    let report = &whole.report;
    let number = |number: u32| number_text(number.into());
    writeln!(
        out,
        "<h1>{} canisters, {}</h1>",
        number(report.canisters),
        whole.at
    )?;
    writeln!(out, "<ul class=states>")?;
    for (state, count) in &report.states {
        writeln!(out, "<li><b>{}</b>{}</li>", number(*count), escape(state))?;
    }
    writeln!(out, "</ul>")?;
    if report.failures_below < 1.0 {
        writeln!(
            out,
            "<p>With 95 % confidence fewer than {} of the canisters still to go fail, by those that were tried.",
            percent(report.failures_below)
        )?;
    }
    if report.stopped > 0 {
        writeln!(
            out,
            "<p><strong>{} may be stopped now.</strong>",
            number(report.stopped)
        )?;
    }
    if report.snapshots > 0 {
        writeln!(out, "<p>{} snapshots are kept.", number(report.snapshots))?;
    }
    writeln!(
        out,
        "<h2>Waves</h2>\n<div class=wide><table><thead><tr><th class=n>wave<th class=n>canisters<th>"
    )?;
    writeln!(
        out,
        "<th class=n>migrated<th class=n>already<th class=n>passed over<th class=n>failed<th class=n>called off<th class=n>under way<th class=n>waiting</thead>"
    )?;
    for wave in &report.waves {
        let tally = &wave.tally;
        let part = |count: u32| 100.0 * f64::from(count) / f64::from(tally.canisters.max(1));
        writeln!(
            out,
            "<tr><td class=n>{}<td class=n>{}<td><div class=bar><i class=good style='width:{:.2}%'></i><i class=over style='width:{:.2}%'></i><i class=bad style='width:{:.2}%'></i></div>",
            wave.wave,
            number(tally.canisters),
            part(tally.migrated + tally.already),
            part(tally.passed + tally.called_off),
            part(tally.failed)
        )?;
        for count in [
            tally.migrated,
            tally.already,
            tally.passed,
            tally.failed,
            tally.called_off,
            tally.active,
            tally.waiting,
        ] {
            write!(out, "<td class=n>{}", number(count))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "</table></div>")?;
    if !report.groups.is_empty() {
        writeln!(out, "<h2>What went otherwise than planned</h2>")?;
    }
    for group in &report.groups {
        let examples: Vec<String> = group.examples.iter().map(ToString::to_string).collect();
        writeln!(
            out,
            "<div class=group><b>{} {}</b>, {}: {}<small>{}</small><small><code>{}</code></small></div>",
            number(group.canisters),
            group.class,
            escape(&group.end),
            escape(&group.text),
            escape(advice(group.class)),
            examples.join(" ")
        )?;
    }
    let by_hand: Vec<&Row> = whole.by_hand().collect();
    if !by_hand.is_empty() {
        rows("Canisters that need hands", &by_hand, out)?;
    }
    let all: Vec<&Row> = whole.canisters.iter().collect();
    rows("All canisters", &all, out)?;
    writeln!(out, "</html>")
}

fn rows(title: &str, rows: &[&Row], out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "<h2>{title}</h2>\n<table class=rows><thead><tr><th>canister<th class=n>wave<th>state<th>said</thead>"
    )?;
    for row in rows {
        let stopped = match row.may_be_stopped {
            true => ", may be stopped",
            false => "",
        };
        let class = row.class.map(|class| format!("<b>{class}</b> "));
        writeln!(
            out,
            "<tr><td><code>{}</code><td class=n>{}<td>{}{stopped}<td>{}{}",
            row.canister,
            row.wave,
            escape(row.state),
            class.unwrap_or_default(),
            escape(row.said.as_deref().unwrap_or_default())
        )?;
    }
    writeln!(out, "</table>")
}
