//! What a check found, in a terminal.

use crate::check::{Checked, Finding, Severity, Side};
use crate::units::{bytes_text, count_text};

/// What was found of the upgrade from `from` to `to` as lines of text. The last says whether it may be tried.
pub fn check_text(from: &str, to: &str, checked: &Checked) -> String {
    let mut text = format!("{from} -> {to}\n");
    for (name, side) in [("installed", &checked.old), ("new", &checked.new)] {
        text.push_str(&format!("  {name:9} {}\n", side_text(side)));
    }
    for finding in &checked.findings {
        text.push_str(&finding_text(finding));
    }
    for sentence in &checked.unchecked {
        text.push_str(&format!("  unchecked {sentence}\n"));
    }
    let count = |severity: Severity| {
        let all = checked.findings.iter();
        all.filter(|finding| finding.severity == severity).count() as u64
    };
    let verdict = match checked.held {
        true => "nothing that an upgrade would refuse or lose",
        false => "DO NOT UPGRADE",
    };
    text.push_str(&format!(
        "{verdict}: {} refused, {} lost, {}, {}\n",
        count(Severity::Refused),
        count(Severity::Lost),
        count_text(count(Severity::Risk), "risk"),
        count_text(count(Severity::Note), "note")
    ));
    text
}

/// What a side says of itself.
pub fn side_text(side: &Side) -> String {
    let application = side.application.as_deref();
    let mut text = match application {
        Some(name) => format!("{name:?}"),
        None => "no name".into(),
    };
    text.push_str(&match side.release {
        Some(release) => format!(", release {release}"),
        None => ", no number".into(),
    });
    if let Some(bytes) = side.module_bytes {
        text.push_str(&format!(", module of {}", bytes_text(bytes)));
    }
    text
}

fn finding_text(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Refused => "REFUSED",
        Severity::Lost => "LOST",
        Severity::Risk => "risk",
        Severity::Note => "note",
    };
    let error = finding.error.map(|error| format!(" ({error})"));
    format!(
        "  {severity:9} {}{}: {}\n            could be lost: {}\n            do: {}\n",
        finding.code,
        error.unwrap_or_default(),
        finding.found,
        finding.loss,
        finding.remedy
    )
}
