//! The map as a section: tiles in proportion to bytes, and behind each what its owner has.

use ic_stable_migration::PAGE_BYTES;
use page::{Bar, Fill, Html, Section, Tile, treemap};

use super::map::{Map, Owner};
use crate::survey::Survey;
use crate::units::{bytes_text, number_text, share_text};

/// What slack is.
pub const SLACK: &str = "A memory gets whole buckets. Slack is what of its buckets lies behind its last page: it is paid for, and the memory grows into it.";
/// What is dead.
pub const DEAD: &str = "Pages that no memory can reach. Stable memory does not shrink: they are paid for until a rewrite leaves them out.";
const FREE: &str = "Inside a memory, and nothing was written there yet, or what was there is gone. The memory uses it before it grows.";
const UNKNOWN: &str = "What it holds does not say how much of it is in use.";

/// A tile smaller than one in this many is not drawn by itself.
const LEAST: u64 = 400;
/// Parts of a strip that shows where in the memory somebody's bytes are.
const SLOTS: u64 = 300;

/// The section; without a body for a memory without a page.
pub fn section(survey: &Survey, map: &Map) -> Section {
    let mut body = Html::default();
    if !map.owners.is_empty() {
        body.push(Html::note(&format!(
            "Each area is as large as its part of the {}. Choose one to see what is in it.",
            bytes_text(survey.stable_bytes)
        )));
        body.push(treemap("Owners, by size", tiles(map)));
        body.push(key(map));
        for index in 0..map.owners.len() {
            body.push(place(survey, map, index));
        }
    }
    Section::new("map", "Where the memory goes", body)
}

/// The parts of what an owner has, from what is used to what is out of reach.
fn parts(owner: &Owner) -> Vec<(Fill, u64)> {
    let reach = owner.bytes.saturating_sub(owner.slack);
    match (owner.is_dead, owner.used) {
        (true, _) => vec![(Fill::Dead, owner.bytes)],
        (false, None) => vec![(Fill::Unknown, reach), (Fill::Slack, owner.slack)],
        (false, Some(used)) => vec![
            (Fill::Used, used.min(reach)),
            (Fill::Free, reach.saturating_sub(used)),
            (Fill::Slack, owner.slack),
        ],
    }
}

/// The owners; those too small to be seen in one tile, which leads to the first of them.
fn tiles(map: &Map) -> Vec<Tile> {
    let all: u64 = map.owners.iter().map(|owner| owner.bytes).sum();
    let owners = map.owners.iter().enumerate();
    let (small, large): (Vec<_>, Vec<_>) =
        owners.partition(|(_, owner)| owner.bytes.saturating_mul(LEAST) < all);
    let mut tiles: Vec<Tile> = large
        .iter()
        .map(|&(index, owner)| Tile {
            id: owner.id.clone(),
            name: owner.name.clone(),
            size: bytes_text(owner.bytes),
            owner: index,
            parts: parts(owner),
        })
        .collect();
    if let Some((index, first)) = small.first() {
        let bytes = small.iter().map(|(_, owner)| owner.bytes).sum();
        tiles.push(Tile {
            id: first.id.clone(),
            name: match small.len() {
                1 => first.name.clone(),
                more => format!("{more} small ones"),
            },
            size: bytes_text(bytes),
            owner: *index,
            parts: vec![(Fill::Used, bytes)],
        });
    }
    tiles
}

/// The fills that the map has.
fn key(map: &Map) -> Html {
    let has = |fill: Fill| {
        let owners = map.owners.iter();
        owners
            .flat_map(parts)
            .any(|(found, bytes)| found == fill && bytes > 0)
    };
    let fills = [
        (Fill::Used, Html::text("in use")),
        (Fill::Free, Html::term("free inside", FREE)),
        (Fill::Slack, Html::term("slack", SLACK)),
        (Fill::Dead, Html::term("dead", DEAD)),
        (Fill::Unknown, Html::term("not known", UNKNOWN)),
    ];
    Html::key(fills.into_iter().filter(|(fill, _)| has(*fill)))
}

/// One owner: its bar and what it holds, and behind a click where it lies.
fn place(survey: &Survey, map: &Map, index: usize) -> Html {
    let owner = &map.owners[index];
    let size = bytes_text(owner.bytes);
    let used = match owner.used {
        _ if owner.is_dead => "dead".into(),
        Some(used) => format!("{} in use", bytes_text(used)),
        None => "use not known".into(),
    };
    let label = format!(
        "{}: {size}, {used}, {} slack",
        owner.name,
        bytes_text(owner.slack)
    );
    let mut bar = Bar::new(&label, owner.bytes);
    for (fill, part) in parts(owner) {
        bar = bar.owned(fill, part, index);
    }
    let mut summary = bar.html();
    let share = share_text(owner.bytes, survey.stable_bytes);
    summary.push(Html::note(&format!(
        "{size}, {share} of the memory; {used}"
    )));
    summary.push(Html::paragraph(&owner.holds));
    Html::place(&owner.id, &owner.name, summary, more(map, index, owner))
}

fn more(map: &Map, index: usize, owner: &Owner) -> Html {
    let reach = owner.bytes.saturating_sub(owner.slack);
    let bytes = |name: Html, bytes: u64| (name, Html::text(&bytes_text(bytes)));
    let mut facts = vec![(
        Html::text("Pages"),
        Html::text(&number_text(owner.bytes.div_ceil(PAGE_BYTES))),
    )];
    if !owner.is_dead {
        if let Some(used) = owner.used {
            facts.push(bytes(Html::text("In use"), used));
            facts.push(bytes(
                Html::term("Free inside", FREE),
                reach.saturating_sub(used),
            ));
        }
        facts.push(bytes(Html::term("Slack", SLACK), owner.slack));
    }
    let mut more = Html::facts(facts);
    more.push(Html::note(
        "Where in the stable memory it lies, from its beginning to its end:",
    ));
    more.push(strip(map, index, &owner.name));
    more.push(Html::link("map", "Back to the map"));
    more
}

/// Where an owner's bytes are. A slot that has one of them is drawn.
fn strip(map: &Map, owner: usize, name: &str) -> Html {
    let runs = map.runs.iter().map(|run| run.bytes);
    let all = runs.fold(0, u64::saturating_add);
    let slots = all.clamp(1, SLOTS);
    let slot_of = |byte: u64| {
        let slot = u128::from(byte) * u128::from(slots) / u128::from(all.max(1));
        usize::try_from(slot).unwrap_or(usize::MAX)
    };
    let mut has = vec![false; usize::try_from(slots).unwrap_or(0)];
    let mut start = 0u64;
    for run in &map.runs {
        let end = start.saturating_add(run.bytes);
        if run.owner == owner && run.bytes > 0 {
            let slots = has.iter_mut().enumerate().take(slot_of(end - 1) + 1);
            slots.skip(slot_of(start)).for_each(|(_, has)| *has = true);
        }
        start = end;
    }
    let mut bar = Bar::new(&format!("Place of {name} in the stable memory"), slots);
    for run in has.chunk_by(|a, b| a == b) {
        let fill = if run[0] { Fill::Used } else { Fill::Gap };
        bar = bar.owned(fill, run.len() as u64, owner);
    }
    bar.html()
}

#[cfg(test)]
mod tests {
    use super::super::map::Run;
    use super::*;

    fn map(owners: u64, runs: Vec<Run>) -> Map {
        let owner = |id: u64| Owner {
            id: format!("memory-{id}"),
            name: format!("memory {id}"),
            holds: String::new(),
            is_dead: false,
            bytes: if id == 0 { 100_000 } else { 1 },
            used: Some(1),
            slack: 0,
        };
        Map {
            owners: (0..owners).map(owner).collect(),
            runs,
        }
    }

    #[test]
    fn owners_too_small_to_be_seen_share_a_tile_that_leads_to_them() {
        let tiles = tiles(&map(5, Vec::new()));
        let ids: Vec<_> = tiles.iter().map(|tile| &tile.id[..]).collect();
        assert_eq!(ids, ["memory-0", "memory-1"]);
        assert_eq!(tiles[1].name, "4 small ones");
    }

    #[test]
    fn a_strip_shows_every_owner_in_a_memory_of_any_size() {
        let runs = [(0, 1), (1, 1_000_000), (0, 1), (2, 1), (1, u64::MAX / 2)];
        let runs = runs.map(|(owner, bytes)| Run { owner, bytes });
        let map = map(3, runs.to_vec());
        for owner in 0..3 {
            let strip = strip(&map, owner, "<m>");
            assert!(strip.as_str().contains("f-used"), "{owner}");
            assert!(strip.as_str().contains("&lt;m&gt;"));
        }
    }
}
