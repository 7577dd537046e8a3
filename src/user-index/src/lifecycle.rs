//! The hooks. The state is kept as any canister keeps it that is new and uses the library: nothing was there before it.

/// The application's name in the header of its memory and in the manifest of every release: for good.
pub const APPLICATION: &str = "user-index";

#[cfg(target_family = "wasm")]
mod hooks {
    use ic_cdk::api::time;
    use ic_stable_migration::cdk::{self, OrTrap};
    use ic_stable_migration::{Cbor, Plan, Schema, manifest};
    use ic_stable_structures::DefaultMemoryImpl;

    use super::APPLICATION;
    use crate::driver;
    use crate::state::hot::Hot;
    use crate::state::{self, DECLARED, State, Store};

    /// 200 000 canisters take some 100 MB; a bucket of 2 pages reaches this.
    const CEILING: u64 = 4 << 30;

    const PLAN: Plan<(), Cbor> = Plan::new(1)
        .application(APPLICATION)
        .collections(DECLARED)
        .schema(<Hot as Schema>::NUMBER)
        .ceiling(CEILING);

    manifest!(PLAN.manifest());

    #[ic_cdk::init]
    fn init() {
        let begun = Store::begin_tiered(
            &PLAN,
            DefaultMemoryImpl::default(),
            State::default(),
            time(),
        );
        state::with_store(|store| *store = begun.or_trap());
    }

    #[ic_cdk::pre_upgrade]
    fn pre_upgrade() {
        driver::refuse_open_calls().or_trap();
        state::with_store(|store| store.save(&PLAN, time())).or_trap();
    }

    #[ic_cdk::post_upgrade]
    fn post_upgrade() {
        let resumed = Store::resume(&PLAN, DefaultMemoryImpl::default(), time());
        let (store, _) = resumed.or_trap();
        state::with_store(|current| *current = store);
        cdk::arm(state::store(), "migration_step");
        driver::restore().or_trap();
    }

    /// One step of a move that a later release may ask for.
    #[ic_cdk::update(hidden = true, guard = "cdk::controller_or_self")]
    fn migration_step() {
        cdk::step(state::store());
    }
}
