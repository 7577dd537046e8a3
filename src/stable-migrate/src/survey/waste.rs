//! Where the waste in a stable memory is, and what gives how much of it back.
//!
//! ```text
//! stable memory   page of the manager │ buckets of the memories │ behind the last bucket
//! a memory        what it holds │ behind what it holds │ slack: behind its last page
//! a map           heads, keys and values │ room that nodes do not fill │ free nodes │ nodes that nothing leads to
//! ```
//! Every byte is on one side: what is used and what is wasted are the whole memory together. What cannot be read counts as
//! used.

use ic_stable_migration::{BucketPlan, HEADER_BYTES, PAGE_BYTES};
use serde::Serialize;

use super::{Behind, Content, Layout, LegacySurvey, ManagedSurvey, MemorySurvey};
use crate::buckets;
use crate::structure::{BTree, Structure};

/// The waste of a stable memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Waste {
    /// Bytes that hold something.
    pub used_bytes: u64,
    /// Bytes that hold nothing anybody reads: with those that are used, all of the stable memory.
    pub wasted_bytes: u64,
    /// Where they are, the largest part first.
    pub parts: Vec<WastePart>,
    /// What each way to get some of it back would bring.
    pub gives_back: Vec<GivesBack>,
}

/// Waste of one kind in one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct WastePart {
    /// What it is.
    #[serde(flatten)]
    pub kind: WasteKind,
    /// The virtual memory; absent for what belongs to none.
    pub memory: Option<u8>,
    /// The collections that are written down for that memory.
    pub collection: Option<String>,
    /// Bytes.
    pub bytes: u64,
}

/// The kinds of waste.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WasteKind {
    /// Nodes that a map has given back to its allocator, where they wait for the next entries.
    FreeNodes {
        /// How many.
        nodes: u64,
    },
    /// Nodes that a map has taken and nothing leads to.
    UnreachableNodes {
        /// How many.
        nodes: u64,
    },
    /// Room in the nodes of a map that its entries do not fill.
    UnfilledNodes {
        /// Nodes and overflow pages of the map.
        nodes: u64,
        /// How full they are, in percent of their bytes.
        filled_percent: u8,
    },
    /// From the end of what a memory holds to its last page.
    UnusedEnd,
    /// From the end of the state and its journal to the last page of that memory.
    BehindJournal,
    /// Behind the last page of a memory, in buckets that it owns.
    Slack,
    /// Behind the last bucket: nobody's.
    DeadBuckets,
    /// Behind a value that no manager divides from the rest, and not known to be anything.
    BehindValue,
    /// Pages that nothing was ever written to.
    NeverWritten,
}

/// What one way gives back, by the memory as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct GivesBack {
    /// The way.
    pub way: Way,
    /// Pages of 64 KiB.
    pub pages: u64,
    /// Bytes: those pages.
    pub bytes: u64,
    /// Whether the canister pays for less; otherwise its memories can grow into it, and the stable memory stays as large.
    pub is_paid_less: bool,
    /// Whether it was reckoned from sizes alone.
    pub is_estimate: bool,
}

/// The ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// `stable-migrate compact`: buckets of the right size, nothing behind the journal and the last bucket.
    Compact,
    /// `stable-migrate compact --repack`: the maps of the collections written anew as well.
    Repack,
    /// The next upgrade on chain, in which the library gives the buckets behind the journal to whoever grows.
    Reclaim,
    /// `stable-migrate upgrade`: to a release with the library, compacted.
    Upgrade,
}

impl Waste {
    /// Of a memory of `stable_bytes` in which `layout` was found.
    pub fn of(layout: &Layout, stable_bytes: u64) -> Self {
        let (mut parts, gives_back) = match layout {
            Layout::Managed(managed) => (of_managed(managed), ways(managed, stable_bytes)),
            Layout::Legacy(legacy) => (
                vec![part(WasteKind::BehindValue, unread(legacy))],
                vec![adopted(legacy, stable_bytes)],
            ),
            Layout::NotOurs(foreign) => {
                let behind = stable_bytes.saturating_sub(foreign.used_bytes);
                (vec![part(WasteKind::BehindValue, behind)], Vec::new())
            }
            Layout::Zeros => (
                vec![part(WasteKind::NeverWritten, stable_bytes)],
                Vec::new(),
            ),
            Layout::Empty | Layout::Damaged { .. } => (Vec::new(), Vec::new()),
        };
        parts.retain(|part| part.bytes > 0);
        parts.sort_by_key(|part| std::cmp::Reverse(part.bytes));
        let wasted_bytes = parts.iter().map(|part| part.bytes).sum();
        Self {
            used_bytes: stable_bytes.saturating_sub(wasted_bytes),
            wasted_bytes,
            parts,
            gives_back,
        }
    }
}

fn part(kind: WasteKind, bytes: u64) -> WastePart {
    WastePart {
        kind,
        memory: None,
        collection: None,
        bytes,
    }
}

/// Bytes behind a legacy value that are zero or the rest of an older one: the others may be the canister's own.
fn unread(legacy: &LegacySurvey) -> u64 {
    let own = match legacy.behind {
        Behind::Zeros | Behind::OlderTail { .. } => 0,
        Behind::Unexplained { bytes } => bytes,
        Behind::Apart { from, to } => to - from,
    };
    legacy.trailing_bytes - own
}

fn of_managed(managed: &ManagedSurvey) -> Vec<WastePart> {
    let dead = part(WasteKind::DeadBuckets, managed.dead_bytes);
    let of_memories = managed.memories.iter().flat_map(|memory| {
        let kinds = of_memory(memory);
        kinds.into_iter().map(|(kind, bytes)| WastePart {
            memory: Some(memory.id),
            collection: memory.collection.clone(),
            ..part(kind, bytes)
        })
    });
    of_memories.chain([dead]).collect()
}

fn of_memory(memory: &MemorySurvey) -> Vec<(WasteKind, u64)> {
    let bytes = memory.pages * PAGE_BYTES;
    let behind = bytes.saturating_sub(memory.used_bytes.unwrap_or(bytes));
    let end = match &memory.content {
        Content::SavedState(_) => WasteKind::BehindJournal,
        Content::Blank => WasteKind::NeverWritten,
        _ => WasteKind::UnusedEnd,
    };
    let mut parts = vec![(WasteKind::Slack, memory.slack_bytes), (end, behind)];
    if let Content::Structure(Structure::StableBTreeMap(map)) = &memory.content {
        parts.extend(of_map(map));
    }
    parts
}

fn of_map(map: &BTree) -> Vec<(WasteKind, u64)> {
    let Some(walk) = &map.walk else {
        return Vec::new();
    };
    let nodes = walk.nodes + walk.overflow_pages;
    let unfilled = walk.unfilled_bytes.unwrap_or(0);
    let of_nodes = nodes * map.node_bytes;
    let filled = of_nodes.saturating_sub(unfilled);
    let chunks = |nodes: u64| nodes * map.chunk_bytes();
    vec![
        (
            WasteKind::FreeNodes {
                nodes: walk.free_chunks,
            },
            chunks(walk.free_chunks),
        ),
        (
            WasteKind::UnreachableNodes {
                nodes: walk.unreachable_chunks,
            },
            chunks(walk.unreachable_chunks),
        ),
        (
            WasteKind::UnfilledNodes {
                nodes,
                filled_percent: (filled * 100 / of_nodes.max(1)) as u8,
            },
            unfilled,
        ),
    ]
}

/// What adopting a legacy value leaves over, off the network: the manager's page, and buckets for the header and the value.
fn adopted(legacy: &LegacySurvey, stable_bytes: u64) -> GivesBack {
    let pages = (HEADER_BYTES + legacy.value_bytes).div_ceil(PAGE_BYTES);
    let buckets = BucketPlan::default().pages();
    let after = buckets::managed_pages([pages].into_iter(), buckets);
    gives_back(
        Way::Upgrade,
        (stable_bytes / PAGE_BYTES).saturating_sub(after),
    )
    .about()
}

fn ways(managed: &ManagedSurvey, stable_bytes: u64) -> Vec<GivesBack> {
    let stable_pages = stable_bytes / PAGE_BYTES;
    let fewer = |after: u64| stable_pages.saturating_sub(after);
    let compacted = fewer(managed.right_size.stable_pages);
    let behind_journal = managed.behind_journal_bytes / PAGE_BYTES;
    let repacked = managed.memories.iter().map(|memory| match memory.id {
        id if id == managed.home => memory.pages.saturating_sub(behind_journal),
        _ => repacked_pages(memory),
    });
    let after = buckets::managed_pages(repacked, managed.right_size.bucket_pages);
    let mut ways = vec![gives_back(Way::Compact, compacted)];
    if fewer(after) > compacted {
        ways.push(gives_back(Way::Repack, fewer(after)).about());
    }
    if let Some(home) = saved_and_moved(managed) {
        let pages = reclaimed(managed, home) * u64::from(managed.bucket_pages);
        ways.push(GivesBack {
            is_paid_less: false,
            ..gives_back(Way::Reclaim, pages)
        });
    }
    ways.push(gives_back(Way::Upgrade, compacted).about());
    ways
}

fn gives_back(way: Way, pages: u64) -> GivesBack {
    GivesBack {
        way,
        pages,
        bytes: pages * PAGE_BYTES,
        is_paid_less: true,
        is_estimate: false,
    }
}

impl GivesBack {
    fn about(self) -> Self {
        Self {
            is_estimate: true,
            ..self
        }
    }
}

/// Pages that a memory has when its map was written anew, in nodes that are full but for a twentieth.
fn repacked_pages(memory: &MemorySurvey) -> u64 {
    let unfilled = match (&memory.collection, &memory.content) {
        (Some(_), Content::Structure(Structure::StableBTreeMap(map))) => map
            .walk
            .as_ref()
            .and_then(|walk| Some((map, walk, walk.unfilled_bytes?))),
        _ => None,
    };
    let Some((map, walk, unfilled)) = unfilled else {
        return memory.pages;
    };
    let filled = ((walk.nodes + walk.overflow_pages) * map.chunk_bytes()).saturating_sub(unfilled);
    let bytes = filled + filled / 20;
    memory.pages.min(bytes.div_ceil(PAGE_BYTES).max(1))
}

/// The memory of a state whose collections have moved: only then are buckets given back on chain.
fn saved_and_moved(managed: &ManagedSurvey) -> Option<&MemorySurvey> {
    let home = managed
        .memories
        .iter()
        .find(|memory| memory.id == managed.home)?;
    let Content::SavedState(state) = &home.content else {
        return None;
    };
    let phase = state.journal.as_ref().map(|journal| journal.phase);
    (phase == Some("done")).then_some(home)
}

/// Buckets that the next upgrade gives back. None where more pages would have to move than an upgrade moves.
fn reclaimed(managed: &ManagedSurvey, home: &MemorySurvey) -> u64 {
    let bucket_pages = u64::from(managed.bucket_pages);
    let needed = home
        .used_bytes
        .unwrap_or(0)
        .div_ceil(bucket_pages * PAGE_BYTES);
    let spare = home.buckets.saturating_sub(needed);
    let (mut of_home, mut moving) = (0, 0);
    for &(id, buckets) in &managed.runs {
        match id == home.id {
            true => of_home += buckets,
            false if of_home > needed => moving += buckets,
            false => {}
        }
    }
    match moving * bucket_pages > MOST_RECLAIMED_PAGES {
        true => 0,
        false => spare,
    }
}

/// Most pages that the library moves in an upgrade to give buckets back.
const MOST_RECLAIMED_PAGES: u64 = 32_768;

#[cfg(test)]
mod tests;
