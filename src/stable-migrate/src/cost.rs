//! What a fleet of canisters pays, and what its migration takes, reckoned from a sample of it.
//!
//! `state` says what is known of a canister's state, `model` has the measured figures, `canister` what it pays for at each
//! station of the migration; `migration` has what it takes to get there, `fleet` scales a sample.

mod canister;
mod fleet;
mod migration;
mod model;
mod sizes;
mod state;

pub use canister::{Basis, CanisterCost, Paid, Releases, STATIONS};
pub use fleet::{FleetCost, FleetMigration, Sample, Spread, StationCost};
pub use migration::{Effort, MigrationCost, Terms};
pub use sizes::parse_sizes;

/// More canisters than a fleet has: a bound on what is multiplied here.
pub const MAX_CANISTERS: u64 = 1_000_000_000;
