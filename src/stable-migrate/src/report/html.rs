//! The report as one page that needs nothing else: numbers, a map of the memory, and a table with the same facts.

use std::fmt::Write;

use ic_stable_migration::PAGE_BYTES;

use super::Report;
use super::describe;
use super::map::{Kind, Map, Owner};
use crate::survey::{Layout, Survey};
use crate::units::{bytes_text, count_text, cycles_text, saving_text, share_text};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub fn html(report: &Report) -> String {
    let survey = &report.survey;
    let map = Map::of(survey);
    let path = escape(&report.path);
    format!(
        r#"{head}<main>
<h1>Stable memory <small>{path}</small></h1>
<dl class="facts">
{facts}</dl>
{map}<h2 id="who">Who has what</h2>
{table}
<p class="note">Costs are for storage alone, 127 000 cycles per GiB and second, as on a subnet of 13 nodes.</p>
</main>
<script type="application/json" id="data">{data}</script>
<script>
{SCRIPT}</script>
</html>
"#,
        head = head(&format!("Stable memory of {path}")),
        facts = facts(report),
        map = map_section(&map),
        table = table(&map),
        data = data(&map),
    )
}

/// How every page begins, up to its content. The title is escaped already.
pub fn head(title: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{STYLE}</style>
"#
    )
}

fn facts(report: &Report) -> String {
    let survey = &report.survey;
    let mut facts = vec![
        (
            "Size",
            count_text(survey.stable_pages, "page"),
            bytes_text(survey.stable_bytes),
        ),
        (
            "Costs",
            cycles_text(survey.cycles_per_year),
            "a year".into(),
        ),
    ];
    facts.extend(layout_facts(survey));
    if let Some(rest) = &report.snapshot {
        facts.push((
            "Heap",
            count_text(rest.heap_bytes / PAGE_BYTES, "page"),
            bytes_text(rest.heap_bytes),
        ));
    }
    let mut text = String::new();
    for (name, value, more) in facts {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "<div><dt>{name}</dt><dd>{}</dd><dd class=\"more\">{}</dd></div>",
            escape(&value),
            escape(&more).replace(" %", "&nbsp;%")
        );
    }
    text
}

fn layout_facts(survey: &Survey) -> Vec<(&'static str, String, String)> {
    match &survey.layout {
        Layout::Empty
        | Layout::Zeros
        | Layout::Legacy(_)
        | Layout::NotOurs(_)
        | Layout::Damaged { .. } => {
            let text = describe::layout(&survey.layout);
            let (name, more) = text.split_once(": ").unwrap_or((&text, ""));
            vec![("Layout", name.into(), more.into())]
        }
        Layout::Managed(managed) => {
            let waste = managed.slack_bytes + managed.dead_bytes + managed.behind_journal_bytes;
            let share = share_text(waste, survey.stable_bytes);
            let right = &managed.right_size;
            vec![
                (
                    "Buckets",
                    count_text(managed.buckets, "bucket"),
                    format!(
                        "of {}, room to grow to {}",
                        bytes_text(u64::from(managed.bucket_pages) * PAGE_BYTES),
                        bytes_text(managed.ceiling_bytes)
                    ),
                ),
                (
                    "Wasted",
                    bytes_text(waste),
                    format!("{share}: slack in buckets, and dead"),
                ),
                (
                    "Right size",
                    count_text(right.stable_pages, "page"),
                    format!(
                        "{} a year, {}",
                        cycles_text(right.cycles_per_year),
                        saving_text(survey.cycles_per_year, right.cycles_per_year)
                    ),
                ),
            ]
        }
    }
}

fn map_section(map: &Map) -> String {
    if map.runs.is_empty() {
        return "<p>There is nothing to draw: the memory has no page.</p>\n".into();
    }
    r#"<h2 id="map">Map</h2>
<noscript><p>The map needs a script. The table below has the same facts.</p></noscript>
<nav id="trail" aria-label="Part of the memory that is shown"></nav>
<p id="scale" class="note"></p>
<div id="tiles" role="listbox" aria-labelledby="map" aria-describedby="keys"></div>
<div id="detail"></div>
<ul class="key" aria-label="Key">
<li><span class="swatch"><i class="used"></i></span>in use</li>
<li><span class="swatch"><i class="free"></i></span>free inside the memory</li>
<li><span class="swatch"><i class="slack"></i></span>slack: behind the memory's last page</li>
<li><span class="swatch"><i class="dead"></i></span>dead: nobody's</li>
</ul>
<p id="keys" class="note">Arrow keys walk over the tiles, Home and End go to the ends, Enter opens a tile that stands for many cells, Escape goes back. In the table, an owner's name shows its cells alone.</p>
"#
    .into()
}

fn table(map: &Map) -> String {
    let mut text = String::from(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"who\"><table>\n<thead><tr><th scope=\"col\">Owner</th><th scope=\"col\">Holds</th>\
         <th scope=\"col\" class=\"number\">Cells</th><th scope=\"col\" class=\"number\">Size</th>\
         <th scope=\"col\" class=\"number\">Used</th><th scope=\"col\" class=\"number\">Slack</th></tr></thead>\n<tbody>\n",
    );
    for (index, owner) in map.owners.iter().enumerate() {
        let cells: u64 = map
            .runs
            .iter()
            .filter(|run| run.owner == index)
            .map(|run| run.cells)
            .sum();
        let cells = match owner.kind {
            Kind::Manager => "1 page".into(),
            Kind::Data | Kind::Dead => count_text(cells, map.cell),
        };
        text.push_str(&row(index, owner, &cells));
    }
    text.push_str("</tbody></table></div>");
    text
}

fn row(index: usize, owner: &Owner, cells: &str) -> String {
    let class = match owner.kind {
        Kind::Dead => "dead",
        Kind::Data | Kind::Manager => "used",
    };
    format!(
        "<tr data-owner=\"{index}\"><th scope=\"row\"><button type=\"button\" aria-pressed=\"false\">\
         <span class=\"swatch\" data-swatch=\"{index}\"><i class=\"{class}\"></i></span>{}</button></th><td>{}</td>\
         <td class=\"number\">{cells}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
        escape(&owner.name),
        escape(&owner.holds),
        bytes_text(owner.bytes),
        owner.used.map_or("not known".into(), bytes_text),
        bytes_text(owner.slack),
    )
}

/// JSON that can stand inside a script element.
fn data(map: &Map) -> String {
    // A map of numbers and texts has a JSON form.
    serde_json::to_string(map)
        .unwrap_or_default()
        .replace('<', "\\u003c")
}

/// Text as it stands in a page.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::Depth;
    use crate::test_images::{TestImage, one_of_each};

    fn page(path: &str, bytes: &[u8]) -> String {
        let test = TestImage::of(bytes);
        html(&Report {
            path: path.into(),
            snapshot: None,
            survey: Survey::of(&test.image, Depth::Everything, &mut |_| {}).unwrap(),
        })
    }

    #[test]
    fn the_page_needs_no_other_file() {
        let page = page("memory", &one_of_each(4, 100).borrow());
        for reference in ["http:", "https:", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(reference), "{reference}");
        }
        assert!(page.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn the_table_has_every_owner_with_what_it_holds() {
        let page = page("memory", &one_of_each(4, 100).borrow());
        for text in [
            "memory manager",
            "memory 1<",
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
    fn a_path_cannot_bring_markup_into_the_page() {
        let page = page("</title><script>alert(1)</script>", b"\x81\xa1n\x07");
        assert!(!page.contains("<script>alert"));
        assert!(page.contains("&lt;script&gt;alert"));
    }

    #[test]
    fn an_empty_memory_has_a_page_too() {
        assert!(page("memory", b"").contains("nothing to draw"));
    }
}
