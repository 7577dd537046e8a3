//! What a fleet of canisters pays, and what its migration takes, reckoned from a sample of it.
//!
//! `canister` has one canister at each station of the migration, by the measured figures of `model`; `migration` what it
//! takes to get there; `fleet` scales a sample.

mod canister;
mod fleet;
mod migration;
mod model;
mod sizes;

pub use canister::{Basis, CanisterCost, Paid, Releases, STATIONS};
pub use fleet::{FleetCost, FleetMigration, Sample, Spread, StationCost};
pub use migration::{Effort, MigrationCost, Terms};
pub use sizes::parse_sizes;

/// More canisters than a fleet has: a bound on what is multiplied here.
pub const MAX_CANISTERS: u64 = 1_000_000_000;
