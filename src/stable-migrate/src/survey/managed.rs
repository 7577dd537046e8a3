//! A memory under a memory manager: its buckets, their owners, and what lies between.

use std::rc::Rc;

use ic_stable_migration::{BucketTable, Managed, PAGE_BYTES, cycles_per_year};
use serde::Serialize;

use super::ImageManager;
use super::collections;
use super::content::{self, Content, Held};
use super::journal::move_journal;
use crate::buckets;
use crate::compaction;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::structure::{Depth, KeyField, Structure};
use crate::virtual_memory::{Flaw, VirtualMemory};

/// A memory manager and its memories.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct ManagedSurvey {
    /// Size of a bucket in pages of 64 KiB.
    pub bucket_pages: u16,
    /// Buckets given out.
    pub buckets: u64,
    /// The virtual memory that has the state, or would get it: the one with this library's header, or 0.
    pub home: u8,
    /// Bytes that all memories together can reach with buckets of this size.
    pub ceiling_bytes: u64,
    /// Bytes in buckets that no memory reaches yet: behind the last page of each memory.
    pub slack_bytes: u64,
    /// Bytes behind the last bucket, left from an earlier layout.
    pub dead_bytes: u64,
    /// Bytes of whole pages in memory 0 behind the library's journal, left from a larger state.
    pub behind_journal_bytes: u64,
    /// The memories that own a bucket, by id.
    pub memories: Vec<MemorySurvey>,
    /// The same memories in buckets of the right size.
    pub right_size: RightSize,
    /// The owner of each bucket, in order, as (memory, buckets in a row).
    pub runs: Vec<(u8, u64)>,
}

/// One virtual memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct MemorySurvey {
    /// Its id.
    pub id: u8,
    /// Buckets it owns.
    pub buckets: u64,
    /// Bytes of these buckets.
    pub owned_bytes: u64,
    /// Its size in pages of 64 KiB.
    pub pages: u64,
    /// Bytes from its start that were ever used, where that can be told.
    pub used_bytes: Option<u64>,
    /// Bytes of its buckets behind its last page.
    pub slack_bytes: u64,
    /// The collection that is written down for it in this library's journal.
    pub collection: Option<String>,
    /// What it holds.
    pub content: Content,
}

/// What a rewrite with buckets of the right size would leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct RightSize {
    /// Size of a bucket in pages of 64 KiB.
    pub bucket_pages: u16,
    /// Size of the whole stable memory in pages.
    pub stable_pages: u64,
    /// Cycles that its storage costs in a year.
    pub cycles_per_year: u128,
}

impl ManagedSurvey {
    /// The memories that are neither that of the state nor a collection's that is written down: what the canister keeps in
    /// them by itself.
    pub fn unregistered(&self) -> impl Iterator<Item = &MemorySurvey> {
        let others = self.memories.iter();
        others.filter(|memory| memory.id != self.home && memory.collection.is_none())
    }
}

pub fn survey(
    image: &Rc<Image>,
    manager: &ImageManager,
    depth: Depth,
    damages: &mut Vec<String>,
    progress: &mut dyn FnMut(u64),
) -> Result<ManagedSurvey> {
    let table = bucket_table(image, manager)?;
    let header = compaction::header_of(manager).ok().flatten();
    // A journal that cannot be read is told of where the memory of the state is.
    let journal = header.and_then(|header| move_journal(manager, &header).ok().flatten());
    let mut memories = Vec::new();
    for &(id, pages) in &table.sizes {
        let memory = VirtualMemory::of(image, &table, id);
        let held = if id == manager.home() {
            content::of_memory0(manager, &memory, depth, damages, progress)
        } else {
            let size = journal
                .as_ref()
                .and_then(|journal| collections::key_size(journal, id));
            let keys = size.map(KeyField::from);
            content::of_memory(&memory, depth, keys, progress)
        };
        image.check()?;
        let (content, used_bytes) = settled(held, id, &memory, damages)?;
        let buckets = pages.div_ceil(table.bucket_pages.into());
        let owned_bytes = buckets * u64::from(table.bucket_pages) * PAGE_BYTES;
        memories.push(MemorySurvey {
            id,
            buckets,
            owned_bytes,
            pages,
            used_bytes,
            slack_bytes: owned_bytes - pages * PAGE_BYTES,
            collection: None,
            content,
        });
    }
    pair_logs(&mut memories);
    collections::name(&mut memories, damages);
    let kept = compaction::kept_sizes(&table, manager.home(), header.as_ref());
    let total = |sizes: &[(u8, u64)]| sizes.iter().map(|&(_, pages)| pages).sum::<u64>();
    let behind_journal = total(&table.sizes) - total(&kept);
    Ok(ManagedSurvey {
        bucket_pages: table.bucket_pages,
        buckets: table.owners.len() as u64,
        home: manager.home(),
        ceiling_bytes: u64::from(table.bucket_pages)
            * ic_stable_migration::MAX_BUCKETS
            * PAGE_BYTES,
        slack_bytes: memories.iter().map(|memory| memory.slack_bytes).sum(),
        dead_bytes: image.pages().saturating_sub(table.pages()) * PAGE_BYTES,
        behind_journal_bytes: behind_journal * PAGE_BYTES,
        right_size: right_size(&table, &kept, header.map_or(0, |header| header.ceiling)),
        runs: runs(&table.owners),
        memories,
    })
}

/// The bucket table of a manager that was found to add up.
fn bucket_table(image: &Image, manager: &Managed<Rc<Image>>) -> Result<BucketTable> {
    manager.bucket_table().map_err(|error| Error::Stable {
        path: image.path().to_owned(),
        error,
    })
}

/// Turns damage in one memory into a sentence, and goes on with the others.
fn settled(
    held: std::result::Result<Held, Flaw>,
    id: u8,
    memory: &VirtualMemory,
    damages: &mut Vec<String>,
) -> Result<Held> {
    match held {
        Ok(held) => Ok(held),
        Err(Flaw::Unreadable(error)) => Err(error),
        Err(Flaw::Damaged(damage)) => {
            damages.push(format!("memory {id}: {damage}"));
            let first = memory.bytes_at::<16>(0).unwrap_or_default();
            Ok((content::unknown(&first), None))
        }
    }
}

/// A log's data memory does not say how much of it is in use; its index does, where there is one of each.
fn pair_logs(memories: &mut [MemorySurvey]) {
    let is_data = |memory: &MemorySurvey| {
        matches!(
            memory.content,
            Content::Structure(Structure::StableLogData { .. })
        )
    };
    let indices: Vec<(u8, u64)> = memories
        .iter()
        .filter_map(|memory| match memory.content {
            Content::Structure(Structure::StableLogIndex { data_bytes, .. }) => {
                Some((memory.id, data_bytes))
            }
            _ => None,
        })
        .collect();
    let one_data = memories.iter().filter(|memory| is_data(memory)).count() == 1;
    let ([(index, data_bytes)], true) = (&indices[..], one_data) else {
        return;
    };
    if let Some(data) = memories.iter_mut().find(|memory| is_data(memory)) {
        let used = data.used_bytes.unwrap_or(0).saturating_add(*data_bytes);
        if used <= data.pages * PAGE_BYTES {
            data.used_bytes = Some(used);
            data.content = Content::Structure(Structure::StableLogData {
                index_memory: Some(*index),
            });
        }
    }
}

fn right_size(table: &BucketTable, kept: &[(u8, u64)], planned: u64) -> RightSize {
    let sizes = kept.iter().map(|&(_, pages)| pages);
    let bucket_pages = buckets::right_size(sizes.clone(), table.bucket_pages, planned).pages();
    let stable_pages = buckets::managed_pages(sizes, bucket_pages);
    RightSize {
        bucket_pages,
        stable_pages,
        cycles_per_year: cycles_per_year(stable_pages * PAGE_BYTES),
    }
}

fn runs(owners: &[u8]) -> Vec<(u8, u64)> {
    owners
        .chunk_by(|a, b| a == b)
        .map(|run| (run[0], run.len() as u64))
        .collect()
}
