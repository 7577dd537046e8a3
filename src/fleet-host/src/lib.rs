//! A fleet of canisters with its index on the embedded host: the real modules, one process, a clock that jumps to when
//! something is due.
//!
//! ```no_run
//! use fleet_host::{FleetOnHost, modules, plan};
//!
//! let mut fleet = FleetOnHost::new(Default::default(), &modules::load("user-index")?)?;
//! let legacy = modules::load("release-0-legacy")?;
//! // A canister that lived a little, and 99 with the memory that it left.
//! let first = fleet.add_filled(&legacy, &canister_scenario::Fill::SMALL)?;
//! let memory = fleet.host.stable_memory(first)?;
//! let mut users = vec![first];
//! for _ in 1..100 {
//!     users.push(fleet.add_with_memory(&legacy, memory.clone())?);
//! }
//! // Through both stages, in waves of 1, 10 and the rest.
//! let adopt = fleet.upload("adopt", &modules::bytes("release-1-adopt")?)?;
//! let today = fleet.upload("today", &modules::bytes("individual-user")?)?;
//! let stages = plan::stages(&legacy, &adopt, &today);
//! fleet.set_plan(stages, fleet_host::waves(&users, &[1, 10]))?;
//! fleet.begin()?;
//! let status = fleet.run_to_end()?;
//! assert_eq!(status.ended, 100);
//! println!("{}", fleet.report()?);
//! # Ok::<(), fleet_host::FleetError>(())
//! ```
//!
//! # Speed
//! [`step`](FleetOnHost::step) runs what is due, and moves the clock to the next thing that is due if nothing was: waiting costs
//! nothing. The host executes one message after the other. Give users memories that were made once
//! ([`add_with_memory`](FleetOnHost::add_with_memory)) instead of filling each.
//!
//! # Faults
//! [`FleetOnHost::host`] is the host, with its faults: `fail_management` for answers of the management canister, `set_fault` for
//! traps, in the index or in a user.

/// Bytes of heap that the index takes for a canister that ended with a cause, after an upgrade of the index. Measured with
/// 10 000; `a_canister_takes_so_many_bytes` holds it within a tenth.
pub const HEAP_A_CANISTER: u64 = 648;
/// Bytes of stable memory, likewise.
pub const STABLE_A_CANISTER: u64 = 471;

mod error;
mod interface;
pub mod modules;
mod on_host;
pub mod plan;
mod users;

pub use error::FleetError;
pub use on_host::{FleetOnHost, INDEX_CYCLES};
pub use plan::waves;
