//! Asks a canister everything its interface offers, and tells whether it answers the same later.

mod answers;
mod arguments;
mod calls;
mod findings;
mod interface;
mod nesting;
mod questions;
mod respondent;
mod search;
pub mod words;

pub use answers::{Answer, Comparison, Difference, Question, Refusal, compare};
pub use arguments::arguments;
pub use calls::parse_calls;
pub use findings::SEARCHED;
pub use interface::{Interface, NO_ARGUMENT};
pub use questions::{Asking, Compared, Coverage, NotAsked, Questionnaire};
pub use respondent::Respondent;
