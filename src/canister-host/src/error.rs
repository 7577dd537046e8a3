//! Why the host could not do what it was told.

use candid::Principal;

use crate::entry::EntryPoint;
use crate::module::ModuleError;
use crate::reject::Reject;
use crate::report::InstallReport;
use crate::snapshot::SnapshotError;

/// Why the host could not do what it was told. Whatever the reason, nothing has changed.
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
