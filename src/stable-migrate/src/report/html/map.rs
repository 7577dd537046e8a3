//! The map of a memory: who has which of its bytes.

use ic_stable_migration::PAGE_BYTES;

use super::super::describe;
use crate::survey::{Behind, ForeignSurvey, Layout, LegacySurvey, ManagedSurvey, Survey};
use crate::units::bytes_text;

/// The bytes of a memory and their owners.
#[derive(Debug, PartialEq)]
pub struct Map {
    /// Who has some, in the order of the memory's ids.
    pub owners: Vec<Owner>,
    /// Bytes in a row that have one owner, in the order of the memory.
    pub runs: Vec<Run>,
}

/// Who has some.
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

/// Bytes in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Index of the owner.
    pub owner: usize,
    /// How many bytes.
    pub bytes: u64,
}

impl Map {
    /// The map of a memory; without owners for an empty one.
    pub fn of(survey: &Survey) -> Self {
        match &survey.layout {
            Layout::Managed(managed) => of_managed(managed),
            Layout::Legacy(legacy) => of_legacy(survey, legacy),
            Layout::Empty => in_a_row(Vec::new()),
            Layout::Zeros => in_a_row(vec![dead(survey.stable_bytes, "nothing but zeros")]),
            Layout::NotOurs(foreign) => of_foreign(survey, foreign),
            Layout::Damaged { first_bytes } => {
                let holds = format!("starts with {first_bytes}");
                in_a_row(vec![owner(
                    "unknown",
                    "not told",
                    holds,
                    survey.stable_bytes,
                    None,
                )])
            }
        }
    }
}

/// Owners that follow each other.
fn in_a_row(owners: Vec<Owner>) -> Map {
    let owned = owners.iter().enumerate();
    let runs = owned.map(|(owner, of)| Run {
        owner,
        bytes: of.bytes,
    });
    Map {
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
    in_a_row(owners)
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
    in_a_row(owners)
}

fn of_managed(managed: &ManagedSurvey) -> Map {
    let bucket_bytes = u64::from(managed.bucket_pages) * PAGE_BYTES;
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
    let mut runs = vec![Run {
        owner: 0,
        bytes: PAGE_BYTES,
    }];
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
    runs.extend(managed.runs.iter().filter_map(|&(id, buckets)| {
        let owner = position(id)? + 1;
        let bytes = buckets * bucket_bytes;
        Some(Run { owner, bytes })
    }));
    if managed.dead_bytes > 0 {
        runs.push(Run {
            owner: owners.len(),
            bytes: managed.dead_bytes,
        });
        let left = "left from an earlier layout, behind the last bucket";
        owners.push(dead(managed.dead_bytes, left));
    }
    Map { owners, runs }
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
    fn every_byte_has_one_owner_and_is_in_one_run() {
        let raw = one_of_each(4, 500);
        with_naive_frame(&raw, b"\xa1\x61a\x01");
        let dead = raw.borrow().len() + 6 * 65_536;
        raw.borrow_mut().resize(dead, 0);
        let (map, survey) = map_of(&TestImage::of_memory(&raw).image);
        let bytes: u64 = map.owners.iter().map(|owner| owner.bytes).sum();
        assert_eq!(bytes, survey.stable_bytes);
        for (index, owner) in map.owners.iter().enumerate() {
            let runs = map.runs.iter().filter(|run| run.owner == index);
            assert_eq!(runs.map(|run| run.bytes).sum::<u64>(), owner.bytes);
            assert!(owner.used.unwrap_or(0) + owner.slack <= owner.bytes || owner.is_dead);
        }
    }

    #[test]
    fn a_legacy_value_has_whole_pages() {
        let mut bytes = b"\x81\xa1n\x07".to_vec();
        bytes.resize(3 * 65_536, 0);
        let (map, _) = map_of(&TestImage::of(&bytes).image);
        let runs: Vec<u64> = map.runs.iter().map(|run| run.bytes).collect();
        assert_eq!(runs, [65_536, 2 * 65_536]);
        assert_eq!(map.owners[0].used, Some(4));
        assert!(map.owners[1].is_dead);
    }

    #[test]
    fn an_empty_memory_has_no_owners() {
        let (map, _) = map_of(&TestImage::of(b"").image);
        assert!(map.runs.is_empty() && map.owners.is_empty());
    }
}
