//! An offline upgrade as a page.

use page::{Html, Page, Section, Tone, Verdict};

use super::super::upgrade_text::lines;
use super::Origin;
use super::rehearsal::{failures, questions, upgrade};
use crate::offline::Outcome;

/// The page. `commands` bring what was made back to its canister; they are on it if everything held.
pub fn upgrade_html(
    from: &str,
    to: &str,
    outcome: &Outcome,
    origin: &Origin,
    commands: &str,
) -> String {
    let (tone, word, meaning) = match outcome.held {
        true => (
            Tone::Good,
            "Upgraded",
            "Everything held: the new snapshot answers as the one that it was made of.",
        ),
        false => (
            Tone::Bad,
            "Not upgraded",
            "NOT everything held, and nothing was written.",
        ),
    };
    let subject = format!("{from} → {to}");
    let mut page =
        Page::new("Offline upgrade", &subject, Verdict::new(tone, word)).meaning(meaning);
    page = match outcome.held {
        true => page.next(
            "Bring it back to its canister, with one of the two clients",
            commands,
        ),
        false => page.next(
            "Read the first failure below, change the release, and rehearse it",
            &format!(
                "stable-migrate rehearse {} --wasm NEW.wasm --fault",
                origin.word
            ),
        ),
    };
    let facts = lines(outcome).into_iter();
    let facts = facts.map(|(name, line)| (Html::text(name), Html::text(&line)));
    page = origin
        .on(page)
        .section(Section::new(
            "failures",
            "What does not hold",
            failures(outcome.failures.iter().cloned()),
        ))
        .section(Section::new(
            "result",
            "What came of it",
            Html::facts(facts),
        ));
    for (number, (what, upgraded)) in (1..).zip(&outcome.upgrades) {
        let title = format!("{what}: {}", upgraded.module);
        page = page.section(upgrade(number, &title, upgraded, None));
    }
    page.section(questions(&outcome.interface)).html()
}
