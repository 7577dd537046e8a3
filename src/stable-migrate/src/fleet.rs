//! Upgrades of a fleet of canisters by somebody who holds their controller's key.
//!
//! The engine, the crate [`::fleet`], decides; what is here keeps its events in a [`Journal`], makes its calls on a
//! [`Network`] and tells the operator. An event is committed before the call that it decides on is made, so that whatever
//! ends the program, the next run knows what may have been done.
//!
//! ```text
//! FleetPlan ── saved, with the hash of every module ──┐
//!                                                     ▼
//!  Fleet::decide ──events──▶ Journal ──calls──▶ Network ──answers──▶ Journal ──▶ Fleet::apply
//!        ▲                                                                          │
//!        └──────────────────────────────── Runner ◀──────────────────────────────────┘
//! ```

mod agent;
mod clock;
mod error;
mod estimate;
mod identity;
mod inventory;
mod journal;
mod metrics;
mod network;
mod plan_file;
mod rehearsal;
mod report;
mod runner;
#[cfg(test)]
mod tests;

pub use agent::{AgentNetwork, Connection, Failure, MAX_MODULE};
pub use clock::{Clock, time_text};
pub use error::FleetError;
pub use estimate::{Estimate, WaveEstimate};
pub use identity::{Folders, Key, find_identity};
pub use inventory::{Inventory, Seen, take as take_inventory};
pub use journal::{Journal, Kept, Standing};
pub use metrics::{metrics_text, write_metrics};
pub use network::{Ask, Network, Reply};
pub use plan_file::{Checks, FleetPlan, ModuleFile, NetworkAddress, Operator, RootKey};
pub use rehearsal::Rehearser;
pub use report::{Row, Whole, fleet_html, fleet_text};
pub use runner::{Finish, Interrupt, Observer, Runner};
