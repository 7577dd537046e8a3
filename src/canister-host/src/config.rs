//! What a [`Host`](crate::Host) and its canisters may use.

use candid::Principal;

/// Bytes in a WebAssembly page and in a stable memory page.
pub const PAGE_SIZE: u64 = 65_536;

/// Pages of a full 32-bit heap: 4 GiB.
pub const MAX_HEAP_PAGES: u64 = 65_536;

/// Pages of the largest stable memory of a canister: 500 GiB.
pub const MAX_STABLE_PAGES: u64 = 500 * 16_384;

/// The soft heap limit a canister is created with on the network: 3 GiB.
pub const DEFAULT_WASM_MEMORY_LIMIT: u64 = 3 << 30;

/// The balance a canister is created with: 10 T cycles.
pub const DEFAULT_CYCLES: u128 = 10_000_000_000_000;

const BILLION: u64 = 1_000_000_000;

/// Limits of the subnet and the state its clock and randomness start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostConfig {
    /// The clock at the start, in nanoseconds since 1970. It moves only when it is told to.
    pub time: u64,
    /// Instructions of one update, timer, heartbeat or callback.
    pub update_instructions: u64,
    /// Instructions of one query, and of `canister_inspect_message`.
    pub query_instructions: u64,
    /// Instructions of one installation: all its hooks and the compilation together.
    pub install_instructions: u64,
    /// Stable pages (64 KiB) the subnet still has for all its canisters together; `None` is
    /// as many as they ask for. A grow that finds too few of them returns -1.
    pub free_stable_pages: Option<u64>,
    /// What `raw_rand` derives its bytes from.
    pub seed: u64,
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
            install_instructions: 300 * BILLION,
            free_stable_pages: None,
            seed: 0,
            heartbeats: true,
            outgoing_calls: OutgoingCalls::Deliver,
        }
    }
}

/// How large a canister's memories may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Pages the heap may have. `memory.grow` past it returns -1.
    pub heap_pages: u64,
    /// Pages stable memory may have. A stable grow past it returns -1.
    pub stable_pages: u64,
    /// The soft limit on the heap, in bytes; 0 is none. An update, a timer, an init or a
    /// post_upgrade that grows the heap past it traps; queries, callbacks and pre_upgrade
    /// are not held to it.
    pub wasm_memory_limit: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            heap_pages: MAX_HEAP_PAGES,
            stable_pages: MAX_STABLE_PAGES,
            wasm_memory_limit: DEFAULT_WASM_MEMORY_LIMIT,
        }
    }
}

/// What a canister is created with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanisterSettings {
    /// For whom `ic0.is_controller` is true. The host itself obeys everybody.
    pub controllers: Vec<Principal>,
    /// The cycles balance. It changes only by transfers: execution is free here. A canister
    /// built with the Rust CDK makes no call, not even the one its timers make to itself,
    /// unless the balance covers what the call would cost on the network.
    pub cycles: u128,
    /// How large its memories may become.
    pub limits: Limits,
}

impl Default for CanisterSettings {
    fn default() -> Self {
        CanisterSettings {
            controllers: Vec::new(),
            cycles: DEFAULT_CYCLES,
            limits: Limits::default(),
        }
    }
}
