//! Why the host could not do what it was told.

use candid::Principal;

use crate::entry::EntryPoint;
use crate::module::ModuleError;
use crate::reject::Reject;
use crate::report::InstallReport;
use crate::snapshot::SnapshotError;

/// Why the host could not do what it was told. Whatever the reason, nothing has changed but,
/// after an installation that failed, what it is charged: see
/// [`prices`](crate::HostConfig::prices) and [`install_rate`](crate::HostConfig::install_rate).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// There is no canister with this id.
    #[error("there is no canister {0}")]
    CanisterNotFound(Principal),
    /// A canister with this id exists already.
    #[error("the canister id {0} is taken")]
    CanisterIdTaken(Principal),
    /// Only an empty canister can be installed; the others are upgraded or reinstalled.
    #[error("canister {0} has a module already: upgrade it, or reinstall to begin anew")]
    NotEmpty(Principal),
    /// An empty canister cannot be upgraded, asked, or saved.
    #[error("canister {0} has no module: install one first")]
    NoModule(Principal),
    /// The state is on a heap that is kept over upgrades, by a module that would not keep it.
    #[error(
        "canister {0} keeps its state on the heap over upgrades (enhanced orthogonal \
         persistence), and the new module does not: the upgrade would lose it"
    )]
    WouldLoseHeap(Principal),
    /// The bytes are not a module for this host.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The module cannot be brought to life with the memory it asks for.
    #[error("the module cannot be instantiated in canister {canister}: {reason}")]
    Instantiation {
        /// The canister.
        canister: Principal,
        /// What the engine said.
        reason: String,
    },
    /// A hook trapped.
    #[error("{hook} of canister {canister} failed: {reject}")]
    Hook {
        /// The canister.
        canister: Principal,
        /// The hook that trapped.
        hook: EntryPoint,
        /// How it trapped.
        reject: Reject,
        /// The hooks up to and with the one that trapped.
        report: Box<InstallReport>,
    },
    /// Compiling the module alone is charged more instructions than an installation may use.
    #[error(
        "compiling the module is charged {needed} instructions, {left} are left of the limit \
         of this installation: make the module smaller, or pre_upgrade cheaper"
    )]
    CompileLimit {
        /// Instructions charged.
        needed: u64,
        /// Instructions left.
        left: u64,
    },
    /// The new module's heap is larger from the start than the canister's setting allows.
    #[error(
        "Canister exceeded its current Wasm memory limit of {limit} bytes. The peak Wasm memory \
         usage was {bytes} bytes: the heap of the module for canister {canister} starts with \
         them. Make it smaller, or the setting wasm_memory_limit larger (IC0539)"
    )]
    WasmMemoryLimit {
        /// The canister.
        canister: Principal,
        /// Bytes the heap starts with.
        bytes: u64,
        /// The setting.
        limit: u64,
    },
    /// The cycles for all the instructions an installation may use must be there beforehand.
    #[error(
        "Canister installation failed with `Canister {canister} is out of cycles`: {} cycles must \
         be there for the instruction limit, and {} more for the freezing threshold; the balance \
         is {}: top it up with {} (IC0207)",
        balance.needed,
        balance.threshold,
        balance.cycles,
        balance.missing()
    )]
    OutOfCycles {
        /// The canister.
        canister: Principal,
        /// What it has and what it needs.
        balance: Box<Balance>,
    },
    /// With the memory an installation took the canister would be frozen.
    #[error(
        "Canister cannot grow memory to {bytes} bytes due to insufficient cycles: {canister} would \
         have {} cycles, and be frozen with less than {} (IC0532)",
        balance.cycles,
        balance.threshold
    )]
    InstallationFreezes {
        /// The canister.
        canister: Principal,
        /// Bytes of all its memory after the installation.
        bytes: u64,
        /// What it would have and need.
        balance: Box<Balance>,
    },
    /// Earlier installations used many instructions, and too few rounds have passed since.
    #[error(
        "Canister {canister} is rate limited because it executed too many instructions in the \
         previous install_code messages: {debit} of them are not paid off. Wait {rounds} rounds \
         (IC0209, CanisterInstallCodeRateLimited)"
    )]
    InstallCodeRateLimited {
        /// The canister.
        canister: Principal,
        /// Instructions that are not paid off.
        debit: u64,
        /// Rounds until they are.
        rounds: u64,
    },
    /// A snapshot could not be taken or loaded.
    #[error("canister {canister}: {error}")]
    Snapshot {
        /// The canister.
        canister: Principal,
        /// Why.
        #[source]
        error: SnapshotError,
    },
}

/// A balance that is too small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Cycles there are.
    pub cycles: u128,
    /// Cycles below which the canister is frozen.
    pub threshold: u128,
    /// Cycles needed above that, most of which would come back.
    pub needed: u128,
}

impl Balance {
    /// Cycles it is short of.
    pub fn missing(&self) -> u128 {
        let wanted = self.threshold.saturating_add(self.needed);
        wanted.saturating_sub(self.cycles)
    }
}
