//! What a check found, as a page.

use page::{Html, Page, Section, Tone, Verdict};

use super::super::check_text::side_text;
use super::Origin;
use crate::check::{Checked, Finding, Severity};
use crate::units::count_text;

/// The page of the check of an upgrade from `from` to `to`.
pub fn check_html(from: &str, to: &str, checked: &Checked, origin: &Origin) -> String {
    let count = |severity| {
        let found = checked.findings.iter();
        found.filter(|finding| finding.severity == severity).count() as u64
    };
    let risks = count(Severity::Risk);
    let (tone, word, meaning) = match (checked.held, risks) {
        (false, _) => (
            Tone::Bad,
            "Do not upgrade",
            "The upgrade would be refused, or would lose something.",
        ),
        (true, 0) => (
            Tone::Good,
            "May be tried",
            "Nothing was found that an upgrade would refuse or lose. Nothing was run: a rehearsal does that.",
        ),
        (true, _) => (
            Tone::Waiting,
            "Read the risks first",
            "Nothing was found that an upgrade would refuse or lose for certain.",
        ),
    };
    let counts = format!(
        "{} refused, {} lost, {}, {}.",
        count(Severity::Refused),
        count(Severity::Lost),
        count_text(risks, "risk"),
        count_text(count(Severity::Note), "note")
    );
    let mut page = Page::new("Check", &format!("{from} → {to}"), Verdict::new(tone, word))
        .meaning(meaning)
        .meaning(&counts);
    page = match checked.held {
        true => page.next(
            "Try it on the canister's real state, off the network",
            &format!(
                "stable-migrate rehearse SNAPSHOT --wasm {} --fault",
                origin.word
            ),
        ),
        false => page.next("Do what the findings say, and check again", ""),
    };
    page = origin
        .on(page)
        .fact("Installed", &side_text(&checked.old))
        .fact("New", &side_text(&checked.new));
    let unchecked = checked
        .unchecked
        .iter()
        .map(|sentence| Html::text(sentence));
    page.section(Section::new(
        "findings",
        "Findings",
        checked.findings.iter().map(finding).collect(),
    ))
    .section(Section::new(
        "unchecked",
        "What could not be checked",
        Html::list(unchecked),
    ))
    .html()
}

fn finding(finding: &Finding) -> Html {
    let (tone, severity) = match finding.severity {
        Severity::Refused => (Tone::Bad, "Refused"),
        Severity::Lost => (Tone::Bad, "Lost"),
        Severity::Risk => (Tone::Waiting, "Risk"),
        Severity::Note => (Tone::Unknown, "Note"),
    };
    let error = finding.error.map(|error| format!(" ({error})"));
    let heading = format!("{severity} {}{}", finding.code, error.unwrap_or_default());
    let mut body = Html::paragraph(&finding.found);
    body.push(Html::facts([
        (Html::text("Could be lost"), Html::text(&finding.loss)),
        (Html::text("Do"), Html::text(&finding.remedy)),
    ]));
    Html::card(tone, &heading, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Side;

    fn checked(severities: &[Severity]) -> Checked {
        let finding = |&severity: &Severity| Finding {
            code: "C301".into(),
            severity,
            error: Some("E07"),
            found: "<b>".into(),
            loss: "posts & likes".into(),
            remedy: "declare it".into(),
        };
        Checked {
            version: 1,
            old: Side::default(),
            new: Side::default(),
            held: severities.iter().all(|&found| found >= Severity::Risk),
            findings: severities.iter().map(finding).collect(),
            unchecked: vec!["no interface".into()],
        }
    }

    #[test]
    fn the_worst_finding_decides_the_verdict() {
        for (severities, verdict) in [
            (&[Severity::Refused, Severity::Note][..], "Do not upgrade"),
            (&[Severity::Risk], "Read the risks first"),
            (&[Severity::Note], "May be tried"),
            (&[], "May be tried"),
        ] {
            let page = check_html("old", "new", &checked(severities), &Origin::default());
            assert!(page.contains(&format!("<title>{verdict}: ")), "{verdict}");
        }
    }

    #[test]
    fn a_finding_says_what_could_be_lost_and_what_to_do() {
        let page = check_html(
            "old",
            "new",
            &checked(&[Severity::Lost]),
            &Origin::default(),
        );
        for part in [
            "Lost C301 (E07)",
            "&lt;b&gt;",
            "posts &amp; likes",
            "declare it",
            "no interface",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }
}
