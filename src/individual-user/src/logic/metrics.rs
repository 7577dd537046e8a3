//! The canister's metrics in Prometheus' text format.

use std::io;

use ic_metrics_encoder::MetricsEncoder;
use ic_stable_migration::{CollectionStatus, MAX_BUCKETS, MoveStatus, PAGE_BYTES, Pace, Phase};

use super::memory::{ReportError, Vitals, report, status};
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

/// All metrics: names begin with `icp_migration_` and end with their unit, `_total` for what only grows.
///
/// # Errors
/// As the two reports that they are taken from.
pub fn text(
    release: Option<Release>,
    store: &mut Store,
    vitals: Vitals,
) -> Result<Vec<u8>, MetricsError> {
    let start_instructions = release
        .as_ref()
        .map_or(0, |release| release.start_instructions);
    let status = status(release.clone(), store, vitals.now)?;
    let report = report(release, store, vitals.pages)?;
    let encoder = MetricsEncoder::new(Vec::new(), (vitals.now / 1_000_000) as i64);
    let mut text = Text(encoder);
    text.gauge(
        "start_instructions",
        start_instructions as f64,
        "Instructions of the init or post_upgrade that started the module",
    )?;
    text.gauge("cycles", vitals.cycles as f64, "Cycles of the canister")?;
    text.report(&report)?;
    text.status(&status)?;
    if let Some(moving) = &status.move_status {
        text.moving(moving)?;
    }
    if let Some(pace) = &status.pace {
        text.pace(pace)?;
    }
    Ok(text.0.into_inner())
}

const PAGE: f64 = PAGE_BYTES as f64;
const SECOND: f64 = 1e9;

struct Text(MetricsEncoder<Vec<u8>>);

impl Text {
    fn gauge(&mut self, name: &str, value: f64, help: &str) -> io::Result<()> {
        self.0.encode_gauge(&named(name), value, help)
    }

    fn counter(&mut self, name: &str, value: u64, help: &str) -> io::Result<()> {
        self.0.encode_counter(&named(name), value as f64, help)
    }

    /// One gauge with a value for each of some things.
    fn gauges<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl Iterator<Item = (&'a str, f64)>,
    ) -> io::Result<()> {
        let name = named(name);
        let mut gauge = self.0.gauge_vec(&name, help)?;
        for (of, value) in values {
            gauge = gauge.value(&[(label, of)], value)?;
        }
        Ok(())
    }

    fn report(&mut self, report: &MemoryReport) -> io::Result<()> {
        self.gauge("heap_bytes", report.heap_pages as f64 * PAGE, "The heap")?;
        let stable = report.stable_pages as f64 * PAGE;
        self.gauge("stable_bytes", stable, "Stable memory")?;
        match &report.manager {
            Some(manager) => self.manager(manager),
            None => Ok(()),
        }
    }

    fn manager(&mut self, manager: &ManagerReport) -> io::Result<()> {
        if let Some(header) = &manager.header {
            let bytes = header.payload_bytes as f64;
            self.gauge("payload_bytes", bytes, "Size of the last save")?;
            let help = "Instructions of the pre_upgrade of the last save";
            let instructions = header.save_instructions as f64;
            self.gauge("pre_upgrade_instructions", instructions, help)?;
        }
        let ids: Vec<String> = manager
            .memories
            .iter()
            .map(|of| of.id.to_string())
            .collect();
        let memories = || ids.iter().map(String::as_str).zip(&manager.memories);
        let used = memories().map(|(id, of)| (id, of.pages as f64 * PAGE));
        self.gauges("virtual_memory_bytes", "A virtual memory", "memory", used)?;
        let slack = memories().map(|(id, of)| (id, of.slack_bytes as f64));
        let help = "What a virtual memory's buckets have and it does not use";
        self.gauges("virtual_memory_slack_bytes", help, "memory", slack)?;
        let taken: f64 = memories()
            .map(|(_, of)| of.pages as f64 * PAGE + of.slack_bytes as f64)
            .sum();
        let ceiling = MAX_BUCKETS as f64 * f64::from(manager.bucket_pages) * PAGE;
        let help = "Buckets that are taken, of those that there can be";
        self.gauge("ceiling_used_ratio", taken / ceiling, help)
    }

    fn status(&mut self, status: &MigrationStatus) -> io::Result<()> {
        let release = status.release.to_string();
        let running = std::iter::once((release.as_str(), 1.0));
        self.gauges("release_info", "The release that runs", "release", running)?;
        let upgrades = status.upgrades.unwrap_or(0).into();
        self.counter(
            "upgrades_total",
            upgrades,
            "Upgrades since memory 0 was made",
        )
    }

    fn moving(&mut self, moving: &MoveStatus) -> io::Result<()> {
        let phases = [
            (Phase::Moving, "moving"),
            (Phase::Auditing, "auditing"),
            (Phase::Done, "done"),
            (Phase::Differs, "differs"),
            (Phase::Stuck, "stuck"),
            (Phase::Renewing, "renewing"),
        ];
        let is = |phase| f64::from(u8::from(moving.phase == phase));
        let phases = phases.into_iter().map(|(phase, name)| (name, is(phase)));
        self.gauges("phase", "1 for the phase of the move", "phase", phases)?;
        if let Some(stuck) = &moving.stuck {
            let at = std::iter::once((stuck.collection.as_str(), 1.0));
            self.gauges("stuck", "1 where the move stands still", "collection", at)?;
        }
        let paused = f64::from(u8::from(moving.paused));
        self.gauge("paused", paused, "1 while the move is paused")?;
        let gives = f64::from(u8::from(moving.upgrade_gives_heap_back));
        let help = "1 while one more upgrade would give heap back";
        self.gauge("upgrade_gives_heap_back", gives, help)?;
        self.times(moving)?;
        self.counter("steps_total", moving.steps, "Steps done")?;
        let help = "Instructions of all steps";
        self.counter("step_instructions_total", moving.instructions, help)?;
        let help = "Instructions of the last step";
        self.gauge("last_step_instructions", moving.last_step as f64, help)?;
        let help = "Instructions of the largest step";
        self.gauge(
            "largest_step_instructions",
            moving.largest_step as f64,
            help,
        )?;
        let of = |count: fn(&CollectionStatus) -> u64| {
            let all = moving.collections.iter();
            all.map(move |of| (of.name.as_str(), count(of) as f64))
        };
        let help = "Entries still on the heap";
        self.gauges("heap_entries", help, "collection", of(|of| of.left))?;
        let help = "Entries in stable memory";
        self.gauges("stable_entries", help, "collection", of(|of| of.stable))?;
        let mut counter = self.0.counter_vec(
            "icp_migration_moved_entries_total",
            "Entries moved by steps",
        )?;
        for (name, moved) in of(|of| of.moved) {
            counter = counter.value(&[("collection", name)], moved)?;
        }
        Ok(())
    }

    fn times(&mut self, moving: &MoveStatus) -> io::Result<()> {
        let times = [
            ("started", Some(moving.started), "When the move began"),
            (
                "finished",
                moving.finished,
                "When the move was done and audited",
            ),
            (
                "verified",
                moving.verified,
                "When an audit last found all as it must be",
            ),
        ];
        for (name, at, help) in times {
            if let Some(at) = at {
                let name = format!("{name}_timestamp_seconds");
                self.gauge(&name, at as f64 / SECOND, help)?;
            }
        }
        Ok(())
    }

    fn pace(&mut self, pace: &Pace) -> io::Result<()> {
        let help = "How much of the move is done, its audit included";
        self.gauge("done_ratio", f64::from(pace.percent) / 100.0, help)?;
        if let Some(rate) = &pace.rate {
            let help = "Entries that the last steps moved, or the audit read";
            self.gauge("entries_per_second", rate.entries_per_second, help)?;
            let help = "Encoded bytes of the entries that the last steps moved";
            self.gauge("bytes_per_second", rate.bytes_per_second, help)?;
        }
        if let Some(left) = pace.nanoseconds_left {
            let help = "Until nothing is left to do, if it goes on at that rate";
            self.gauge("left_seconds", left as f64 / SECOND, help)?;
        }
        Ok(())
    }
}

fn named(name: &str) -> String {
    format!("icp_migration_{name}")
}
