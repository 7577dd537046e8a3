//! Runs Internet Computer canister modules in-process, for tests and rehearsals.
//!
//! A [`Host`] is one subnet: canisters, a clock, a queue of messages. It runs the very
//! modules that go on chain, compiled by `wasmtime`, and answers their system calls. What
//! makes it worth having beside a replica is what a replica does not offer: memories that
//! can be looked at and put in place, limits that can be set low, [faults](Fault) at the
//! n-th stable write and in the answers of the [management canister](ManagementFault), a clock
//! that stands still, and a count of what every hook cost.
//!
//! ```
//! use canister_host::{CanisterSettings, Host, InstallMode, Module, Principal};
//!
//! // Counts in stable memory, and traps once it has counted to two.
//! let wasm = wat::parse_str(r#"
//!   (module
//!     (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
//!     (import "ic0" "stable64_read" (func $read (param i64 i64 i64)))
//!     (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
//!     (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
//!     (import "ic0" "msg_reply" (func $reply))
//!     (memory 1)
//!     (func (export "canister_init") (drop (call $grow (i64.const 1))))
//!     (func (export "canister_update count")
//!       (call $read (i64.const 0) (i64.const 0) (i64.const 1))
//!       (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))
//!       (call $write (i64.const 0) (i64.const 0) (i64.const 1))
//!       (if (i32.gt_u (i32.load8_u (i32.const 0)) (i32.const 2)) (then unreachable))
//!       (call $append (i32.const 0) (i32.const 1))
//!       (call $reply)))
//! "#)?;
//!
//! let mut host = Host::new();
//! let me = Principal::anonymous();
//! let id = host.create_canister(CanisterSettings::default());
//! host.install(id, InstallMode::Install, &Module::new(&wasm)?, &[], me)?;
//!
//! assert_eq!(host.update(id, me, "count", &[])?.bytes, [1]);
//! assert_eq!(host.update(id, me, "count", &[])?.bytes, [2]);
//! let reject = host.update(id, me, "count", &[]).unwrap_err();
//! assert_eq!(reject.error_code, "IC0502");
//!
//! let mut count = [0];
//! host.stable_memory(id)?.read(0, &mut count)?;
//! assert_eq!(count, [2], "the trap undid the third write");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it takes over from the replica
//!
//! - A message, or an installation with all its hooks, either ends well or leaves heap,
//!   globals (also those a module does not export, as the stack pointer), stable memory,
//!   certified data, timer and cycles as they were.
//! - Calls are queued; what was done up to an await is kept; a callback that traps is undone
//!   alone and its cleanup runs; for a one-way call no callback runs. A call with a best-effort
//!   response ends after the time it gives.
//! - What the network refuses is refused: modules that break [its rules](ModuleRule), more
//!   [stable memory](StableAccess) in one execution than may be touched, system calls from
//!   where they may not be made, heaps past their limit and, where the host has
//!   [prices](HostConfig::prices), canisters that cannot pay.
//! - Instructions cost what they cost there, system calls and dirtied stable pages included,
//!   and are limited by the kind of message. The benchmark `memory_manager_baseline` of
//!   stable-structures counts 1 176 577 025 instructions here and 1 176 577 076 there;
//!   `memory_manager_grow` 344 997 333 and 347 433 966, built with another compiler.
//! - Canisters call the management canister: to create, set, stop, start and delete canisters,
//!   to install modules on them, whole or from chunks, and to uninstall them, to take, load
//!   and delete snapshots, for their status, history and metadata, for cycles and random
//!   bytes. It obeys the controllers; a stop waits for the calls that are open, and no longer
//!   than 5 minutes of the host's clock; a canister that stops or has stopped takes no calls
//!   and runs no timers. Such calls can be made to [fail](ManagementFault), and are
//!   [told of](Host::management_calls).
//!
//! # What differs from the replica
//!
//! - There is one queue and no rounds: messages are executed one after the other, in the
//!   order they were sent. Nothing is throttled, and only
//!   [what is told to](ManagementFault) gets lost on the way. Rounds pass only for
//!   installations, and only where there is a [rate](HostConfig::install_rate) or a round has
//!   a [length](HostConfig::round).
//! - An installation is executed as a whole when its turn comes; where rounds have a length it
//!   is the answer that is late. Until it comes the canister takes calls, with its new module.
//!   Loading a snapshot gives up the calls the canister works on.
//! - Execution costs no cycles unless the host has [prices](HostConfig::prices); calls,
//!   storage, chunks, and loading a snapshot by [`Host::load_snapshot`] are never charged, and
//!   settings are not held against the balance. A message that grows memory so that its
//!   canister would be frozen fails at its end, not where it grows.
//! - Instructions between two branches are counted at the end of the stretch instead of at
//!   its beginning, so a counter read in between is off by a few. Vector instructions cost 1.
//! - WebAssembly has 1 MiB of the stack of the calling thread, the replica gives it 5 MiB.
//! - `canister_on_low_wasm_memory` is never called. Composite queries run, but cannot call.
//!   Certificates and HTTPS outcalls are absent. Environment variables, compute allocation,
//!   the limits on reserved cycles and logs are told as they were set, and have no effect.
//! - The management canister does not up- or download snapshots, tell logs, or replace a heap
//!   that is kept over upgrades; it is called by updates alone, and from outside as by a
//!   canister. A snapshot that is loaded leaves the timer as it is, as on the network. The
//!   versions that senders give are not kept.
//! - The methods of the [`Host`] obey everybody, whether the canister runs or not.

mod candid_pointer;
mod canister;
mod clock;
mod code_cache;
mod config;
mod context;
mod cost;
mod deadline;
mod engine;
mod entry;
mod env;
mod error;
mod execution;
mod fault;
mod heap;
mod host;
mod ic0;
mod inspect;
mod install;
mod instance;
mod lone;
mod management;
mod messages;
mod meter;
mod module;
mod prices;
mod profile;
mod rates;
mod reject;
mod report;
mod rewrite;
mod rules;
mod snapshot;
mod stable;
mod stop;
mod submitted;
mod touched;
mod upkeep;
mod validate;

pub use candid::Principal;
pub use candid_pointer::{CandidPointerError, candid_pointer};
pub use canister::LogRecord;
pub use code_cache::{MOST_CODE_BYTES, keep_code_in};
pub use config::{
    CanisterSettings, DEFAULT_CYCLES, DEFAULT_FREEZING_THRESHOLD, DEFAULT_WASM_MEMORY_LIMIT,
    HostConfig, INSTALL_RATE, Limits, MAX_HEAP_PAGES, MAX_STABLE_PAGES, MAX_WIDE_HEAP_PAGES,
    OutgoingCalls, PAGE_SIZE, StableAccess,
};
pub use entry::EntryPoint;
pub use error::{Balance, HostError};
pub use fault::{Fault, FaultFilter, FaultPoint};
pub use host::Host;
pub use install::InstallMode;
pub use lone::LoneCanister;
pub use management::{
    Change, HistoryEntry, ManagementCall, ManagementFault, ManagementFaultKind, RunStatus,
};
pub use module::{Module, ModuleError, metadata};
pub use prices::{Prices, QUOTED_NODES};
pub use profile::{FunctionCost, Profile};
pub use reject::{Reject, RejectCode};
pub use report::{InstallReport, MessageReport, RefusedCall, Reply};
pub use rewrite::MetadataSection;
pub use rules::ModuleRule;
pub use snapshot::{GlobalValue, Snapshot, SnapshotError};
pub use stable::{StableError, StableMemory, StableSource};
pub use submitted::SubmittedCall;
pub use validate::validate;
