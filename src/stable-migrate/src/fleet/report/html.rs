//! The report as a page.

use ::fleet::{Group, WaveReport};
use page::{Bar, Column, Fill, Html, Page, Section, Table, Tone, Verdict};

use super::text::percent;
use super::{Row, Whole, advice};
use crate::report::Origin;
use crate::units::{number_text, share_text};

/// What became of the canisters, as a page.
pub fn fleet_html(whole: &Whole, origin: &Origin) -> String {
    let report = &whole.report;
    let (tone, word) = match whole.at {
        _ if whole.held => (Tone::Good, "Finished"),
        "finished" => (Tone::Bad, "Finished, and some need hands"),
        "aborted" => (Tone::Bad, "Aborted"),
        "being aborted" => (Tone::Bad, "Being aborted"),
        "halted" => (Tone::Bad, "Halted"),
        "paused" => (Tone::Waiting, "Paused"),
        "planned" => (Tone::Waiting, "Planned"),
        _ => (Tone::Waiting, "Under way"),
    };
    let subject = format!("{} canisters", number_text(report.canisters.into()));
    let mut page = Page::new("Fleet", &subject, Verdict::new(tone, word)).meaning(&meaning(whole));
    if report.stopped > 0 {
        page = page.meaning(&format!(
            "{} may be stopped now.",
            number_text(report.stopped.into())
        ));
    }
    page = next(whole, page, &origin.word);
    page = origin.on(page);
    if report.snapshots > 0 {
        page = page.fact("Snapshots kept", &number_text(report.snapshots.into()));
    }
    if report.failures_below < 1.0 {
        let bound = percent(report.failures_below);
        page = page.fact(
            "Of those still to go fail",
            &format!("fewer than {bound}, with 95 % confidence"),
        );
    }
    let by_hand: Vec<&Row> = whole.by_hand().collect();
    let all: Vec<&Row> = whole.canisters.iter().collect();
    page.section(Section::new("states", "States", states(whole)))
        .section(Section::new("waves", "Waves", waves(&report.waves)))
        .section(Section::new(
            "errors",
            "What went otherwise than planned",
            report.groups.iter().map(group).collect(),
        ))
        .section(Section::new(
            "hands",
            "Canisters that need hands",
            rows("Each with what was said of it", &by_hand),
        ))
        .section(Section::new(
            "canisters",
            "All canisters",
            rows("In the order of the plan", &all),
        ))
        .html()
}

fn meaning(whole: &Whole) -> String {
    let all = u64::from(whole.report.canisters);
    let waves = whole.report.waves.iter();
    let done: u64 = waves
        .map(|wave| u64::from(wave.tally.migrated + wave.tally.already))
        .sum();
    let hands = whole.canisters.iter().filter(|row| row.needs_hands).count();
    format!(
        "{} of {} are where they should be ({}); {} need hands.",
        number_text(done),
        number_text(all),
        share_text(done, all),
        number_text(hands as u64)
    )
}

/// How the advice about a class says to try again.
const RETRY: &str = "fleet retry --class";

/// What the largest group of failures asks for, or how the run goes on.
fn next(whole: &Whole, page: Page, journal: &str) -> Page {
    let command = |name: &str| format!("stable-migrate fleet {name} --journal {journal}");
    match whole.at {
        _ if whole.held => page,
        "planned" => page.next("Begin", &command("run")),
        "paused" | "halted" => page.next(
            "When the failures are understood, go on",
            &command("resume"),
        ),
        "under way" | "being aborted" => page.next("Look again", &command("status")),
        _ => match whole.report.groups.first() {
            None => page,
            Some(group) => {
                let advice = advice(group.class);
                let what = format!("First the {}: {advice}", group.class);
                // The advice says itself whether to try again is of use.
                let retry = match advice.contains(RETRY) {
                    true => command(&format!("retry --class {}", group.class)),
                    false => String::new(),
                };
                page.next(&what, &retry)
            }
        },
    }
}

fn states(whole: &Whole) -> Html {
    let all = u64::from(whole.report.canisters);
    let state = |(state, count): (&String, &u32)| {
        let count = u64::from(*count);
        let text = format!("{}, {}", number_text(count), share_text(count, all));
        Html::part(state, count, all, &text)
    };
    whole.report.states.iter().map(state).collect()
}

fn waves(waves: &[WaveReport]) -> Html {
    if waves.is_empty() {
        return Html::default();
    }
    let columns = [
        Column::text("Wave"),
        Column::text("Progress"),
        Column::number("Canisters"),
        Column::number("Migrated"),
        Column::number("Already"),
        Column::number("Passed over"),
        Column::number("Failed"),
        Column::number("Called off"),
        Column::number("Under way"),
        Column::number("Waiting"),
    ];
    let mut table = Table::new("How the canisters of each wave stand", &columns);
    for WaveReport { wave, tally } in waves {
        let done = tally.migrated + tally.already;
        let over = tally.passed + tally.called_off;
        let label = format!(
            "Wave {wave}: {done} done, {over} passed over, {} failed",
            tally.failed
        );
        let bar = Bar::new(&label, tally.canisters.into())
            .segment(Fill::Good, done.into())
            .segment(Fill::Unknown, over.into())
            .segment(Fill::Bad, tally.failed.into())
            .segment(Fill::Waiting, tally.active.into());
        let counts = [
            tally.canisters,
            tally.migrated,
            tally.already,
            tally.passed,
            tally.failed,
            tally.called_off,
            tally.active,
            tally.waiting,
        ];
        let counts = counts.map(|count| Html::text(&number_text(count.into())));
        let first = [Html::text(&format!("Wave {wave}")), bar.html()];
        table.row(first.into_iter().chain(counts));
    }
    let mut body = Html::key([
        (Fill::Good, Html::text("migrated, or there before")),
        (Fill::Unknown, Html::text("passed over, or called off")),
        (Fill::Bad, Html::text("failed")),
        (Fill::Waiting, Html::text("under way")),
    ]);
    body.push(table.html());
    body
}

fn group(group: &Group) -> Html {
    let heading = format!(
        "{} {}, {}",
        number_text(group.canisters.into()),
        group.class,
        group.end
    );
    let mut body = Html::paragraph(&group.text);
    body.push(Html::facts([(
        Html::text("Do"),
        Html::text(advice(group.class)),
    )]));
    let examples = group.examples.iter();
    body.push(Html::list(
        examples.map(|canister| Html::code(&canister.to_text())),
    ));
    Html::card(Tone::Bad, &heading, body)
}

fn rows(caption: &str, rows: &[&Row]) -> Html {
    if rows.is_empty() {
        return Html::default();
    }
    let columns = [
        Column::text("Canister"),
        Column::number("Wave"),
        Column::text("State"),
        Column::text("Said"),
    ];
    let mut table = Table::new(caption, &columns);
    for row in rows {
        let state = match row.may_be_stopped {
            true => format!("{}, may be stopped", row.state),
            false => row.state.to_owned(),
        };
        let said = [row.class, row.said.as_deref()];
        let said: Vec<&str> = said.into_iter().flatten().collect();
        table.row([
            Html::code(&row.canister.to_text()),
            Html::text(&row.wave.to_string()),
            Html::text(&state),
            Html::text(&said.join(": ")),
        ]);
    }
    table.html()
}
