//! Moves an Internet Computer canister from one serialized value at offset 0 of stable memory to a
//! `MemoryManager`, in stages and without losing a byte.

mod bucket_plan;
mod codec;
mod error;
mod header;
mod journal;
mod ledger;
mod legacy;
mod managed;
mod manager;
mod mover;
mod open;
mod plan;
mod report;
mod stream;
#[cfg(test)]
mod test_memory;
mod tiered;
mod tracked;

pub use bucket_plan::{BucketPlan, MAX_BUCKETS, PAGE_BYTES};
#[cfg(feature = "candid")]
pub use codec::Candid;
#[cfg(feature = "messagepack")]
pub use codec::MessagePack;
pub use codec::{Cbor, Codec, Format, LengthU32, LengthU64, StreamCodec};
pub use error::{Error, Glimpse, Place};
pub use header::{HEADER_BYTES, Header};
pub use legacy::{Adoptable, Legacy};
pub use managed::{Empty, Managed, ManagedMemory, Memory0Content, Stamp};
pub use manager::BucketTable;
pub use mover::{
    Budget, CollectionStatus, Difference, MoveStatus, Mover, Phase, StepReport, Stuck, Tier, Tiered,
};
pub use open::{OpenOptions, Opened, Unrecognized, open};
pub use plan::{Origin, Plan, Resumed};
pub use report::{CYCLES_PER_GIB_SECOND, StableReport, VirtualMemoryReport, cycles_per_year};
pub use tiered::{Collection, TieredMap};
