//! How a move stands, as a section: each collection's progress, what holds it up, and what goes on behind it.

use page::{Column, Html, Section, Table, Tone};

use super::standing::home;
use crate::survey::{
    Content, JournalSurvey, JournaledCollectionSurvey, Layout, SavedState, Survey, WorkSurvey,
};
use crate::units::{count_text, instructions_text, number_text};

/// The sections of a memory whose journal tells of a move; without bodies for any other.
pub fn sections(survey: &Survey) -> [Section; 2] {
    let (progress, collections) = match saved_state(survey) {
        Some((state, journal)) => (progress(state, journal), registry(journal)),
        None => Default::default(),
    };
    [
        Section::new("move", "The move", progress),
        Section::new(
            "collections",
            "Collections as they are written down",
            collections,
        ),
    ]
}

fn saved_state(survey: &Survey) -> Option<(&SavedState, &JournalSurvey)> {
    let Layout::Managed(managed) = &survey.layout else {
        return None;
    };
    match &home(managed)?.content {
        Content::SavedState(state) => Some((state, state.journal.as_ref()?)),
        _ => None,
    }
}

fn progress(state: &SavedState, journal: &JournalSurvey) -> Html {
    let mut body = Html::default();
    if let Some(stuck) = &journal.stuck {
        let mut why = Html::paragraph(&stuck.reason);
        if !stuck.key.is_empty() {
            why.push(Html::note("Key of the entry, encoded, in hexadecimal:"));
            why.push(Html::code(&stuck.key));
        }
        let heading = format!("Stuck at an entry of {}", stuck.collection);
        body.push(Html::card(Tone::Bad, &heading, why));
    }
    for collection in &journal.collections {
        body.push(measure(collection, journal));
        if let Some(difference) = &collection.difference {
            let what = format!(
                "{} with digest {} had to be there; {} with digest {} are.",
                count_text(difference.expected_entries, "entry"),
                difference.expected_digest,
                number_text(difference.found_entries),
                difference.found_digest
            );
            let heading = format!("{} differs", collection.name);
            body.push(Html::card(Tone::Bad, &heading, Html::paragraph(&what)));
        }
    }
    body.push(journal.work.iter().map(work).collect());
    body.push(Html::facts(facts(state, journal)));
    body
}

/// How many entries are no longer in the state. Those that came straight into the map were never moved.
fn measure(collection: &JournaledCollectionSurvey, journal: &JournalSurvey) -> Html {
    let entries = collection.entries;
    let moved = match collection.complete || journal.phase == "done" {
        true => entries,
        false => collection.moved.min(entries),
    };
    let audited = match (collection.audited, journal.phase) {
        (_, "done") | (true, _) => ", audited",
        _ => "",
    };
    let text = format!(
        "{} of {} moved{audited}",
        number_text(moved),
        number_text(entries)
    );
    Html::progress(&collection.name, moved, entries, &text)
}

fn work(work: &WorkSurvey) -> Html {
    let name = match work.version {
        Some(version) => format!("{} to version {version}", work.name),
        None => format!("Job {}", work.name),
    };
    let looked_at = count_text(work.entries, "entry");
    match (work.finished, work.left) {
        (true, _) => Html::progress(&name, 1, 1, &format!("{looked_at}, finished")),
        (false, Some(left)) => {
            let text = format!("{looked_at} looked at, {} left", number_text(left));
            Html::progress(
                &name,
                work.entries,
                work.entries.saturating_add(left),
                &text,
            )
        }
        (false, None) => Html::paragraph(&format!("{name}: {looked_at} looked at so far.")),
    }
}

fn facts(state: &SavedState, journal: &JournalSurvey) -> Vec<(Html, Html)> {
    let text = |name: &str, value: String| (Html::text(name), Html::text(&value));
    let moved: u64 = journal.collections.iter().map(|found| found.moved).sum();
    let open = journal.collections.iter().filter(|found| !found.complete);
    let left: u64 = open
        .map(|found| found.entries.saturating_sub(found.moved))
        .sum();
    let mut facts = vec![text("Phase", journal.phase.to_owned())];
    facts.push(match journal.steps {
        0 => text("Steps", "none: in the upgrade itself".into()),
        steps => text("Steps", number_text(steps)),
    });
    if let (Some(rate), "moving") = (moved.checked_div(journal.steps), journal.phase) {
        facts.push(text(
            "Rate",
            format!("about {} a step", count_text(rate, "entry")),
        ));
        if let Some(steps) = left.checked_div(rate) {
            let steps = count_text(steps.saturating_add(1), "step");
            facts.push(text(
                "Left",
                format!("{}, about {steps}", count_text(left, "entry")),
            ));
        }
    }
    let budget = match state.move_budget {
        None => "not said".into(),
        Some(0) => "none: in steps alone".into(),
        Some(most) => format!("{} instructions in the upgrade", instructions_text(most)),
    };
    let meaning = "How many instructions the upgrade itself may spend on the move. What does not fit goes on in steps, from a timer.";
    facts.push((Html::term("Budget", meaning), Html::text(&budget)));
    let meaning = "Keys that were removed since the move began and that the state of before still has. They stay away, and are counted here until the state is written without them.";
    facts.push((
        Html::term("Removed meanwhile", meaning),
        Html::text(&number_text(journal.removed)),
    ));
    facts
}

fn registry(journal: &JournalSurvey) -> Html {
    let columns = [
        Column::text("Collection"),
        Column::number("Id"),
        Column::number("Memory"),
        Column::number("Entries"),
        Column::text("Keys"),
        Column::text("Values"),
    ];
    if journal.registry.is_empty() {
        return Html::default();
    }
    let mut table = Table::new(
        "What the memory says of each collection that it has or had",
        &columns,
    );
    for entry in &journal.registry {
        let name = match entry.retired {
            true => format!("{}, retired", entry.name),
            false => entry.name.clone(),
        };
        let value = format!("{}, {}", entry.value, entry.versions);
        table.row([
            Html::text(&name),
            Html::text(&entry.id.to_string()),
            Html::text(&entry.memory.to_string()),
            Html::text(&number_text(journal.entries_of(entry.id))),
            Html::text(&entry.key),
            Html::text(&value),
        ]);
    }
    table.html()
}
