//! A rehearsal as a page.

use std::path::Path;

use ic_stable_migration::PAGE_BYTES;
use page::{Column, Html, Page, Section, Table, Tone, Verdict};

use super::super::rehearsal_text::{DIRTY_LIMIT, facts, parts, verdict};
use super::Origin;
use crate::run::{Coverage, Rehearsed, Room, Upgraded};
use crate::units::{bytes_text, count_text, instructions_text, number_text, share_text};

/// The page.
pub fn rehearsal_html(path: &str, rehearsed: &Rehearsed, origin: &Origin) -> String {
    let (tone, word) = match (rehearsed.held, rehearsed.compared) {
        (true, true) => (Tone::Good, "Holds"),
        (true, false) => (Tone::Unknown, "Goes through"),
        (false, _) => (Tone::Bad, "Does not hold"),
    };
    let meaning = format!(
        "{}; {} of {} queries asked.",
        capital(verdict(rehearsed)),
        number_text(rehearsed.interface.asked),
        number_text(rehearsed.interface.queries)
    );
    let mut page = Page::new("Rehearsal", path, Verdict::new(tone, word)).meaning(&meaning);
    page = match rehearsed.held {
        true => page.next(
            "Take a snapshot, then upgrade the canister by the same modules in the same order",
            &format!(
                "icp canister snapshot create {0}\nicp canister install {0} --mode upgrade --wasm MODULE.wasm.gz",
                origin.canister_word()
            ),
        ),
        false => page.next(
            "Read the first failure below, change the release, and rehearse again",
            &format!("stable-migrate rehearse {} --wasm NEW.wasm", origin.word),
        ),
    };
    let not_tried = rehearsed.not_tried.iter();
    let not_tried = not_tried.map(|module| Html::text(&format!("not tried: {module}")));
    let mut wrong = failures(rehearsed.failures.iter().cloned());
    wrong.push(Html::list(not_tried));
    page = origin
        .on(page)
        .section(Section::new("failures", "What does not hold", wrong));
    for (number, (title, upgraded, room)) in (1..).zip(parts(rehearsed)) {
        page = page.section(upgrade(number, &title, upgraded, room));
    }
    page.section(questions(&rehearsed.interface)).html()
}

/// What is wrong, each on a card: where, and what.
pub fn failures(sentences: impl IntoIterator<Item = String>) -> Html {
    let card = |sentence: String| match sentence.split_once(": ") {
        Some((place, what)) => Html::card(Tone::Bad, &capital(place), Html::paragraph(what)),
        None => Html::card(Tone::Bad, &capital(&sentence), Html::default()),
    };
    sentences.into_iter().map(card).collect()
}

/// Facts that are drawn as bars.
const DRAWN: [&str; 3] = ["instructions", "heap", "dirtied"];
/// Facts that are failures.
const BAD: [&str; 3] = ["FAILED", "DIFFERENT", "NOT UNDONE"];

/// A sentence that begins with a capital letter.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A title with the module's file in place of its path.
fn without_path(title: &str, module: &str) -> String {
    let file = Path::new(module).file_name().and_then(|file| file.to_str());
    capital(&title.replace(module, file.unwrap_or(module)))
}

/// One upgrade: what it takes against what it may, its hooks, and everything else that there is to say.
pub fn upgrade(number: usize, title: &str, upgraded: &Upgraded, room: Option<&Room>) -> Section {
    let mut body = Html::default();
    let (bad, others): (Vec<_>, Vec<_>) = facts(upgraded, room)
        .into_iter()
        .filter(|(name, _)| !DRAWN.contains(name))
        .partition(|(name, _)| BAD.contains(name));
    for (name, line) in bad {
        body.push(Html::card(Tone::Bad, name, Html::paragraph(&line)));
    }
    body.push(limits(upgraded));
    body.push(hooks(upgraded));
    let facts = others.into_iter();
    body.push(Html::facts(
        facts.map(|(name, line)| (name_of(name), Html::text(&line))),
    ));
    let title = without_path(title, &upgraded.module);
    Section::new(&format!("upgrade-{number}"), &title, body)
}

/// The name of a fact, with what it means where that is not plain.
fn name_of(name: &str) -> Html {
    let meaning = match name {
        "traps" => {
            "The upgrade was repeated with a trap at writes to stable memory. After each, everything had to be as before."
        }
        "room" => {
            "How much larger the state may become before an upgrade reaches a limit, if cost grows with it."
        }
        name => return Html::text(&capital(name)),
    };
    Html::term(&capital(name), meaning)
}

fn limits(upgraded: &Upgraded) -> Html {
    let of = |value: u64, limit: u64, shown: fn(u64) -> String| {
        format!(
            "{} of {}, {}",
            shown(value),
            shown(limit),
            share_text(value, limit)
        )
    };
    let limit = upgraded.instructions_limit;
    let mut all = Html::meter(
        "All instructions",
        upgraded.instructions,
        limit,
        &of(upgraded.instructions, limit, instructions_text),
    );
    let heap = upgraded.heap_high_water.saturating_mul(PAGE_BYTES);
    let dirtied = upgraded.hooks.iter().map(|hook| hook.dirty_bytes).max();
    for (name, value, limit) in [
        ("Heap, at most", heap, upgraded.heap_limit),
        (
            "Dirtied in one hook, at most",
            dirtied.unwrap_or(0),
            DIRTY_LIMIT,
        ),
    ] {
        if limit > 0 {
            all.push(Html::meter(
                name,
                value,
                limit,
                &of(value, limit, bytes_text),
            ));
        }
    }
    all
}

fn hooks(upgraded: &Upgraded) -> Html {
    let columns = [
        Column::text("Hook"),
        Column::number("Instructions"),
        Column::number("Of the limit"),
        Column::number("Dirtied"),
        Column::number("Heap pages"),
        Column::number("Stable pages"),
    ];
    let mut table = Table::new("What each part takes, and the pages at its end", &columns);
    let mut row = |name: &str, instructions: u64, more: [String; 3]| {
        let cost = [
            name.to_owned(),
            number_text(instructions),
            share_text(instructions, upgraded.instructions_limit),
        ];
        table.row(cost.iter().chain(&more).map(|cell| Html::text(cell)));
    };
    for hook in &upgraded.hooks {
        let more = [
            bytes_text(hook.dirty_bytes),
            number_text(hook.heap_pages),
            number_text(hook.stable_pages),
        ];
        row(hook.name, hook.instructions, more);
    }
    row("compile", upgraded.compile_instructions, Default::default());
    row("together", upgraded.instructions, Default::default());
    table.html()
}

/// What was asked before and after, and what was not.
pub fn questions(coverage: &Coverage) -> Section {
    let text = format!(
        "{} of {} asked, with {}",
        number_text(coverage.asked),
        number_text(coverage.queries),
        count_text(coverage.questions, "question")
    );
    let mut body = Html::progress("Queries", coverage.asked, coverage.queries, &text);
    if !coverage.not_asked.is_empty() {
        let columns = [Column::text("Not asked"), Column::text("Why")];
        let mut table = Table::new("Queries whose answers nobody compared", &columns);
        for unasked in &coverage.not_asked {
            table.row([Html::code(&unasked.query), Html::text(&unasked.reason)]);
        }
        body.push(table.html());
    }
    Section::new("asked", "Asked, before and after", body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Compared, Difference, Failed, FaultRun, Hook, NotAsked};

    pub fn rehearsed() -> Rehearsed {
        let difference = Difference {
            question: "get ()".into(),
            at: "[0]".into(),
            before: "<b>1</b>".into(),
            after: "2".into(),
        };
        let hook = Hook {
            name: "post_upgrade",
            instructions: 5,
            dirty_bytes: 4_096,
            dirty_stable_bytes: 0,
            heap_pages: 3,
            stable_pages: 1,
        };
        let upgraded = Upgraded {
            module: "a.wasm".into(),
            hooks: vec![hook],
            compile_instructions: 5,
            instructions: 9,
            instructions_limit: 10,
            answers: Some(Compared {
                asked: 1,
                different: vec![difference],
                ..Compared::default()
            }),
            faults: Some(FaultRun {
                stable_writes: 9,
                every: 3,
                tried: 3,
                failures: Vec::new(),
            }),
            ..Upgraded::default()
        };
        let traps = Upgraded {
            module: "b.wasm".into(),
            failed: Some(Failed {
                hook: Some("pre_upgrade"),
                reason: "</main>".into(),
            }),
            ..Upgraded::default()
        };
        Rehearsed {
            held: false,
            failures: vec!["upgrade 1, <a.wasm>: lost".into()],
            compared: true,
            interface: Coverage {
                questions: 1,
                queries: 2,
                asked: 1,
                not_asked: vec![NotAsked {
                    query: "memory_report".into(),
                    reason: "reports on memory".into(),
                }],
            },
            upgrades: vec![upgraded, traps],
            not_tried: vec!["c.wasm".into()],
            again: None,
            room: None,
        }
    }

    #[test]
    fn a_difference_is_on_the_page_and_brings_no_markup() {
        let page = rehearsal_html("snapshot", &rehearsed(), &Origin::default());
        for part in [
            "<title>Does not hold: ",
            "get () at [0]: &lt;b&gt;1&lt;/b&gt; before, 2 after",
            "0 of 1 the same",
            "memory_report",
            "reports on memory",
            "Upgrade 1, &lt;a.wasm&gt;",
            "in pre_upgrade: &lt;/main&gt;; the canister is as it was before",
            "3 traps at one in 3 of 9 stable writes: 3 undone",
            "not tried: c.wasm",
            "9 of 10, 90 %",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert_eq!(page.matches("</main>").count(), 1);
    }

    #[test]
    fn what_comes_near_its_limit_is_drawn_as_a_warning() {
        let section = limits(&rehearsed().upgrades[0]);
        assert!(section.as_str().contains("aria-valuenow=\"90\""));
        assert!(section.as_str().contains("f-waiting"));
    }
}
