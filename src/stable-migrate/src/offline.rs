//! What is done to a canister's snapshot off the network: upgrades on the embedded host, with every answer compared, and a
//! new snapshot of what came of them.
//!
//! Nothing else of the canister runs: no timer, no heartbeat, and no call leaves it. Timers that post_upgrade sets are in
//! the snapshot and run when it is loaded; a timer that the snapshot had and the new one has not is a failure. The
//! questions are asked at the start, after every upgrade, and of what was written. What is not the canister's is not
//! written.

mod outcome;
mod revert;
mod trial;
mod upgrade;

pub use outcome::Outcome;
pub use revert::{Goal, OfflineRevert};
pub use upgrade::OfflineUpgrade;
