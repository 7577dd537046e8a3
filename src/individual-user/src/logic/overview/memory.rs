//! What the memory is used for.

use ic_stable_migration::{MAX_BUCKETS, PAGE_BYTES};
use page::{Column, Html, Table};

use super::words::{cycles, grouped, size};
use crate::domain::memory::{ManagerReport, MemoryReport};

const COLUMNS: [Column; 4] = [
    Column::number("Memory"),
    Column::number("Buckets"),
    Column::number("Pages"),
    Column::number("Unused"),
];

pub fn html(report: &MemoryReport) -> Html {
    let pages = |pages: u64| {
        let bytes = pages.saturating_mul(PAGE_BYTES);
        format!("{} pages, {}", grouped(pages), size(bytes))
    };
    let facts = [
        ("Stable memory", pages(report.stable_pages)),
        ("Heap", pages(report.heap_pages)),
        (
            "Both cost in a year, on 13 nodes",
            cycles(report.cycles_per_year),
        ),
    ];
    let facts = facts.map(|(name, value)| (Html::text(name), Html::text(&value)));
    let mut all = Html::facts(facts);
    if let Some(manager) = &report.manager {
        all.push(buckets(manager));
    }
    all
}

fn buckets(manager: &ManagerReport) -> Html {
    let taken: u64 = manager.memories.iter().map(|of| of.buckets).sum();
    let bucket = u64::from(manager.bucket_pages) * PAGE_BYTES;
    let text = format!(
        "{} of {}, of {} each: {} in all",
        grouped(taken),
        grouped(MAX_BUCKETS),
        size(bucket),
        size(bucket * MAX_BUCKETS),
    );
    let mut all = Html::meter("Buckets of the memory manager", taken, MAX_BUCKETS, &text);
    let mut table = Table::new("Virtual memories", &COLUMNS);
    for of in &manager.memories {
        let cells = [
            of.id.to_string(),
            grouped(of.buckets),
            grouped(of.pages),
            size(of.slack_bytes),
        ];
        table.row(cells.map(|cell| Html::text(&cell)));
    }
    all.push(table.html());
    all
}
