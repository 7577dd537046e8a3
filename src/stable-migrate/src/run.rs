//! Running a canister from its snapshot, off the network: upgrades as the replica does them, questions before and
//! after, faults.

mod answers;
mod calls;
mod canister;
mod faults;
mod interface;
mod migration;
mod questions;
mod rehearsal;
mod setting;
mod snapshot;

pub use answers::Difference;
pub use canister::{Canister, INSTALL_INSTRUCTIONS, Setting, Step};
pub use faults::FaultRun;
pub use interface::{Interface, NO_ARGUMENT};
pub use migration::STATUS_QUERY;
pub use questions::{Compared, Questionnaire};
pub use rehearsal::{Hook, Rehearsal, Rehearsed, Settled, Upgraded, settled};
pub use setting::OwnSettings;
pub use snapshot::{of_bare, of_directory, stable_over, write_over, write_snapshot, write_stable};
