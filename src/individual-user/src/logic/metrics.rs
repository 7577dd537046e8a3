//! The canister's metrics in Prometheus' text format.

use std::io;

use ic_metrics_encoder::MetricsEncoder;
use ic_stable_migration::{MoveStatus, Phase};

use super::memory::{Pages, ReportError, report, status};
use crate::domain::memory::{ManagerReport, MemoryReport, MigrationStatus};
use crate::release::Release;
use crate::state::Store;

/// Why there are no metrics.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// There is no report to take them from.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The text could not be written.
    #[error("the metrics could not be encoded: {0}")]
    Encoding(#[from] io::Error),
}

/// All metrics at `now`, nanoseconds since 1970.
///
/// # Errors
/// As the two reports that they are taken from.
pub fn text(
    release: Option<Release>,
    store: &mut Store,
    pages: Pages,
    now: u64,
) -> Result<Vec<u8>, MetricsError> {
    let start_instructions = release
        .as_ref()
        .map_or(0, |release| release.start_instructions);
    let status = status(release.clone(), store)?;
    let report = report(release, store, pages)?;
    let mut text = MetricsEncoder::new(Vec::new(), (now / 1_000_000) as i64);
    let help = "Instructions of the init or post_upgrade that started the module";
    text.encode_gauge("start_instructions", start_instructions as f64, help)?;
    encode_report(&mut text, &report)?;
    encode_status(&mut text, &status)?;
    if let Some(moving) = &status.move_status {
        encode_move(&mut text, moving)?;
    }
    Ok(text.into_inner())
}

type Text = MetricsEncoder<Vec<u8>>;

fn encode_report(text: &mut Text, report: &MemoryReport) -> io::Result<()> {
    let mut gauge = |name, value: u64, help| text.encode_gauge(name, value as f64, help);
    gauge("heap_pages", report.heap_pages, "Heap in pages of 64 KiB")?;
    gauge(
        "stable_pages",
        report.stable_pages,
        "Stable memory in pages of 64 KiB",
    )?;
    match &report.manager {
        Some(manager) => encode_manager(text, manager),
        None => Ok(()),
    }
}

fn encode_manager(text: &mut Text, manager: &ManagerReport) -> io::Result<()> {
    if let Some(header) = &manager.header {
        let mut gauge = |name, value: u64, help| text.encode_gauge(name, value as f64, help);
        gauge(
            "payload_bytes",
            header.payload_bytes,
            "Size of the last save",
        )?;
        let help = "Instructions of the pre_upgrade of the last save";
        gauge("pre_upgrade_instructions", header.save_instructions, help)?;
    }
    let help = "Pages of 64 KiB of a virtual memory";
    let mut gauge = text.gauge_vec("virtual_memory_pages", help)?;
    for memory in &manager.memories {
        gauge = gauge.value(&[("memory", &memory.id.to_string())], memory.pages as f64)?;
    }
    let help = "Bytes of a virtual memory's buckets that it does not use";
    let mut gauge = text.gauge_vec("virtual_memory_slack_bytes", help)?;
    for memory in &manager.memories {
        gauge = gauge.value(
            &[("memory", &memory.id.to_string())],
            memory.slack_bytes as f64,
        )?;
    }
    Ok(())
}

fn encode_status(text: &mut Text, status: &MigrationStatus) -> io::Result<()> {
    let mut gauge = |name, value: u32, help| text.encode_gauge(name, value.into(), help);
    gauge("migration_release", status.release, "The release that runs")?;
    gauge(
        "migration_upgrades",
        status.upgrades.unwrap_or(0),
        "Upgrades since memory 0 was made",
    )
}

fn encode_move(text: &mut Text, moving: &MoveStatus) -> io::Result<()> {
    let phases = [
        (Phase::Moving, "moving"),
        (Phase::Auditing, "auditing"),
        (Phase::Done, "done"),
        (Phase::Differs, "differs"),
        (Phase::Stuck, "stuck"),
        (Phase::Renewing, "renewing"),
    ];
    let mut gauge = text.gauge_vec("migration_phase", "1 for the phase of the move")?;
    for (phase, name) in phases {
        let is = f64::from(u8::from(moving.phase == phase));
        gauge = gauge.value(&[("phase", name)], is)?;
    }
    let mut gauge = |name, value: u64, help| text.encode_gauge(name, value as f64, help);
    gauge(
        "migration_paused",
        moving.paused.into(),
        "1 while the move is paused",
    )?;
    gauge("migration_steps", moving.steps, "Steps done")?;
    gauge(
        "migration_instructions",
        moving.instructions,
        "Instructions of all steps",
    )?;
    gauge(
        "migration_last_step_instructions",
        moving.last_step,
        "Instructions of the last step",
    )?;
    gauge(
        "migration_largest_step_instructions",
        moving.largest_step,
        "Instructions of the largest step",
    )?;
    type Count = fn(&ic_stable_migration::CollectionStatus) -> u64;
    let counts: [(&str, &str, Count); 3] = [
        ("migration_moved_entries", "Entries moved by steps", |c| {
            c.moved
        }),
        ("migration_left_entries", "Entries still on the heap", |c| {
            c.left
        }),
        (
            "migration_stable_entries",
            "Entries in stable memory",
            |c| c.stable,
        ),
    ];
    for (name, help, count) in counts {
        let mut gauge = text.gauge_vec(name, help)?;
        for collection in &moving.collections {
            let labels = [("collection", collection.name.as_str())];
            gauge = gauge.value(&labels, count(collection) as f64)?;
        }
    }
    Ok(())
}
