//! What a [`Host`](crate::Host) and its canisters may use.

use std::time::Duration;

use candid::Principal;

use crate::entry::EntryPoint;
use crate::prices::Prices;

/// Bytes in a WebAssembly page and in a stable memory page.
pub const PAGE_SIZE: u64 = 65_536;

/// Pages of a full 32-bit heap: 4 GiB.
pub const MAX_HEAP_PAGES: u64 = 65_536;

/// Pages of the largest 64-bit heap: 6 GiB.
pub const MAX_WIDE_HEAP_PAGES: u64 = 6 * 16_384;

/// Pages of the largest stable memory of a canister: 500 GiB.
pub const MAX_STABLE_PAGES: u64 = 500 * 16_384;

/// Bytes in what the network counts access to stable memory in.
pub(crate) const STABLE_ACCESS_PAGE: u64 = 4096;

/// The soft heap limit a canister is created with on the network: 3 GiB.
pub const DEFAULT_WASM_MEMORY_LIMIT: u64 = 3 << 30;

/// The balance a canister is created with: 10 T cycles.
pub const DEFAULT_CYCLES: u128 = 10_000_000_000_000;

const BILLION: u64 = 1_000_000_000;

/// Instructions of installations that a canister may use a round on the network.
pub const INSTALL_RATE: u64 = 2 * BILLION;

/// The freezing threshold a canister is created with on the network: 30 days, in seconds.
pub const DEFAULT_FREEZING_THRESHOLD: u64 = 30 * 24 * 3600;

/// Limits of the subnet and the state its clock and randomness start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostConfig {
    /// The clock at the start, in nanoseconds since 1970. It moves only when it is told to.
    pub time: u64,
    /// Instructions of one update, timer, heartbeat or callback.
    pub update_instructions: u64,
    /// Instructions of one query.
    pub query_instructions: u64,
    /// Instructions of one `canister_inspect_message`.
    pub inspect_instructions: u64,
    /// Instructions of one installation: all its hooks and the compilation together.
    pub install_instructions: u64,
    /// How much of stable memory one execution may touch.
    pub stable_access: StableAccess,
    /// Stable pages (64 KiB) the subnet still has for all its canisters together; `None` is
    /// as many as they ask for. A grow that finds too few of them returns -1.
    pub free_stable_pages: Option<u64>,
    /// What `raw_rand` derives its bytes from.
    pub seed: u64,
    /// What executions and memory cost. `None` is nothing: balances change by transfers
    /// alone, and no canister is ever frozen. With prices, the cycles for the instruction
    /// limit must be there before a message or an installation, above what the canister's
    /// freezing threshold wants, and what was used is paid; a canister that grows may not
    /// freeze itself by it.
    pub prices: Option<Prices>,
    /// How many instructions of an installation, or of loading a snapshot, a canister's debit
    /// falls by with each round; while there is a debit, the next one is refused. `None`
    /// lets the rounds that takes pass unseen, as an operator who waits does. The network's
    /// is [`INSTALL_RATE`].
    pub install_rate: Option<u64>,
    /// How long a round takes by the host's clock. With it, debits fall as the clock moves and
    /// not with each [`tick`](crate::Host::tick), and an installation that a canister asks
    /// the management canister for takes as many rounds as its instructions need at
    /// [`install_rate`](HostConfig::install_rate), or else [`INSTALL_RATE`]: the answer comes
    /// then, and the subnet begins with the next installation. `None` answers at once.
    pub round: Option<Duration>,
    /// Whether a module that was compiled on this host is charged a hundredth when it is
    /// installed again, as on the network until the next checkpoint. If not, each
    /// installation is charged as the first one after a checkpoint.
    pub remember_compiled: bool,
    /// How many messages one update or one tick works through at most. A canister that calls
    /// itself again and again would keep it busy for ever.
    pub messages_at_once: u64,
    /// Whether [`Host::tick`](crate::Host::tick) runs heartbeats.
    pub heartbeats: bool,
    /// What becomes of the calls that canisters make.
    pub outgoing_calls: OutgoingCalls,
}

/// What becomes of the calls that canisters make to others. A call that a canister makes to
/// itself is always delivered: the Rust CDK runs its timers by such calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutgoingCalls {
    /// They are delivered, to canisters of this host and to the management canister.
    #[default]
    Deliver,
    /// They are rejected, all cycles come back, and
    /// [`Host::refused_calls`](crate::Host::refused_calls) tells of them: nothing leaves a
    /// canister.
    Refuse,
}

impl Default for HostConfig {
    fn default() -> Self {
        HostConfig {
            time: 1_700_000_000 * BILLION,
            update_instructions: 40 * BILLION,
            query_instructions: 5 * BILLION,
            inspect_instructions: 200_000_000,
            install_instructions: 300 * BILLION,
            stable_access: StableAccess::default(),
            free_stable_pages: None,
            seed: 0,
            prices: None,
            install_rate: None,
            round: None,
            remember_compiled: false,
            messages_at_once: 10_000,
            heartbeats: true,
            outgoing_calls: OutgoingCalls::Deliver,
        }
    }
}

/// How many pages of 4 KiB of stable memory one execution may touch: those it reads or writes
/// count once each, and of those as many as the limit may be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StableAccess {
    /// In an update, a timer, a heartbeat, a callback, the start function.
    pub message: u64,
    /// In each of init, pre_upgrade and post_upgrade.
    pub hook: u64,
    /// In a query, however it is called, and in inspect_message.
    pub query: u64,
}

impl Default for StableAccess {
    /// 2 GiB, 8 GiB and 1 GiB.
    fn default() -> Self {
        let gib = (1 << 30) / STABLE_ACCESS_PAGE;
        StableAccess {
            message: 2 * gib,
            hook: 8 * gib,
            query: gib,
        }
    }
}

impl StableAccess {
    pub(crate) fn limit(&self, entry: &EntryPoint) -> u64 {
        use EntryPoint::*;
        match entry {
            Init | PreUpgrade | PostUpgrade => self.hook,
            ReplicatedQuery(_) | Query(_) | InspectMessage => self.query,
            Start | Update(_) | ReplyCallback | RejectCallback | Cleanup | GlobalTimer
            | Heartbeat => self.message,
        }
    }
}

/// How large a canister's memories may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pages the heap may have. `memory.grow` past it returns -1. A 32-bit heap ends at
    /// [`MAX_HEAP_PAGES`] by itself.
    pub heap_pages: u64,
    /// Pages stable memory may have. A stable grow past it returns -1.
    pub stable_pages: u64,
    /// The soft limit on the heap, in bytes; 0 is none. An update, a start function, an init
    /// or a post_upgrade that grows the heap past it traps, an update of a canister that is
    /// past it does not begin, and a module whose heap starts past it is not installed.
    /// Queries, callbacks, timers, heartbeats and pre_upgrade are not held to it.
    pub wasm_memory_limit: u64,
}

impl Limits {
    /// Whether a heap of some bytes is past the soft limit.
    pub(crate) fn forbid(&self, heap_bytes: u64) -> bool {
        self.wasm_memory_limit != 0 && heap_bytes > self.wasm_memory_limit
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            heap_pages: MAX_WIDE_HEAP_PAGES,
            stable_pages: MAX_STABLE_PAGES,
            wasm_memory_limit: DEFAULT_WASM_MEMORY_LIMIT,
        }
    }
}

/// What a canister is created with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanisterSettings {
    /// Whom the management canister obeys, and for whom `ic0.is_controller` is true. The
    /// methods of the [`Host`](crate::Host) obey everybody.
    pub controllers: Vec<Principal>,
    /// The cycles balance. It changes only by transfers where the host has no
    /// [prices](HostConfig::prices). A canister
    /// built with the Rust CDK makes no call, not even the one its timers make to itself,
    /// unless the balance covers what the call would cost on the network.
    pub cycles: u128,
    /// How large its memories may become.
    pub limits: Limits,
    /// Bytes of memory that are kept free for it. They are paid for whether it uses them or
    /// not; it may use more.
    pub memory_allocation: u64,
    /// The seconds its balance must last for if it is not to be frozen. Nothing freezes where
    /// the host has no [prices](HostConfig::prices).
    pub freezing_threshold: u64,
}

impl Default for CanisterSettings {
    fn default() -> Self {
        CanisterSettings {
            controllers: Vec::new(),
            cycles: DEFAULT_CYCLES,
            limits: Limits::default(),
            memory_allocation: 0,
            freezing_threshold: DEFAULT_FREEZING_THRESHOLD,
        }
    }
}
