//! What is in a stable memory, as a page.

use ic_stable_migration::PAGE_BYTES;
use page::{Html, Page, Section, Tone};

use super::super::{Report, describe};
use super::map::Map;
use super::standing::{Standing, home};
use super::{Origin, moving, owners, waste};
use crate::date::date_text;
use crate::survey::{Content, ForeignSurvey, Layout, Survey};
use crate::units::{bytes_text, count_text, cycles_text, number_text};

/// The page of a memory: intact, half moved, damaged or of another program.
pub fn html(report: &Report, origin: &Origin) -> String {
    let survey = &report.survey;
    let standing = Standing::of(survey, report.snapshot.is_none(), origin);
    let mut page = Page::new("Stable memory", &report.path, standing.verdict);
    for paragraph in &standing.meaning {
        page = page.meaning(paragraph);
    }
    if let Some((what, command)) = &standing.next {
        page = page.next(what, command);
    }
    page = facts(report, origin.on(page));
    page = page.section(Section::new("damage", "Damage", damages(survey)));
    for section in moving::sections(survey) {
        page = page.section(section);
    }
    if let Layout::NotOurs(foreign) = &survey.layout {
        page = page.section(Section::new("whose", "Whose it is", whose(foreign)));
    }
    page.section(owners::section(survey, &Map::of(survey)))
        .section(waste::section(survey))
        .html()
}

fn facts(report: &Report, mut page: Page) -> Page {
    let survey = &report.survey;
    let size = format!(
        "{} ({})",
        count_text(survey.stable_pages, "page"),
        bytes_text(survey.stable_bytes)
    );
    let cost = format!(
        "{} a year for storage, on a subnet of 13 nodes",
        cycles_text(survey.cycles_per_year)
    );
    page = page
        .fact("Size", &size)
        .fact("Costs", &cost)
        .fact("Layout", &describe::layout(&survey.layout));
    if let Some(rest) = &report.snapshot {
        let heap = count_text(rest.heap_bytes / PAGE_BYTES, "page");
        page = page
            .fact("Heap", &format!("{heap} ({})", bytes_text(rest.heap_bytes)))
            .fact("Snapshot taken", &utc(rest.taken_at));
    }
    if let Layout::Managed(managed) = &survey.layout
        && let Some(Content::SavedState(state)) = home(managed).map(|home| &home.content)
    {
        if let Some(application) = &state.application {
            page = page.fact("Application", application);
        }
        page = page
            .fact("Release", &state.release.to_string())
            .fact("Last saved", &utc(state.saved_at));
    }
    page
}

fn utc(nanoseconds: u64) -> String {
    format!("{} UTC", date_text(nanoseconds / 1_000_000_000))
}

fn damages(survey: &Survey) -> Html {
    let damages = survey.damages.iter();
    damages
        .map(|damage| Html::card(Tone::Bad, "Contradicts itself", Html::paragraph(damage)))
        .collect()
}

fn whose(foreign: &ForeignSurvey) -> Html {
    let certainty = "Certain: nothing else has this form. Likely: much speaks for it and nothing against. Possible: it is no more than one reading among others.";
    let text = |name: &str, value: &str| (Html::text(name), Html::text(value));
    let used = format!(
        "{} bytes, up to the last that is not zero",
        number_text(foreign.used_bytes)
    );
    let mut body = Html::facts([
        text("What it is", &foreign.what),
        (
            Html::term("How sure", certainty),
            Html::text(&foreign.certainty.to_string()),
        ),
        text("In use", &used),
        (Html::text("Starts with"), Html::code(&foreign.first_bytes)),
    ]);
    body.push(Html::heading("Why"));
    body.push(Html::list(
        foreign.reasons.iter().map(|reason| Html::text(reason)),
    ));
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::Depth;
    use crate::test_images::{TestImage, one_of_each};

    fn page(path: &str, bytes: &[u8]) -> String {
        let test = TestImage::of(bytes);
        let report = Report {
            path: path.into(),
            snapshot: None,
            survey: Survey::of(&test.image, Depth::Everything, &mut |_| {}).unwrap(),
        };
        html(&report, &Origin::default())
    }

    #[test]
    fn every_owner_has_a_place_that_its_tile_leads_to() {
        let page = page("memory", &one_of_each(4, 100).borrow());
        for text in [
            "id=\"manager\"",
            "href=\"#memory-1\"",
            "StableBTreeMap: 66 entries",
            "StableCell: 11 bytes",
            "entries of the log in memory 5",
            "StableVec: 100 entries of 8 bytes",
            "StableMinHeap: 3 entries of 4 bytes",
        ] {
            assert!(page.contains(text), "{text}");
        }
    }

    #[test]
    fn a_legacy_memory_waits_and_its_page_has_the_command_to_try_the_upgrade() {
        let page = page("memory", b"\x81\xa1n\x07");
        assert!(page.contains("<title>Not migrated yet: "));
        assert!(page.contains("--wasm NEW.wasm --skip-pre-upgrade"));
    }

    #[test]
    fn a_foreign_memory_says_whose_it_is_how_sure_and_why() {
        let page = page("memory", b"{\"users\": 40}");
        for text in ["<title>Of another program: ", "JSON", "certain", "Why"] {
            assert!(page.contains(text), "{text}");
        }
    }

    #[test]
    fn an_empty_memory_has_a_page_too() {
        let page = page("memory", b"");
        assert!(page.contains("<title>Empty: ") && !page.contains("id=\"map\""));
    }
}
