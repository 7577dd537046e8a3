//! Running a canister from its snapshot, off the network: upgrades as the replica does them, questions before and
//! after, faults.

mod again;
mod canister;
mod faults;
mod migration;
mod moving;
mod price;
mod rehearsal;
mod setting;
mod snapshot;
mod upgraded;

pub use canister_questions::{
    Asking, Compared, Coverage, Difference, Interface, NO_ARGUMENT, NotAsked, Questionnaire,
};

pub use again::{Room, TIMER_LOST};
pub use canister::{Canister, Setting, Step};
pub use faults::FaultRun;
pub use migration::Standing;
pub use moving::{Moved, Outcome as MoveOutcome, STEP_METHOD};
pub use price::Price;
pub use rehearsal::{Rehearsal, Rehearsed};
pub use setting::OwnSettings;
pub use snapshot::{of_bare, of_directory, stable_over, write_over, write_snapshot, write_stable};
pub use upgraded::{Failed, Hook, Upgraded};
