//! The map of a memory: cells of one size, and who has them.

use ic_stable_migration::PAGE_BYTES;
use serde::Serialize;

use super::describe;
use crate::survey::{Behind, Layout, LegacySurvey, ManagedSurvey, MemorySurvey, Survey};
use crate::units::bytes_text;

/// Cells of one size and their owners, for the page's script to draw.
#[derive(Debug, PartialEq, Serialize)]
pub struct Map {
    /// What a cell is: "bucket" or "page".
    pub cell: &'static str,
    /// Bytes of a cell.
    pub cell_bytes: u64,
    /// Who has cells, in the order of the page's table.
    pub owners: Vec<Owner>,
    /// Cells in a row that have one owner, in the order of the memory.
    pub runs: Vec<Run>,
}

/// Who has cells.
#[derive(Debug, PartialEq, Serialize)]
pub struct Owner {
    /// What stands in its cells: a virtual memory's id, or a letter.
    pub mark: String,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub holds: String,
    /// How it is drawn.
    pub kind: Kind,
    /// All its bytes, slack and all.
    pub bytes: u64,
    /// Bytes that were ever used, where that can be told.
    pub used: Option<u64>,
    /// Bytes that it cannot reach yet.
    pub slack: u64,
}

/// How an owner is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In a colour of its own.
    Data,
    /// In grey: the memory manager's page.
    Manager,
    /// As a gap: nobody's.
    Dead,
}

/// Cells in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Index of the owner.
    pub owner: usize,
    /// How many cells.
    pub cells: u64,
    /// Bytes from the first cell's start that are in use.
    pub used: u64,
    /// Bytes from the first cell's start that the owner can reach.
    pub size: u64,
}

impl Map {
    /// The map of a memory; without cells for an empty one.
    pub fn of(survey: &Survey) -> Self {
        match &survey.layout {
            Layout::Managed(managed) => of_managed(managed),
            Layout::Legacy(legacy) => of_legacy(survey, legacy),
            Layout::Empty => pages(Vec::new(), Vec::new()),
            Layout::Zeros => pages(
                vec![dead(survey.stable_bytes, "nothing but zeros")],
                vec![whole_pages(0, survey.stable_bytes, 0)],
            ),
            Layout::NotOurs(foreign) => {
                let (holds, used) = (foreign.what.clone(), foreign.used_bytes);
                of_one("another program", holds, survey.stable_bytes, Some(used))
            }
            Layout::Damaged { first_bytes } => {
                let holds = format!("starts with {first_bytes}");
                of_one("damaged", holds, survey.stable_bytes, None)
            }
        }
    }
}

fn of_one(name: &str, holds: String, bytes: u64, used: Option<u64>) -> Map {
    let owner = data("?".into(), name.into(), holds, bytes, used);
    pages(
        vec![owner],
        vec![whole_pages(0, bytes, used.unwrap_or(bytes))],
    )
}

fn pages(owners: Vec<Owner>, runs: Vec<Run>) -> Map {
    Map {
        cell: "page",
        cell_bytes: PAGE_BYTES,
        owners,
        runs,
    }
}

fn data(mark: String, name: String, holds: String, bytes: u64, used: Option<u64>) -> Owner {
    Owner {
        mark,
        name,
        holds,
        kind: Kind::Data,
        bytes,
        used,
        slack: 0,
    }
}

fn dead(bytes: u64, holds: &str) -> Owner {
    Owner {
        mark: String::new(),
        name: "nobody".into(),
        holds: holds.into(),
        kind: Kind::Dead,
        bytes,
        used: Some(0),
        slack: bytes,
    }
}

fn whole_pages(owner: usize, bytes: u64, used: u64) -> Run {
    Run {
        owner,
        cells: bytes.div_ceil(PAGE_BYTES),
        used,
        size: used,
    }
}

fn of_legacy(survey: &Survey, legacy: &LegacySurvey) -> Map {
    let value_pages = legacy.value_bytes.next_multiple_of(PAGE_BYTES);
    let mut value = data(
        "V".into(),
        "legacy value".into(),
        describe::layout(&survey.layout),
        value_pages,
        Some(legacy.value_bytes),
    );
    value.slack = value_pages - legacy.value_bytes;
    let mut owners = vec![value];
    let mut runs = vec![whole_pages(0, value_pages, legacy.value_bytes)];
    let behind = survey.stable_bytes.saturating_sub(value_pages);
    if behind > 0 {
        let holds = match legacy.behind {
            Behind::Zeros => "zeros behind the value",
            Behind::OlderTail { .. } => "the end of an older, longer value",
            Behind::Unexplained { .. } | Behind::Apart { .. } => "not explained, behind the value",
        };
        owners.push(dead(behind, holds));
        runs.push(whole_pages(1, behind, 0));
    }
    pages(owners, runs)
}

fn of_managed(managed: &ManagedSurvey) -> Map {
    let cell_bytes = u64::from(managed.bucket_pages) * PAGE_BYTES;
    let mut owners = vec![Owner {
        mark: "M".into(),
        name: "memory manager".into(),
        holds: format!(
            "its page of {}: the owner of each bucket",
            bytes_text(PAGE_BYTES)
        ),
        kind: Kind::Manager,
        bytes: PAGE_BYTES,
        used: Some(PAGE_BYTES),
        slack: 0,
    }];
    let mut runs = vec![Run {
        owner: 0,
        cells: 1,
        used: cell_bytes,
        size: cell_bytes,
    }];
    owners.extend(managed.memories.iter().map(|memory| Owner {
        mark: memory.id.to_string(),
        name: format!("memory {}", memory.id),
        holds: describe::memory(memory),
        kind: Kind::Data,
        bytes: memory.owned_bytes,
        used: memory.used_bytes,
        slack: memory.slack_bytes,
    }));
    runs.extend(bucket_runs(managed, cell_bytes));
    if managed.dead_bytes > 0 {
        owners.push(dead(
            managed.dead_bytes,
            "left from an earlier layout, behind the last bucket",
        ));
        runs.push(Run {
            owner: owners.len() - 1,
            cells: managed.dead_bytes.div_ceil(cell_bytes),
            used: 0,
            size: 0,
        });
    }
    Map {
        cell: "bucket",
        cell_bytes,
        owners,
        runs,
    }
}

/// Each memory fills its buckets in order: in all but the last of its runs every byte counts as used.
fn bucket_runs(managed: &ManagedSurvey, cell_bytes: u64) -> Vec<Run> {
    let mut behind: Vec<u64> = vec![0; managed.memories.len()];
    let position = |id: u8| managed.memories.iter().position(|memory| memory.id == id);
    let run = |&(id, cells): &(u8, u64)| {
        let index = position(id)?;
        let memory: &MemorySurvey = &managed.memories[index];
        let start = behind[index];
        let bytes = cells * cell_bytes;
        behind[index] += bytes;
        let size = memory.pages * PAGE_BYTES;
        let here = |end: u64| end.saturating_sub(start).min(bytes);
        Some(Run {
            owner: index + 1,
            cells,
            used: here(memory.used_bytes.unwrap_or(size)),
            size: here(size),
        })
    };
    managed.runs.iter().filter_map(run).collect()
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
        for run in &map.runs {
            assert!(run.used <= run.size && run.size <= run.cells * map.cell_bytes);
        }
        for (index, owner) in map.owners.iter().enumerate().skip(1) {
            let used: u64 = map
                .runs
                .iter()
                .filter(|run| run.owner == index)
                .map(|run| run.used)
                .sum();
            assert_eq!(Some(used), owner.used, "{owner:?}");
        }
    }

    #[test]
    fn a_legacy_value_is_drawn_in_pages() {
        let mut bytes = b"\x81\xa1n\x07".to_vec();
        bytes.resize(3 * 65_536, 0);
        let (map, _) = map_of(&TestImage::of(&bytes).image);
        assert_eq!((map.cell, map.cell_bytes), ("page", 65_536));
        let cells: Vec<u64> = map.runs.iter().map(|run| run.cells).collect();
        assert_eq!(cells, [1, 2]);
        assert_eq!(map.runs[0].used, 4);
        assert_eq!(map.owners[1].kind, Kind::Dead);
    }

    #[test]
    fn an_empty_memory_has_no_cells() {
        let (map, _) = map_of(&TestImage::of(b"").image);
        assert!(map.runs.is_empty() && map.owners.is_empty());
    }
}
