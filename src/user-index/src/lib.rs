//! The index canister: brings the canisters of a fleet through an upgrade, and creates new ones.
//!
//! It runs the engine of the crate [`fleet`] from timers, through the management canister: [`driver`] is the loop, [`state`]
//! what is kept, and the endpoints are for its controllers. What it does with a canister, and when, is the engine's; this crate
//! adds calls, answers and memory.
//!
//! # What is kept where
//! | | |
//! |---|---|
//! | hot state, saved in every upgrade | the plan and how far it is, the modules' chunk hashes, the last errors |
//! | `members`, `records` | each canister and where it stands, written in the message that changed it |
//! | `events` | the last [`KEPT_EVENTS`](state::KEPT_EVENTS) of what happened |
//! | `users` | the canisters that were created here |
//! | `surveyed` | what canisters were found to be, to deal them out to waves |
//! | heap | the [`Fleet`](fleet::Fleet), made of plan, members and records again after each upgrade |
//! | chunk store | the modules |
//!
//! # What a canister takes
//! 648 bytes of heap and 471 of stable memory, of 10 000 members that each ended with a cause, after an upgrade of the index;
//! before it 340 bytes of heap, and 275 and 419 while nothing has happened. So 100 000 take 65 MB of heap and 47 MB of stable
//! memory. The test `a_canister_takes_so_many_bytes` of `src/fleet-host` holds it; [`state::stored`] has the encoding.
//!
//! # What can go wrong with it
//! - **A trap** undoes the message it happens in, and no more. A call whose answer was lost by it is found by the
//!   [watch](driver), and the engine looks what became of it.
//! - **An upgrade** in the middle: stop the canister first, as `icp canister install` does, which lets every open call end
//!   within 5 minutes. `pre_upgrade` refuses while calls are open, because their answers would come to another heap.
//! - **Too few cycles**: it makes no call while it has fewer than [`RESERVE`](driver::RESERVE), and says so.

pub mod api;
pub mod driver;
mod lifecycle;
mod limits;
mod management;
mod modules;
mod registry;
pub mod state;
mod survey;
mod users;

pub use lifecycle::APPLICATION;

// Last, because it collects what the modules before it declare.
#[cfg(target_family = "wasm")]
mod interface;
