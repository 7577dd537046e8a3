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
    let text = match entries {
        0 => "nothing in it".into(),
        _ => format!(
            "{} of {} moved{audited}",
            number_text(moved),
            number_text(entries)
        ),
    };
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
    facts.push(match (journal.steps, journal.phase) {
        (0, "done") => text("Steps", "none: in the upgrade itself".into()),
        (0, _) => text("Steps", "none yet".into()),
        (steps, _) => text("Steps", number_text(steps)),
    });
    let rate = moved.checked_div(journal.steps).filter(|&rate| rate > 0);
    if let (Some(rate), "moving") = (rate, journal.phase) {
        let rate_text = format!("about {} a step", count_text(rate, "entry"));
        let steps = count_text(left.div_ceil(rate), "step");
        let left_text = format!("{}, about {steps}", count_text(left, "entry"));
        facts.extend([text("Rate", rate_text), text("Left", left_text)]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::{DifferenceSurvey, StuckSurvey};

    fn journal(phase: &'static str) -> JournalSurvey {
        let collection = |name: &str, moved, complete| JournaledCollectionSurvey {
            name: name.into(),
            id: 1,
            memory: 1,
            entries: 100,
            digest: String::new(),
            moved,
            complete,
            audited: false,
            difference: None,
        };
        JournalSurvey {
            phase,
            paused: false,
            steps: 4,
            removed: 2,
            stuck: None,
            collections: vec![collection("posts", 60, false), collection("<b>", 100, true)],
            registry: Vec::new(),
            work: Vec::new(),
        }
    }

    fn drawn(journal: &JournalSurvey) -> String {
        let state = SavedState {
            codec: "cbor",
            application: None,
            schema: 1,
            payload_bytes: 1,
            release: 2,
            upgrades: 1,
            saved_at: 0,
            generation: 0,
            journal_bytes: 1,
            journal: None,
            move_budget: Some(20_000_000_000),
            payload_verified: None,
        };
        progress(&state, journal).as_str().to_owned()
    }

    #[test]
    fn a_move_under_way_has_its_rate_and_what_is_left() {
        let drawn = drawn(&journal("moving"));
        for part in [
            "60 of 100 moved",
            "&lt;b&gt;",
            "about 40 entries a step",
            "40 entries, about 1 step",
            "20 B instructions in the upgrade",
        ] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
    }

    #[test]
    fn what_is_stuck_is_named_with_its_key_and_why() {
        let mut journal = journal("stuck");
        journal.stuck = Some(StuckSurvey {
            collection: "posts".into(),
            key: "00ff".into(),
            reason: "the entry is too large".into(),
        });
        let drawn = drawn(&journal);
        for part in [
            "Stuck at an entry of posts",
            "00ff",
            "the entry is too large",
        ] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        assert!(!drawn.contains("a step"));
    }

    #[test]
    fn a_collection_that_differs_says_what_had_to_be_there_and_what_is() {
        let mut journal = journal("differs");
        journal.collections[0].difference = Some(DifferenceSurvey {
            expected_entries: 100,
            expected_digest: "aa".into(),
            found_entries: 99,
            found_digest: "bb".into(),
        });
        let drawn = drawn(&journal);
        assert!(drawn.contains("posts differs"), "{drawn}");
        assert!(
            drawn.contains("100 entries with digest aa had to be there; 99 with digest bb are")
        );
    }
}
