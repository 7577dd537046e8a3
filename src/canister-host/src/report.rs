//! What executions cost and did.

use candid::Principal;

use crate::config::INSTALL_RATE;
use crate::entry::EntryPoint;
use crate::prices::Prices;
use crate::profile::Profile;
use crate::reject::Reject;

/// One execution of an entry point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageReport {
    /// The canister that ran.
    pub canister: Principal,
    /// What of it ran.
    pub entry: EntryPoint,
    /// Instructions executed, system calls and dirtied stable pages included.
    pub instructions: u64,
    /// System calls made.
    pub system_calls: u64,
    /// Stable writes made.
    pub stable_writes: u64,
    /// Stable grows asked for, whether granted or not.
    pub stable_grows: u64,
    /// Stable pages of 4 KiB dirtied: written to at least once.
    pub dirty_stable_pages: u64,
    /// Stable pages of 4 KiB touched: read from or written to at least once.
    pub accessed_stable_pages: u64,
    /// Heap pages of 4 KiB written to, or, on other systems than Linux, changed. In a new
    /// module's hooks: since the module came to life, its data segments included.
    pub dirty_heap_pages: u64,
    /// Heap pages of 64 KiB at the end. A heap never shrinks, so this is its high water.
    pub heap_pages: u64,
    /// Stable pages of 64 KiB at the end.
    pub stable_pages: u64,
    /// What it logged with `ic0.debug_print`.
    pub logs: Vec<String>,
    /// The calls it made, to itself too: callee and method, in order.
    pub calls: Vec<(Principal, String)>,
    /// Where its instructions went, if the [module](crate::Module::profiled) tells.
    pub profile: Option<Profile>,
    /// Why it trapped, if it did. Then nothing of what it did was kept.
    pub trap: Option<Reject>,
}

impl MessageReport {
    /// Bytes of heap and stable memory dirtied, in pages of 4 KiB.
    pub fn dirty_bytes(&self) -> u64 {
        (self.dirty_stable_pages + self.dirty_heap_pages) * 4096
    }
}

/// What an installation ran, hook by hook. A hook the module does not export, or that was
/// not reached, is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstallReport {
    /// The old module's `canister_pre_upgrade`.
    pub pre_upgrade: Option<MessageReport>,
    /// What compiling the module was charged: one of the two that follow.
    pub compile_instructions: u64,
    /// What compiling the module is charged on the first canister of a subnet: 6 000
    /// instructions for each of its own.
    pub compile_first: u64,
    /// What it is charged on every other canister of the subnet until the next checkpoint, some
    /// minutes later: a hundredth of it.
    pub compile_again: u64,
    /// Whether the module has a 64-bit heap, whose instructions cost twice as many cycles.
    pub wide_heap: bool,
    /// The new module's start function.
    pub start: Option<MessageReport>,
    /// The new module's `canister_init`.
    pub init: Option<MessageReport>,
    /// The new module's `canister_post_upgrade`.
    pub post_upgrade: Option<MessageReport>,
}

impl InstallReport {
    /// The hooks that ran, in order.
    pub fn hooks(&self) -> impl Iterator<Item = &MessageReport> {
        [
            &self.pre_upgrade,
            &self.start,
            &self.init,
            &self.post_upgrade,
        ]
        .into_iter()
        .flatten()
    }

    /// Everything that counts against the limit of one installation.
    pub fn instructions(&self) -> u64 {
        self.hook_instructions()
            .saturating_add(self.compile_instructions)
    }

    fn hook_instructions(&self) -> u64 {
        self.hooks().map(|h| h.instructions).sum()
    }

    /// What this installation costs on the first canister of a subnet, in cycles.
    pub fn cycles_first(&self, prices: &Prices) -> u128 {
        let instructions = self.hook_instructions().saturating_add(self.compile_first);
        prices.installation(instructions, self.wide_heap)
    }

    /// What it costs on every other canister of the subnet until the next checkpoint.
    pub fn cycles_again(&self, prices: &Prices) -> u128 {
        let instructions = self.hook_instructions().saturating_add(self.compile_again);
        prices.installation(instructions, self.wide_heap)
    }

    /// Rounds that pass on the network until a canister that was installed so can be
    /// installed, or have a snapshot loaded, again; for the first canister of a subnet.
    pub fn rounds_first(&self) -> u64 {
        let instructions = self.hook_instructions().saturating_add(self.compile_first);
        instructions.div_ceil(INSTALL_RATE)
    }

    /// The same for every other canister of the subnet.
    pub fn rounds_again(&self) -> u64 {
        let instructions = self.hook_instructions().saturating_add(self.compile_again);
        instructions.div_ceil(INSTALL_RATE)
    }

    /// Stable writes of all hooks: the range for
    /// [`FaultPoint::StableWrite`](crate::FaultPoint::StableWrite).
    pub fn stable_writes(&self) -> u64 {
        self.hooks().map(|h| h.stable_writes).sum()
    }

    /// Stable grows of all hooks: the range for
    /// [`FaultPoint::StableGrow`](crate::FaultPoint::StableGrow).
    pub fn stable_grows(&self) -> u64 {
        self.hooks().map(|h| h.stable_grows).sum()
    }

    /// System calls of all hooks: the range for [`FaultPoint::Call`](crate::FaultPoint::Call).
    pub fn system_calls(&self) -> u64 {
        self.hooks().map(|h| h.system_calls).sum()
    }
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The reply's bytes.
    pub bytes: Vec<u8>,
    /// Instructions of all the executions until the answer was there, also in other
    /// canisters.
    pub instructions: u64,
    /// These executions, in order.
    pub messages: Vec<MessageReport>,
}

/// A method that canisters called in vain, because this host lets no call out of a canister:
/// see [`OutgoingCalls::Refuse`](crate::OutgoingCalls::Refuse).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCall {
    /// Who called.
    pub caller: Principal,
    /// Who was to be called.
    pub callee: Principal,
    /// The method.
    pub method: String,
    /// How often.
    pub count: u64,
}
