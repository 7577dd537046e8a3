//! The report in a terminal.

use std::fmt::Write;

use ic_stable_migration::PAGE_BYTES;

use super::{Report, describe, waste_text};
use crate::survey::{ForeignSurvey, Layout, LegacySurvey, ManagedSurvey, Survey, Waste};
use crate::table::table_lines;
use crate::units::{bytes_text, count_text, cycles_text, number_text, saving_text};

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
    lines.line("layout", &describe::layout(&survey.layout));
    match &survey.layout {
        Layout::Legacy(legacy) => legacy_lines(&mut lines, legacy),
        Layout::Managed(managed) => managed_lines(&mut lines, survey, managed),
        Layout::NotOurs(foreign) => foreign_lines(&mut lines, foreign),
        Layout::Empty | Layout::Zeros | Layout::Damaged { .. } => {}
    }
    waste_lines(&mut lines, &survey.waste);
    if let Some(forecast) = survey.forecast {
        lines.line("move", &describe::forecast(forecast));
    }
    if let Some(advice) = &survey.advice {
        let advice = format!("a release that starts from it {advice}");
        lines.line("adopting", &advice);
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

fn legacy_lines(lines: &mut Lines, legacy: &LegacySurvey) {
    let value = format!("{} bytes", number_text(legacy.value_bytes));
    lines.line("value", &value);
    lines.line("behind it", &describe::behind(legacy));
    lines.line("because", &legacy.reasons.join("; "));
}

fn foreign_lines(lines: &mut Lines, foreign: &ForeignSurvey) {
    let used = format!(
        "{} bytes up to the last that is not zero; it starts with {}",
        number_text(foreign.used_bytes),
        foreign.first_bytes
    );
    lines.line("in use", &used);
    lines.line("because", &foreign.reasons.join("; "));
}

fn managed_lines(lines: &mut Lines, survey: &Survey, managed: &ManagedSurvey) {
    lines.raw(&memories_table(managed));
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

fn waste_lines(lines: &mut Lines, waste: &Waste) {
    if waste.wasted_bytes == 0 {
        return;
    }
    lines.line("waste", &waste_text::total(waste));
    if let Some(parts) = waste_text::parts(waste) {
        lines.raw(&parts);
    }
    let ways = waste.gives_back.iter().map(waste_text::gives_back);
    let ways: Vec<_> = ways.map(|(way, what)| format!("{way} {what}")).collect();
    if !ways.is_empty() {
        lines.line("gives back", &ways.join("; "));
    }
}

fn memories_table(managed: &ManagedSurvey) -> String {
    let rows = managed.memories.iter().map(|memory| {
        [
            memory.id.to_string(),
            number_text(memory.buckets),
            number_text(memory.pages),
            memory.used_bytes.map_or("?".into(), bytes_text),
            bytes_text(memory.slack_bytes),
            describe::memory(memory),
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
