//! Brings a fleet of canisters through an upgrade: what to do next, decided from what has happened.
//!
//! A [`Plan`] says what is done with every canister: the stages, the snapshots, the way back, how many may fail. [`deal`]
//! puts the canisters into waves. A [`Fleet`] is where all of them stand, and the fold over its [`Event`]s: what was
//! decided, what was answered, what the operator wanted. It has no clock, makes no call and keeps nothing, so that the same
//! engine serves a command line and a canister, and a hundred thousand runs of it can be tried in a minute.
//!
//! A driver does this, for ever:
//!
//! 1. [`Fleet::decide`], with the time. What it returns has been applied; the driver keeps it.
//! 2. It makes the calls among it ([`What::Asked`]), as many at once as there are.
//! 3. An answer, or a command of the operator, becomes an event: applied, kept. Then from the beginning, at the latest
//!    when [`Fleet::wake_at`] says.
//!
//! A driver that died folds the events that it kept, applies [`What::Restarted`], and goes on. A call whose answer is lost
//! is not made again before a look at the canister has told that it had no effect, and cannot have one any more.
//!
//! ```
//! use fleet::{Answer, Call, Event, Fleet, Found, ModuleHash, Plan, Stage, Time, What, deal};
//! use ic_principal::Principal;
//!
//! let old = ModuleHash::of(b"release 1");
//! let stage = Stage {
//!     name: "release 2".to_owned(),
//!     module: ModuleHash::of(b"release 2"),
//!     from: vec![old],
//!     moves: true,
//! };
//! let found = Found {
//!     id: Principal::from_slice(&[1, 1]),
//!     subnet: 0,
//!     module: Some(old),
//!     layout: "legacy value".to_owned(),
//!     bytes: 1 << 20,
//!     changes: 4,
//! };
//! let mut fleet = Fleet::new(Plan::careful(vec![stage]), deal(&[found], &[1], 0, 7))?;
//!
//! let decided = fleet.decide(Time(100));
//! assert_eq!(decided[0].what, What::WaveBegan { wave: 0 });
//! assert_eq!(decided[1].what, What::Begun { canister: 0 });
//! assert_eq!(decided[2].what, What::Asked { canister: 0, call: Call::Look });
//!
//! // The answer never comes, so the driver says so; a look changes nothing and is made again in five seconds.
//! let lost = What::Answered { canister: 0, answer: Answer::Lost };
//! fleet.apply(&Event { at: Time(130), what: lost })?;
//! assert_eq!(fleet.decide(Time(130)), []);
//! assert_eq!(fleet.wake_at(Time(130)), Some(Time(135)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is promised
//!
//! Whatever the network loses, however often the driver dies, whatever the operator wants meanwhile:
//!
//! - no canister that ran is left stopped, unless the operator gave it up, and then it is called unknown;
//! - none is upgraded without a snapshot where the plan wants one;
//! - no upgrade is made twice;
//! - no canister is begun once a wave has had its failures, nor is a wave before all of the one before have ended;
//! - every canister stands in one state with a name.
//!
//! `tests/sequences.rs` holds this in 100 000 sequences against a modelled network that knows what was really done.
//!
//! # What it does not know
//!
//! Prices, and how a call is made. What a call costs and how long a wave takes is the driver's to reckon; the `model`
//! feature has a network to try it on.

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
#[cfg(feature = "candid")]
pub mod migration_status;
#[cfg(any(test, feature = "model"))]
pub mod model;
mod plan;
mod record;
mod reject;
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
pub use reject::Reject;
pub use report::{Group, Report, WaveReport};
pub use time::Time;
