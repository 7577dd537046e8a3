//! What of a memory is paid for and holds nothing, the largest first, and what the right size would be.

use ic_stable_migration::PAGE_BYTES;
use page::{Column, Html, Section, Table};

use super::owners::{DEAD, SLACK};
use crate::survey::{Layout, ManagedSurvey, Survey};
use crate::units::{bytes_text, count_text, cycles_text, saving_text, share_text};

/// The section; without a body where no manager divides the memory.
pub fn section(survey: &Survey) -> Section {
    let body = match &survey.layout {
        Layout::Managed(managed) => body(survey, managed),
        _ => Html::default(),
    };
    Section::new("waste", "Waste, and the right size", body)
}

fn body(survey: &Survey, managed: &ManagedSurvey) -> Html {
    let mut wastes = [
        (Html::term("Slack in buckets", SLACK), managed.slack_bytes),
        (
            Html::term("Dead behind the last bucket", DEAD),
            managed.dead_bytes,
        ),
        (
            Html::term(
                "Behind the journal",
                "Pages of the state's memory that a larger state left. The next rewrite gives them back.",
            ),
            managed.behind_journal_bytes,
        ),
    ];
    wastes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let columns = [
        Column::text("Waste"),
        Column::number("Size"),
        Column::number("Of the memory"),
    ];
    let mut table = Table::new("What is paid for and holds nothing", &columns);
    for (name, bytes) in wastes {
        table.row([
            name,
            Html::text(&bytes_text(bytes)),
            Html::text(&share_text(bytes, survey.stable_bytes)),
        ]);
    }
    let mut body = table.html();
    let right = &managed.right_size;
    body.push(Html::paragraph(&format!(
        "The same memories in buckets of {} take {} ({}): {} a year, {}.",
        count_text(right.bucket_pages.into(), "page"),
        count_text(right.stable_pages, "page"),
        bytes_text(right.stable_pages * PAGE_BYTES),
        cycles_text(right.cycles_per_year),
        saving_text(survey.cycles_per_year, right.cycles_per_year)
    )));
    body
}
