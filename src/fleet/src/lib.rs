//! Brings a fleet of canisters through an upgrade: what to do next, decided from what has happened.
//!
//! (docs below)
mod call;
mod cause;
mod confidence;
mod course;
mod cycles;
mod decide;
mod event;
mod fleet;
mod hash;
mod index;
mod member;
mod plan;
mod record;
mod report;
mod time;

pub use call::{Answer, Call, Running, Sight, SnapshotId};
pub use cause::{Cause, Class, MAX_TEXT_BYTES, UnknownClass};
pub use confidence::{needed, rate_below};
pub use event::{Command, Event, What};
pub use fleet::{Fleet, Head, Phase, Unfit};
pub use hash::{ModuleHash, NotAHash};
pub use index::Tally;
pub use member::{Found, Member, WAVES, deal};
pub use plan::{
    Budget, Limits, MAX_MODULES, MAX_SNAPSHOTS, MAX_STAGES, Plan, PlanError, Retry, Snapshots,
    Stage, TopUp, WayBack,
};
pub use record::{End, Leg, Record, State, Step};
pub use report::{Group, Report, WaveReport};
pub use time::Time;
