//! Running a canister from its snapshot, off the network: upgrades as the replica does them, questions before and
//! after, faults.

mod again;
mod answers;
mod arguments;
mod calls;
mod canister;
mod faults;
mod findings;
mod interface;
mod migration;
mod moving;
mod price;
mod questions;
mod rehearsal;
mod search;
mod setting;
mod snapshot;
mod upgraded;
mod words;

pub use again::{Room, TIMER_LOST};
pub use answers::Difference;
pub use canister::{Canister, Setting, Step};
pub use faults::FaultRun;
pub use interface::{Interface, NO_ARGUMENT};
pub use migration::Standing;
pub use moving::{Moved, Outcome as MoveOutcome, STEP_METHOD};
pub use price::Price;
pub use questions::{Asking, Compared, Coverage, NotAsked, Questionnaire};
pub use rehearsal::{Rehearsal, Rehearsed};
pub use setting::OwnSettings;
pub use snapshot::{of_bare, of_directory, stable_over, write_over, write_snapshot, write_stable};
pub use upgraded::{Failed, Hook, Upgraded};
