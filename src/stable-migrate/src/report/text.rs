//! The report in a terminal.

use std::fmt::Write;

use ic_stable_migration::PAGE_BYTES;

use super::{Report, describe};
use crate::survey::{Layout, LegacySurvey, ManagedSurvey, Survey};
use crate::table::table_lines;
use crate::units::{bytes_text, count_text, cycles_text, number_text, saving_text, share_text};

/// Width of the names in front of each line.
const NAMES: usize = 15;

/// The report as lines of text.
pub fn text(report: &Report) -> String {
    let survey = &report.survey;
    let mut lines = Lines(String::new());
    lines.raw(&report.path);
    lines.line("stable memory", &size_and_cost(survey));
    if let Some(rest) = &report.snapshot {
        let heap = count_text(rest.heap_bytes / PAGE_BYTES, "page");
        lines.line(
            "beside it",
            &format!(
                "heap of {heap} ({}), module of {}",
                bytes_text(rest.heap_bytes),
                bytes_text(rest.module_bytes)
            ),
        );
    }
    match &survey.layout {
        Layout::Empty => lines.line("layout", "empty: no page"),
        Layout::Legacy(legacy) => legacy_lines(&mut lines, legacy),
        Layout::Managed(managed) => managed_lines(&mut lines, survey, managed),
        Layout::Unrecognized { found, expected } => {
            lines.line("layout", &format!("not recognized: starts with {found}"));
            lines.line("expected", expected);
        }
    }
    for damage in &survey.damages {
        lines.line("DAMAGED", damage);
    }
    lines.0
}

fn size_and_cost(survey: &Survey) -> String {
    format!(
        "{} ({}), {} a year",
        count_text(survey.stable_pages, "page"),
        bytes_text(survey.stable_bytes),
        cycles_text(survey.cycles_per_year)
    )
}

/// A legacy layout in words.
pub fn legacy_text(legacy: &LegacySurvey) -> String {
    let codec = match legacy.codec {
        Some("messagepack") => "MessagePack",
        Some("cbor") => "CBOR",
        Some("candid") => "Candid",
        _ => return "legacy: a value that no codec reads to its end".into(),
    };
    let front = match legacy.length_in_front {
        0 => String::new(),
        bytes => format!(" behind a length of {bytes} bytes"),
    };
    let entries = match legacy.entries {
        Some(entries) => format!(" of {}", count_text(entries, "entry")),
        None => String::new(),
    };
    format!("legacy: one {codec} value{entries} from offset 0{front}")
}

fn legacy_lines(lines: &mut Lines, legacy: &LegacySurvey) {
    lines.line("layout", &legacy_text(legacy));
    if legacy.codec.is_none() {
        return;
    }
    let value = format!("{} bytes", number_text(legacy.value_bytes));
    lines.line("value", &value);
    let rests = match legacy.trailing_is_used {
        true => "rests of something longer",
        false => "all zero",
    };
    let behind = format!("{} bytes, {rests}", number_text(legacy.trailing_bytes));
    lines.line("behind it", &behind);
}

fn managed_lines(lines: &mut Lines, survey: &Survey, managed: &ManagedSurvey) {
    lines.line(
        "layout",
        &format!(
            "memory manager, {} of {} ({}), room to grow to {}",
            count_text(managed.buckets, "bucket"),
            count_text(managed.bucket_pages.into(), "page"),
            bytes_text(u64::from(managed.bucket_pages) * PAGE_BYTES),
            bytes_text(managed.ceiling_bytes)
        ),
    );
    lines.raw(&memories_table(managed));
    let share = |bytes: u64| {
        let share = share_text(bytes, survey.stable_bytes);
        format!("{} ({share})", bytes_text(bytes))
    };
    lines.line(
        "waste",
        &format!(
            "slack in buckets {}, dead behind the last bucket {}, behind the journal {}",
            share(managed.slack_bytes),
            share(managed.dead_bytes),
            share(managed.behind_journal_bytes)
        ),
    );
    let right = &managed.right_size;
    lines.line(
        "right size",
        &format!(
            "buckets of {}: {} ({}), {} a year, {}",
            count_text(right.bucket_pages.into(), "page"),
            count_text(right.stable_pages, "page"),
            bytes_text(right.stable_pages * PAGE_BYTES),
            cycles_text(right.cycles_per_year),
            saving_text(survey.cycles_per_year, right.cycles_per_year)
        ),
    );
}

fn memories_table(managed: &ManagedSurvey) -> String {
    let rows = managed.memories.iter().map(|memory| {
        [
            memory.id.to_string(),
            number_text(memory.buckets),
            number_text(memory.pages),
            memory.used_bytes.map_or("?".into(), bytes_text),
            bytes_text(memory.slack_bytes),
            describe::content(&memory.content),
        ]
    });
    let header = ["memory", "buckets", "pages", "used", "slack", "holds"];
    let lines = table_lines(header, rows, &[5]);
    format!("\n {}\n", lines.join("\n "))
}

struct Lines(String);

impl Lines {
    fn raw(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn line(&mut self, name: &str, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "  {name:NAMES$}{text}");
    }
}
