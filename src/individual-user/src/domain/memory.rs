//! How the canister's memory is laid out and what it costs.

use candid::CandidType;
use ic_stable_migration::{MoveStatus, Pace};
use serde::Deserialize;

/// Where the state is kept between two versions of the module.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One value at offset 0 of stable memory, written by every upgrade.
    Legacy,
    /// Memory 0 of a memory manager.
    Memory0,
}

/// What the running module started from.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Nothing: it was installed.
    Installed,
    /// A legacy value at offset 0.
    Legacy {
        /// Its encoding.
        format: String,
        /// The bytes it took.
        bytes: u64,
        /// How it was adopted; none in a release that leaves it where it is.
        adopted: Option<Adopted>,
    },
    /// A value in memory 0 that no release has written: the frame of 2023, or another form.
    Value {
        /// Its encoding, and what stands in front of it.
        form: String,
        /// Its length in bytes, without what stands in front of it.
        bytes: u64,
        /// How it was adopted.
        adopted: Adopted,
    },
    /// Memory 0.
    Memory0 {
        /// The release that had written it.
        release: u32,
    },
}

/// How a value was taken over into memory 0.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// Bytes behind it that longer values of before had left.
    pub trailing_bytes: u64,
    /// Whether what was saved of it was read back and found the same.
    pub read_back: bool,
}

/// The last time the state was saved in memory 0.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSave {
    /// When, in nanoseconds since 1970.
    pub at: u64,
    /// Size of the saved state in bytes.
    pub payload_bytes: u64,
    /// Schema version of the saved state.
    pub schema: u32,
}

/// Where the migration stands.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct MigrationStatus {
    /// The release that is installed.
    pub release: u32,
    /// Where it keeps the state.
    pub layout: Layout,
    /// What it started from.
    pub started_from: Start,
    /// Upgrades since memory 0 was made; none in the legacy layout, which does not count them.
    pub upgrades: Option<u32>,
    /// The last save; none in the legacy layout and before the first one.
    pub last_save: Option<LastSave>,
    /// How the collections' move to stable maps goes; none in a release that does not move them.
    pub move_status: Option<MoveStatus>,
    /// How far that move is, how fast it goes, and what holds it up; none in a release that does not move.
    pub pace: Option<Pace>,
}

/// The pages of one virtual memory.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualMemory {
    /// Its id.
    pub id: u8,
    /// Buckets it owns.
    pub buckets: u64,
    /// Its size in pages of 64 KiB.
    pub pages: u64,
    /// Bytes of its buckets that it does not use.
    pub slack_bytes: u64,
}

/// The header of memory 0.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct HeaderReport {
    /// Encoding of the saved state.
    pub format: String,
    /// Its schema version.
    pub schema: u32,
    /// Its size in bytes.
    pub payload_bytes: u64,
    /// Its checksum.
    pub payload_checksum: u64,
    /// The release that wrote the memory last.
    pub release: u32,
    /// Upgrades since the memory was made.
    pub upgrades: u32,
    /// Instructions that the pre_upgrade of the last save took.
    pub save_instructions: u64,
    /// When the state was saved, in nanoseconds since 1970.
    pub saved_at: u64,
    /// How often the memory was rewritten from outside.
    pub generation: u64,
}

/// What is under the memory manager.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct ManagerReport {
    /// Size of a bucket in pages of 64 KiB.
    pub bucket_pages: u16,
    /// Pages behind the last bucket, left from an earlier layout.
    pub unmanaged_pages: u64,
    /// The header of memory 0, once there is one.
    pub header: Option<HeaderReport>,
    /// The virtual memories that own a bucket.
    pub memories: Vec<VirtualMemory>,
}

/// What the canister's memory is used for.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct MemoryReport {
    /// Stable memory in pages of 64 KiB.
    pub stable_pages: u64,
    /// Heap in pages of 64 KiB. It never shrinks while a module is installed.
    pub heap_pages: u64,
    /// Bytes of the state as it was last saved, in whatever layout.
    pub payload_bytes: Option<u64>,
    /// What is under the memory manager; none in the legacy layout.
    pub manager: Option<ManagerReport>,
    /// Cycles that heap and stable memory cost in a year on a subnet of 13 nodes.
    pub cycles_per_year: u128,
}
