//! Tests of a canister's upgrades, for those who write one.
//!
//! Give a [`Kit`] the modules of your releases in order and a [`Script`] of calls. It lets canisters live with them, on
//! an embedded subnet, beside a canister of the oldest release that gets the same calls and never migrates: what that
//! one answers is right. It tries
//!
//! - every order of the releases, each once and twice, a new canister of each, and older ones over newer ones;
//! - a trap at every stable write and every grow of every upgrade, after which memory and heap have to be as before;
//! - upgrades without pre_upgrade;
//! - an upgrade, an upgrade without pre_upgrade, and a trap after every step of a move in the background;
//! - a subnet without a free page;
//! - calls, timers, traps and upgrades in random order;
//!
//! and one more upgrade at the end of each. Whatever fails is told with the shortest script that shows it. A
//! [`Check`] that is not for a canister can be left out, and [`Limit`]s say what upgrades may cost.
//!
//! ```
//! use migration_kit::{Kit, KitError, Release, Script};
//!
//! // Two releases of a canister that keeps a number at offset 0 of stable memory over an upgrade.
//! # fn counter(version: u8) -> Vec<u8> {
//! #     wat::parse_str(format!(r#"
//! #       (module
//! #         (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
//! #         (import "ic0" "stable64_size" (func $size (result i64)))
//! #         (import "ic0" "stable64_read" (func $read (param i64 i64 i64)))
//! #         (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
//! #         (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
//! #         (import "ic0" "msg_reply" (func $reply))
//! #         (import "ic0" "trap" (func $trap (param i32 i32)))
//! #         (memory 1)
//! #         (data (i32.const 0) "DIDL\00\01\7b\00")
//! #         (data (i32.const 16) "nothing saved{version}")
//! #         (func $answer
//! #           (call $append (i32.const 0) (i32.const 8))
//! #           (call $reply))
//! #         (func (export "canister_query get") (call $answer))
//! #         (func (export "canister_update count")
//! #           (i32.store8 (i32.const 7) (i32.add (i32.load8_u (i32.const 7)) (i32.const 1)))
//! #           (call $answer))
//! #         (func (export "canister_pre_upgrade")
//! #           (if (i64.eqz (call $size)) (then (drop (call $grow (i64.const 1)))))
//! #           (call $write (i64.const 0) (i64.const 7) (i64.const 1)))
//! #         (func (export "canister_post_upgrade")
//! #           (if (i64.eqz (call $size)) (then (call $trap (i32.const 16) (i32.const 14))))
//! #           (call $read (i64.const 7) (i64.const 0) (i64.const 1)))
//! #         (@custom "icp:public candid:service"
//! #           "service : {{ count : () -> (nat8); get : () -> (nat8) query }}"))"#
//! #     )).expect("the text is a module")
//! # }
//! # fn main() -> Result<(), KitError> {
//! let releases = [Release::of("1", &counter(1))?, Release::of("2", &counter(2))?];
//! let script = Script::new().update("count", ())?.update("count", ())?;
//! let report = Kit::new(releases).script(script).run()?;
//! println!("{report}");
//! assert!(report.total.traps > 0 && report.total.answers > 50);
//! # Ok(())
//! # }
//! ```
//!
//! An adopter's test is no longer: [`Release::cargo`] builds a release of the package that is tested. `cargo xtask new`
//! writes a canister with such a test, and the packages in `examples` have one each. The oldest release may have its hooks,
//! types and endpoints in a module of its own, as the canister has them today: what is compared are answers. Whatever the
//! new state does not keep, as an inner map that is empty, is then found.
//!
//! [`LoneCanister`] drives one canister by hand, for what the kit does not know. The bytes of its
//! [`memory`](LoneCanister::memory) in a file are what `stable-migrate` looks at.

mod act;
mod check;
mod error;
mod frozen;
mod kit;
mod life;
mod limits;
mod problem;
mod release;
mod report;
mod script;
mod setting;
mod shrink;
mod tally;

pub use candid::Principal;
pub use canister_host::{HostConfig, LoneCanister};
pub use check::Check;
pub use error::KitError;
pub use frozen::Frozen;
pub use kit::Kit;
pub use limits::Limit;
pub use release::Release;
pub use report::{Failure, Report};
pub use script::Script;
pub use tally::{Cost, Tally};
