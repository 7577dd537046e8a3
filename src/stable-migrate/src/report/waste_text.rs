//! The waste in a stable memory, in a terminal.

use crate::survey::{GivesBack, Waste, WasteKind, WastePart, Way};
use crate::table::table_lines;
use crate::units::{bytes_text, count_text, share_text};

/// Parts that are listed; the smaller ones are one line together.
const MOST_PARTS: usize = 12;

/// How much is wasted, in a line; with the table of where it is.
pub fn total(waste: &Waste) -> String {
    let all = waste.used_bytes + waste.wasted_bytes;
    format!(
        "{} ({}), in use {} ({})",
        bytes_text(waste.wasted_bytes),
        share_text(waste.wasted_bytes, all),
        bytes_text(waste.used_bytes),
        share_text(waste.used_bytes, all)
    )
}

/// A table of where it is, the largest part first; none where nothing is wasted.
pub fn parts(waste: &Waste) -> Option<String> {
    let all = waste.used_bytes + waste.wasted_bytes;
    let row = |bytes: u64, what: String| [bytes_text(bytes), share_text(bytes, all), what];
    let listed = waste.parts.len().min(MOST_PARTS);
    let (listed, others) = waste.parts.split_at(listed);
    let rows = listed.iter().map(|part| row(part.bytes, part_text(part)));
    let rest = others.iter().map(|part| part.bytes).sum();
    let rest = (!others.is_empty()).then(|| {
        let count = count_text(others.len() as u64, "smaller part");
        row(rest, format!("{count}: --json lists them"))
    });
    let lines = table_lines(["waste", "share", "where"], rows.chain(rest), &[2]);
    (!listed.is_empty()).then(|| format!("\n {}\n", lines.join("\n ")))
}

/// Where a part is, and what it is.
pub fn part_text(part: &WastePart) -> String {
    let what = kind_text(part.kind);
    match (part.memory, &part.collection) {
        (Some(memory), Some(name)) => format!("memory {memory}, {name}: {what}"),
        (Some(memory), None) => format!("memory {memory}: {what}"),
        (None, _) => what,
    }
}

fn kind_text(kind: WasteKind) -> String {
    match kind {
        WasteKind::FreeNodes { nodes } => {
            format!("{} that the map took and freed", count_text(nodes, "node"))
        }
        WasteKind::UnreachableNodes { nodes } => {
            format!("{} that nothing leads to", count_text(nodes, "node"))
        }
        WasteKind::UnfilledNodes {
            nodes,
            filled_percent,
        } => format!(
            "room in {}, which are {filled_percent} % full",
            count_text(nodes, "node")
        ),
        WasteKind::UnusedEnd => "behind what it holds, to its last page".into(),
        WasteKind::BehindJournal => "behind the state and its journal, to its last page".into(),
        WasteKind::Slack => "slack: in its buckets, behind its last page".into(),
        WasteKind::DeadBuckets => "dead: behind the last bucket".into(),
        WasteKind::BehindValue => "behind the value".into(),
        WasteKind::NeverWritten => "pages that nothing was ever written to".into(),
    }
}

/// What a way gives back: its name, and how much.
pub fn gives_back(way: &GivesBack) -> (&'static str, String) {
    let name = match way.way {
        Way::Compact => "compact",
        Way::Repack => "compact --repack",
        Way::Reclaim => "next upgrade",
        Way::Upgrade => "upgrade",
    };
    let about = if way.is_estimate { "about " } else { "" };
    let whose = match (way.pages, way.is_paid_less) {
        (0, _) => return (name, "nothing".into()),
        (_, true) => "",
        (_, false) => ", into which the memories can grow; it stays paid for",
    };
    let pages = count_text(way.pages, "page");
    (
        name,
        format!("{about}{pages} ({}){whose}", bytes_text(way.bytes)),
    )
}
