//! What of a memory is paid for and holds nothing, the largest first, and what gives how much of it back.

use ic_stable_migration::PAGE_BYTES;
use page::{Column, Html, Section, Table};

use super::owners::{DEAD, SLACK};
use crate::report::waste_text::{gives_back, part_text, total};
use crate::survey::{Layout, RightSize, Survey, Waste, WasteKind, WastePart};
use crate::units::{bytes_text, count_text, cycles_text, saving_text, share_text};

/// The section; without a body where nothing is known to be wasted.
pub fn section(survey: &Survey) -> Section {
    let waste = &survey.waste;
    let mut body = Html::default();
    if !waste.parts.is_empty() {
        body.push(Html::paragraph(&format!("Waste: {}.", total(waste))));
        body.push(parts(waste));
    }
    if !waste.gives_back.is_empty() {
        body.push(ways(waste));
    }
    if let Layout::Managed(managed) = &survey.layout {
        body.push(right_size(survey, &managed.right_size));
    }
    Section::new("waste", "Waste, and what gives it back", body)
}

fn parts(waste: &Waste) -> Html {
    let columns = [
        Column::text("Where"),
        Column::number("Size"),
        Column::number("Of the memory"),
    ];
    let all = waste.used_bytes.saturating_add(waste.wasted_bytes);
    let mut table = Table::new("What is paid for and holds nothing", &columns);
    for part in &waste.parts {
        table.row([
            named(part),
            Html::text(&bytes_text(part.bytes)),
            Html::text(&share_text(part.bytes, all)),
        ]);
    }
    table.html()
}

/// Where it is, and what the word means.
fn named(part: &WastePart) -> Html {
    let text = part_text(part);
    match part.kind {
        WasteKind::Slack => Html::term(&text, SLACK),
        WasteKind::DeadBuckets => Html::term(&text, DEAD),
        WasteKind::BehindJournal => Html::term(
            &text,
            "Pages of the state's memory that a larger state left. The next rewrite gives them back.",
        ),
        _ => Html::text(&text),
    }
}

fn ways(waste: &Waste) -> Html {
    let columns = [Column::text("Way"), Column::text("Gives back")];
    let mut table = Table::new("What gives it back", &columns);
    for way in &waste.gives_back {
        let (name, gives) = gives_back(way);
        table.row([Html::text(name), Html::text(&gives)]);
    }
    table.html()
}

fn right_size(survey: &Survey, right: &RightSize) -> Html {
    Html::paragraph(&format!(
        "The same memories in buckets of {} take {} ({}): {} a year, {}.",
        count_text(right.bucket_pages.into(), "page"),
        count_text(right.stable_pages, "page"),
        bytes_text(right.stable_pages * PAGE_BYTES),
        cycles_text(right.cycles_per_year),
        saving_text(survey.cycles_per_year, right.cycles_per_year)
    ))
}
