//! The canister's page: what it is, where its move stands and what to do next, and what its memory is used for.

use ic_stable_migration::VERSION;
use page::{Html, Page, Section, Verdict};

use super::memory::{ReportError, Vitals, report, status};
use crate::domain::memory::{Layout, MemoryReport, MigrationStatus, Start};
use crate::lifecycle::APPLICATION;
use crate::release::Release;
use crate::state::Store;

mod memory;
mod moving;
mod standing;
mod words;

use standing::Standing;
use words::{cycles, duration, grouped, size};

/// The page, at the time of `vitals`.
///
/// # Errors
/// As the two reports that it is made of.
pub fn html(
    release: Option<Release>,
    store: &mut Store,
    vitals: Vitals,
) -> Result<String, ReportError> {
    let status = status(release.clone(), store, vitals.now)?;
    let report = report(release.clone(), store, vitals.pages)?;
    let release = release.ok_or(ReportError::NotStarted)?;
    let canister = vitals.canister.to_text();
    let Standing {
        tone,
        words,
        meaning,
        next,
    } = Standing::of(&status, &canister);
    let mut page = Page::new("Canister", &canister, Verdict::new(tone, words)).meaning(&meaning);
    if let Some((what, command)) = next {
        page = page.next(what, &command);
    }
    let asked = format!("icp canister status {canister}");
    let page = page
        .fact("Application", APPLICATION)
        .fact("Release", &status.release.to_string())
        .fact("ic-stable-migration", VERSION)
        .fact(
            "Hash of its module",
            &format!("the network tells it: {asked}"),
        )
        .fact("Cycles", &cycles(vitals.cycles))
        .section(Section::new(
            "move",
            "Move",
            moving::html(&status, vitals.now),
        ))
        .section(Section::new("memory", "Memory", memory::html(&report)))
        .section(Section::new(
            "upgrade",
            "Last upgrade",
            upgrade(&release, &status, &report, vitals.now),
        ));
    Ok(page.html())
}

/// What is known of the upgrade, or the installation, that started the module.
fn upgrade(release: &Release, status: &MigrationStatus, report: &MemoryReport, now: u64) -> Html {
    let from = match &release.started_from {
        Start::Installed => "nothing: it was installed".into(),
        Start::Legacy { format, bytes, .. } => {
            format!("the legacy value, {} of {format}", size(*bytes))
        }
        Start::Value { form, bytes, .. } => {
            format!(
                "a value that no release has written, {} of {form}",
                size(*bytes)
            )
        }
        Start::Memory0 { release } => format!("the memory of release {release}"),
    };
    let layout = match status.layout {
        Layout::Legacy => "one value at offset 0",
        Layout::Memory0 => "under a memory manager",
    };
    let mut facts = vec![
        ("When", ago(release.started_at, now)),
        ("From", from),
        ("State since then", layout.into()),
        (
            "Instructions of the hook that started it",
            grouped(release.start_instructions),
        ),
    ];
    let header = report.manager.as_ref().and_then(|of| of.header.as_ref());
    if let Some(header) = header.filter(|header| header.save_instructions > 0) {
        let instructions = grouped(header.save_instructions);
        facts.push(("Instructions of the pre_upgrade before it", instructions));
    }
    if let Some(upgrades) = status.upgrades {
        facts.push(("Upgrades so far", grouped(upgrades.into())));
    }
    if let Some(save) = &status.last_save {
        let saved = format!("{}, {}", ago(save.at, now), size(save.payload_bytes));
        facts.push(("State last saved", saved));
    }
    let facts = facts.into_iter();
    Html::facts(facts.map(|(name, value)| (Html::text(name), Html::text(&value))))
}

/// How long ago something was.
fn ago(then: u64, now: u64) -> String {
    format!("{} ago", duration(now.saturating_sub(then)))
}

#[cfg(test)]
mod tests;
