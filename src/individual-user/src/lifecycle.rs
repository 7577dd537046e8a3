//! What the hooks of all releases have in common. A release adds how it reads and writes stable memory.

use candid::candid_method;
use ic_stable_migration::cdk::OrTrap;
use ic_stable_migration::{Error, Plan, Trailing};

use crate::args::{self, IndividualUserTemplateInitArgs};
use crate::domain::memory::Start;
use crate::release::{self, Release};
use crate::state::{self, Store};

#[cfg(all(feature = "hooks", target_family = "wasm"))]
mod hooks;

/// The application's name in the header of its memory and in the manifest of every release: for good.
pub const APPLICATION: &str = "individual-user";

/// How large all virtual memories together may become. Buckets of one page reach it, the smallest there are. A canister
/// that comes near it, with 20 million likes, needs a release that plans more: its buckets become larger in the upgrade.
pub const CEILING: u64 = 2 << 30;

/// What stands behind the legacy value may be overwritten: the deployed canister writes that value from offset 0 on and
/// nothing else to stable memory, so it can only be what longer values of before have left.
pub const TRAILING: Trailing = Trailing::Discard;

/// The argument of every `init`, as the interface declares it.
#[candid_method(init)]
pub fn declared_init(_: IndividualUserTemplateInitArgs) {}

/// How every `init` and `post_upgrade` decodes its argument. Traps on one that is not what the interface declares.
pub fn argument(bytes: Vec<u8>) -> Option<IndividualUserTemplateInitArgs> {
    args::read(&bytes).or_trap()
}

/// The end of every `init` and `post_upgrade`: takes `store` for the canister's, and what `args` changes in it.
pub fn start(
    store: Store,
    number: u32,
    started_from: Start,
    args: Option<IndividualUserTemplateInitArgs>,
) {
    state::with_store(|current| *current = store);
    state::with_mut(|state| args.unwrap_or_default().apply(&mut state.hot));
    release::set(Release {
        number,
        started_from,
        start_instructions: ic_cdk::api::performance_counter(0),
        started_at: ic_cdk::api::time(),
    });
}

/// The `pre_upgrade` of every release with a memory manager: saves the state, and what saving it cost.
///
/// # Errors
/// Those of [`Store::save`](ic_stable_migration::Store::save).
pub fn save<L, C>(plan: &Plan<L, C>) -> Result<(), Error> {
    state::with_store(|store| {
        store.save(plan, ic_cdk::api::time())?;
        let managed = store.managed().ok_or(Error::NothingSaved)?;
        managed.note_save_instructions(ic_cdk::api::performance_counter(0))
    })
}
