//! Asks a canister everything its interface offers, and tells whether it answers the same later.
//!
//! A [`Questionnaire`] asks every query of the [`Interface`] that a module carries: those without an argument as they
//! are, the others with arguments made of their types and of what state and answers hold. Asked again, after an
//! upgrade or anything else that must not change what a canister says, it tells the differences. Who is asked is a
//! [`Respondent`], as a [`LoneCanister`](canister_host::LoneCanister) is.
//!
//! ```
//! use canister_host::{HostConfig, LoneCanister, Module, Principal};
//! use canister_questions::{Asking, NO_ARGUMENT, Questionnaire};
//!
//! // Its count is the last byte of the reply.
//! let wasm = wat::parse_str(r#"
//!   (module
//!     (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
//!     (import "ic0" "msg_reply" (func $reply))
//!     (memory 1)
//!     (data (i32.const 0) "DIDL\00\01\7b\00")
//!     (func $get (export "canister_query get")
//!       (call $append (i32.const 0) (i32.const 8))
//!       (call $reply))
//!     (func (export "canister_update count")
//!       (i32.store8 (i32.const 7) (i32.add (i32.load8_u (i32.const 7)) (i32.const 1)))
//!       (call $get))
//!     (@custom "icp:public candid:service"
//!       "service : { count : () -> (nat8); get : () -> (nat8) query }"))
//! "#)?;
//!
//! let me = Principal::anonymous();
//! let module = Module::new(&wasm)?;
//! let mut counter = LoneCanister::install(HostConfig::default(), None, me, &module, &[])?;
//! let asking = Asking { sender: me, calls: None, left_out: Vec::new() };
//! let questionnaire = Questionnaire::begin(&mut counter, &asking)?;
//! let asked: Vec<&str> = questionnaire.questions().map(|question| &question.text[..]).collect();
//! assert_eq!(asked, ["get ()"]);
//! assert_eq!(questionnaire.compare(&mut counter).same, 1);
//!
//! counter.update(me, "count", NO_ARGUMENT)?;
//! let compared = questionnaire.compare(&mut counter);
//! let difference = &compared.different[0];
//! assert_eq!((&difference.before[..], &difference.after[..]), ("0 : nat8", "1 : nat8"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
mod arguments;
mod calls;
mod compatible;
mod findings;
mod interface;
mod nearest;
mod nesting;
mod questions;
mod respondent;
mod search;
pub mod words;

pub use answers::{Answer, Comparison, Difference, Question, Refusal, compare};
pub use arguments::arguments;
pub use calls::parse_calls;
pub use compatible::{Break, Broken};
pub use findings::SEARCHED;
pub use interface::{Interface, NO_ARGUMENT};
pub use nearest::{did_you_mean, nearest};
pub use questions::{Asking, Compared, Coverage, NotAsked, Questionnaire};
pub use respondent::Respondent;
