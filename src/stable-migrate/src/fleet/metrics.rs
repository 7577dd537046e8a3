//! How a run stands, for a monitor: a file that a collector of text files reads.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use ::fleet::{Fleet, Report};

use super::error::FleetError;

/// The figures in the text format of Prometheus. Without timestamps, which collectors of files refuse.
pub fn metrics_text(fleet: &Fleet) -> String {
    let mut text = String::new();
    write(fleet, &mut text).map_or_else(|_| String::new(), |()| text)
}

/// Writes them, so that a reader finds either these or those before.
///
/// # Errors
/// [`FleetError::Io`].
pub fn write_metrics(path: &Path, fleet: &Fleet) -> Result<(), FleetError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, metrics_text(fleet)).map_err(FleetError::io(path))?;
    fs::rename(&beside, path).map_err(FleetError::io(path))
}

fn write(fleet: &Fleet, out: &mut String) -> std::fmt::Result {
    let report = Report::of(fleet);
    let head = fleet.head();
    let mut gauge = |name: &str, help: &str, values: &[(String, u64)]| {
        writeln!(out, "# HELP fleet_{name} {help}")?;
        writeln!(out, "# TYPE fleet_{name} gauge")?;
        for (labels, value) in values {
            writeln!(out, "fleet_{name}{labels} {value}")?;
        }
        Ok(())
    };
    let one = |value: u64| [(String::new(), value)];
    let states: Vec<(String, u64)> = report
        .states
        .iter()
        .map(|(state, count)| (format!("{{state=\"{state}\"}}"), u64::from(*count)))
        .collect();
    gauge("canisters", "Canisters by state.", &states)?;
    let groups: Vec<(String, u64)> = report
        .groups
        .iter()
        .map(|group| {
            let labels = format!("{{class=\"{}\",end=\"{}\"}}", group.class, group.end);
            (labels, group.canisters.into())
        })
        .collect();
    gauge(
        "causes",
        "Canisters that ended otherwise than planned.",
        &groups,
    )?;
    let wave = fleet.wave().map_or(0, |(wave, _)| wave);
    gauge("wave", "The present wave.", &one(wave.into()))?;
    gauge(
        "stopped",
        "Canisters that may be stopped now.",
        &one(report.stopped.into()),
    )?;
    gauge(
        "snapshots",
        "Snapshots that are kept.",
        &one(report.snapshots.into()),
    )?;
    gauge(
        "calls",
        "Calls without an answer.",
        &one(fleet.open_calls().count() as u64),
    )?;
    gauge("events", "Events in the journal.", &one(head.events))?;
    gauge(
        "last_event_seconds",
        "When the last event was, since 1970.",
        &one(head.now.0),
    )?;
    gauge("halted", "1 if too many failed.", &one(head.halted.into()))?;
    gauge(
        "paused",
        "1 if the operator has paused it.",
        &one(head.paused.into()),
    )?;
    gauge(
        "finished",
        "1 if nothing is left to do.",
        &one(fleet.is_finished().into()),
    )
}
