//! Reports on the layout of the state and on the pages it takes.

use ic_stable_migration::{
    Error, Header, Memory0Content, PAGE_BYTES, StableReport, VirtualMemoryReport, cycles_per_year,
};
use thiserror::Error as ThisError;

use crate::domain::memory::{
    HeaderReport, LastSave, Layout, ManagerReport, MemoryReport, MigrationStatus, Start,
    VirtualMemory,
};
use crate::stable::Stable;

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

/// Where the migration stands. Reads the header of memory 0.
pub fn status(stable: Option<&Stable>) -> Result<MigrationStatus, ReportError> {
    Ok(match stable.ok_or(ReportError::NotStarted)? {
        Stable::Legacy {
            release,
            started_from,
        } => MigrationStatus {
            release: *release,
            layout: Layout::Legacy,
            started_from: started_from.clone(),
            upgrades: None,
            last_save: None,
        },
        Stable::Managed {
            release,
            started_from,
            memory,
        } => {
            let header = match memory.content()? {
                Memory0Content::Saved(header) => Some(header),
                _ => None,
            };
            MigrationStatus {
                release: *release,
                layout: Layout::Memory0,
                started_from: started_from.clone(),
                upgrades: header.map(|header| header.upgrades),
                last_save: header.map(|header| LastSave {
                    at: header.saved_at,
                    payload_bytes: header.payload_bytes,
                    schema: header.schema,
                }),
            }
        }
    })
}

/// What the memory is used for. Reads the manager's page and the header of memory 0.
pub fn report(stable: Option<&Stable>, pages: Pages) -> Result<MemoryReport, ReportError> {
    let (payload_bytes, manager) = match stable.ok_or(ReportError::NotStarted)? {
        Stable::Legacy { started_from, .. } => match started_from {
            Start::Legacy { bytes, .. } => (Some(*bytes), None),
            _ => (None, None),
        },
        Stable::Managed { memory, .. } => {
            let manager = ManagerReport::from(memory.report()?);
            let header = manager.header.as_ref();
            (header.map(|header| header.payload_bytes), Some(manager))
        }
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
