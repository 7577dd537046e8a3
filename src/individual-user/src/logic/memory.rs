//! Reports on the layout of the state and on the pages it takes.

use candid::Principal;
use ic_stable_migration::{
    Error, Header, Memory0Content, PAGE_BYTES, StableReport, VirtualMemoryReport, cycles_per_year,
};
use thiserror::Error as ThisError;

use crate::domain::memory::{
    HeaderReport, LastSave, Layout, ManagerReport, MemoryReport, MigrationStatus, Start,
    VirtualMemory,
};
use crate::release::Release;
use crate::state::Store;

#[cfg(test)]
mod tests;

/// Sizes in pages of 64 KiB.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// Of stable memory.
    pub stable: u64,
    /// Of the heap.
    pub heap: u64,
}

/// What the canister is known by beside its state.
#[derive(Clone, Copy, Debug)]
pub struct Vitals {
    /// Itself.
    pub canister: Principal,
    /// Pages of its memories.
    pub pages: Pages,
    /// Its balance, in cycles.
    pub cycles: u128,
    /// Nanoseconds since 1970.
    pub now: u64,
}

/// Why there is no report.
#[derive(Debug, ThisError)]
pub enum ReportError {
    /// Neither `init` nor `post_upgrade` has run.
    #[error("the module has not started: neither init nor post_upgrade has run")]
    NotStarted,
    /// The manager's page or the header does not add up.
    #[error(transparent)]
    Memory(#[from] Error),
}

/// Where the migration stands at `now`, nanoseconds since 1970. Reads the header of memory 0.
///
/// # Errors
/// [`ReportError::NotStarted`], and those of reading the header.
pub fn status(
    release: Option<Release>,
    store: &mut Store,
    now: u64,
) -> Result<MigrationStatus, ReportError> {
    let release = release.ok_or(ReportError::NotStarted)?;
    let header = match store
        .managed()
        .map(|managed| managed.content())
        .transpose()?
    {
        Some(Memory0Content::Saved(header)) => Some(header),
        _ => None,
    };
    let (move_status, pace) = match store.mover()? {
        Some((mover, state)) => (Some(mover.status(state)), Some(mover.pace(state, now))),
        None => (None, None),
    };
    Ok(MigrationStatus {
        release: release.number,
        layout: match store.managed() {
            Some(_) => Layout::Memory0,
            None => Layout::Legacy,
        },
        started_from: release.started_from,
        upgrades: header.map(|header| header.upgrades),
        last_save: header.map(|header| LastSave {
            at: header.saved_at,
            payload_bytes: header.payload_bytes,
            schema: header.schema,
        }),
        move_status,
        pace,
    })
}

/// What the memory is used for. Reads the manager's page and the header of memory 0.
pub fn report(
    release: Option<Release>,
    store: &Store,
    pages: Pages,
) -> Result<MemoryReport, ReportError> {
    let release = release.ok_or(ReportError::NotStarted)?;
    let (payload_bytes, manager) = match (store.managed(), release.started_from) {
        (Some(managed), _) => {
            let manager = ManagerReport::from(managed.report()?);
            let header = manager.header.as_ref();
            (header.map(|header| header.payload_bytes), Some(manager))
        }
        (None, Start::Legacy { bytes, .. }) => (Some(bytes), None),
        (None, _) => (None, None),
    };
    Ok(MemoryReport {
        stable_pages: pages.stable,
        heap_pages: pages.heap,
        payload_bytes,
        manager,
        cycles_per_year: cycles_per_year((pages.stable + pages.heap) * PAGE_BYTES),
    })
}

impl From<StableReport> for ManagerReport {
    fn from(report: StableReport) -> Self {
        Self {
            bucket_pages: report.bucket_pages,
            unmanaged_pages: report.unmanaged_pages,
            header: match report.content {
                Memory0Content::Saved(header) => Some(header.into()),
                _ => None,
            },
            memories: report.memories.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Header> for HeaderReport {
    fn from(header: Header) -> Self {
        Self {
            format: header.format.to_string(),
            schema: header.schema,
            payload_bytes: header.payload_bytes,
            payload_checksum: header.payload_checksum,
            release: header.release,
            upgrades: header.upgrades,
            save_instructions: header.save_instructions,
            saved_at: header.saved_at,
            generation: header.generation,
        }
    }
}

impl From<VirtualMemoryReport> for VirtualMemory {
    fn from(memory: VirtualMemoryReport) -> Self {
        Self {
            id: memory.id,
            buckets: memory.buckets,
            pages: memory.pages,
            slack_bytes: memory.slack_bytes,
        }
    }
}
