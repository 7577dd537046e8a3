//! What a client of the individual user canister does, for rehearsals and tests.
//!
//! A [`Fill`] is a deterministic list of calls that gives a canister posts, likes, views, bets,
//! followers and token events, through its endpoints alone. An [`Interview`] finds out which
//! questions a canister has something to say to, and asks the same ones again later; two sets of
//! answers say whether anything was lost between them, and where.
//!
//! Nothing here runs a canister: who wants an answer passes a function that takes a [`Call`] and
//! returns the reply's bytes or the reject's text. So the same scenario runs on any host.
//!
//! ```
//! use canister_scenario::{Call, Fill, Interview, Step};
//!
//! // A canister that knows nothing and refuses everything.
//! let mut ask = |call: &Call| Err(format!("no method {}", call.method));
//!
//! for step in Fill::SMALL.steps() {
//!     if let Step::Call(call) = step {
//!         assert!(ask(&call).is_err());
//!     }
//! }
//! let interview = Interview::prepare(&mut ask);
//! let before = interview.answers(&mut ask);
//! let after = interview.answers(&mut ask);
//! assert_eq!(before.first_difference(&after), None);
//! ```

mod answer;
mod call;
mod difference;
mod fill;
mod interview;
pub mod people;
mod random;
mod wire;

pub use answer::{Answer, Answers};
pub use call::{Call, init_args, upgrade_args};
pub use difference::Difference;
pub use fill::{Fill, Step, random_call};
pub use interview::Interview;
pub use random::Random;
