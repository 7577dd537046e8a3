//! The map of a memory: cells of one size, and who has them.

use ic_stable_migration::PAGE_BYTES;

use super::super::describe;
use crate::survey::{Behind, ForeignSurvey, Layout, LegacySurvey, ManagedSurvey, Survey};
use crate::units::bytes_text;

/// Cells of one size and their owners.
#[derive(Debug, PartialEq)]
pub struct Map {
    /// What a cell is: "bucket" or "page".
    pub cell: &'static str,
    /// Who has cells, in the order of the memory's ids.
    pub owners: Vec<Owner>,
    /// Cells in a row that have one owner, in the order of the memory.
    pub runs: Vec<Run>,
}

/// Who has cells.
#[derive(Debug, PartialEq)]
pub struct Owner {
    /// Its id in the page.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub holds: String,
    /// Whether it is nobody.
    pub is_dead: bool,
    /// All its bytes, slack and all.
    pub bytes: u64,
    /// Bytes that were ever used, where that can be told.
    pub used: Option<u64>,
    /// Bytes that it cannot reach yet.
    pub slack: u64,
}

/// Cells in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Index of the owner.
    pub owner: usize,
    /// How many cells.
    pub cells: u64,
}

impl Map {
    /// The map of a memory; without owners for an empty one.
    pub fn of(survey: &Survey) -> Self {
        match &survey.layout {
            Layout::Managed(managed) => of_managed(managed),
            Layout::Legacy(legacy) => of_legacy(survey, legacy),
            Layout::Empty => pages(Vec::new()),
            Layout::Zeros => pages(vec![dead(survey.stable_bytes, "nothing but zeros")]),
            Layout::NotOurs(foreign) => of_foreign(survey, foreign),
            Layout::Damaged { first_bytes } => {
                let holds = format!("starts with {first_bytes}");
                pages(vec![owner(
                    "unknown",
                    "not told",
                    holds,
                    survey.stable_bytes,
                    None,
                )])
            }
        }
    }

    /// How many cells an owner has.
    pub fn cells_of(&self, owner: usize) -> u64 {
        let runs = self.runs.iter().filter(|run| run.owner == owner);
        runs.map(|run| run.cells).sum()
    }
}

/// Owners that follow each other, in pages.
fn pages(owners: Vec<Owner>) -> Map {
    let owned = owners.iter().enumerate();
    let runs = owned.map(|(owner, of)| Run {
        owner,
        cells: of.bytes.div_ceil(PAGE_BYTES),
    });
    Map {
        cell: "page",
        runs: runs.collect(),
        owners,
    }
}

fn owner(id: &str, name: &str, holds: String, bytes: u64, used: Option<u64>) -> Owner {
    Owner {
        id: id.into(),
        name: name.into(),
        holds,
        is_dead: false,
        bytes,
        used,
        slack: 0,
    }
}

fn dead(bytes: u64, holds: &str) -> Owner {
    Owner {
        is_dead: true,
        ..owner("nobody", "nobody", holds.into(), bytes, Some(0))
    }
}

fn of_foreign(survey: &Survey, foreign: &ForeignSurvey) -> Map {
    let used = foreign.used_bytes.min(survey.stable_bytes);
    let pages_used = used.next_multiple_of(PAGE_BYTES);
    let what = foreign.what.clone();
    let mut owners = vec![owner(
        "other",
        "another program",
        what,
        pages_used,
        Some(used),
    )];
    let behind = survey.stable_bytes.saturating_sub(pages_used);
    if behind > 0 {
        owners.push(dead(behind, "zeros behind what it has written"));
    }
    pages(owners)
}

fn of_legacy(survey: &Survey, legacy: &LegacySurvey) -> Map {
    let value_pages = legacy.value_bytes.next_multiple_of(PAGE_BYTES);
    let holds = describe::layout(&survey.layout);
    let used = Some(legacy.value_bytes);
    let mut owners = vec![owner("value", "legacy value", holds, value_pages, used)];
    let behind = survey.stable_bytes.saturating_sub(value_pages);
    if behind > 0 {
        let holds = match legacy.behind {
            Behind::Zeros => "zeros behind the value",
            Behind::OlderTail { .. } => "the end of an older, longer value",
            Behind::Unexplained { .. } | Behind::Apart { .. } => "not explained, behind the value",
        };
        owners.push(dead(behind, holds));
    }
    pages(owners)
}

fn of_managed(managed: &ManagedSurvey) -> Map {
    let cell_bytes = u64::from(managed.bucket_pages) * PAGE_BYTES;
    let page = format!(
        "its page of {}: the owner of each bucket",
        bytes_text(PAGE_BYTES)
    );
    let mut owners = vec![owner(
        "manager",
        "memory manager",
        page,
        PAGE_BYTES,
        Some(PAGE_BYTES),
    )];
    let mut runs = vec![Run { owner: 0, cells: 1 }];
    owners.extend(managed.memories.iter().map(|memory| Owner {
        slack: memory.slack_bytes,
        ..owner(
            &format!("memory-{}", memory.id),
            &match &memory.collection {
                Some(collection) => format!("memory {}: {collection}", memory.id),
                None => format!("memory {}", memory.id),
            },
            describe::content(&memory.content),
            memory.owned_bytes,
            memory.used_bytes,
        )
    }));
    let position = |id: u8| managed.memories.iter().position(|memory| memory.id == id);
    runs.extend(managed.runs.iter().filter_map(|&(id, cells)| {
        let owner = position(id)? + 1;
        Some(Run { owner, cells })
    }));
    if managed.dead_bytes > 0 {
        runs.push(Run {
            owner: owners.len(),
            cells: managed.dead_bytes.div_ceil(cell_bytes),
        });
        let left = "left from an earlier layout, behind the last bucket";
        owners.push(dead(managed.dead_bytes, left));
    }
    Map {
        cell: "bucket",
        owners,
        runs,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::image::Image;
    use crate::structure::Depth;
    use crate::test_images::{TestImage, one_of_each, with_naive_frame};

    fn map_of(image: &Rc<Image>) -> (Map, Survey) {
        let survey = Survey::of(image, Depth::Everything, &mut |_| {}).unwrap();
        (Map::of(&survey), survey)
    }

    #[test]
    fn every_bucket_is_a_cell_and_every_byte_has_an_owner() {
        let raw = one_of_each(4, 500);
        with_naive_frame(&raw, b"\xa1\x61a\x01");
        let dead = raw.borrow().len() + 6 * 65_536;
        raw.borrow_mut().resize(dead, 0);
        let (map, survey) = map_of(&TestImage::of_memory(&raw).image);
        let Layout::Managed(managed) = &survey.layout else {
            panic!("not managed");
        };
        let cells: u64 = map.runs.iter().map(|run| run.cells).sum();
        assert_eq!(cells, 1 + managed.buckets + 2);
        let bytes: u64 = map.owners.iter().map(|owner| owner.bytes).sum();
        assert_eq!(bytes, survey.stable_bytes);
        for (index, owner) in map.owners.iter().enumerate().skip(1) {
            let cells = map.cells_of(index) * u64::from(managed.bucket_pages);
            assert!(cells * PAGE_BYTES >= owner.bytes, "{owner:?}");
            assert!(owner.used.unwrap_or(0) + owner.slack <= owner.bytes || owner.is_dead);
        }
    }

    #[test]
    fn a_legacy_value_is_drawn_in_pages() {
        let mut bytes = b"\x81\xa1n\x07".to_vec();
        bytes.resize(3 * 65_536, 0);
        let (map, _) = map_of(&TestImage::of(&bytes).image);
        assert_eq!(map.cell, "page");
        let cells: Vec<u64> = map.runs.iter().map(|run| run.cells).collect();
        assert_eq!(cells, [1, 2]);
        assert_eq!(map.owners[0].used, Some(4));
        assert!(map.owners[1].is_dead);
    }

    #[test]
    fn an_empty_memory_has_no_cells() {
        let (map, _) = map_of(&TestImage::of(b"").image);
        assert!(map.runs.is_empty() && map.owners.is_empty());
    }
}
