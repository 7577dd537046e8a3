//! The hooks of release 2, the canister as it is today, and of release 3, which has an index more.
//!
//! It reads what release 1 left in memory 0; the legacy value, where a canister missed release 1; and the naive
//! frame of 2023. It keeps the hot state in memory 0 and moves the collections to a stable map, in the upgrade itself
//! where they fit the budget.

use ic_cdk::api::time;
use ic_stable_migration::cdk::{self, OrTrap};
use ic_stable_migration::{Budget, MessagePack, MoveBudget, Plan, Schema, manifest};
use ic_stable_structures::DefaultMemoryImpl;

use super::{APPLICATION, CEILING, TRAILING};
use crate::api::STEP_METHOD;
use crate::args::IndividualUserTemplateInitArgs;
use crate::domain::memory::Start;
use crate::state::bulk::DECLARED;
use crate::state::hot::Hot;
use crate::state::legacy::Streamed;
use crate::state::{self, State, Store};

const PLAN: Plan<Streamed, MessagePack> = Plan::new(RELEASE)
    .application(APPLICATION)
    .collections(DECLARED)
    .schema(<Hot as Schema>::NUMBER)
    .ceiling(CEILING)
    .trailing(TRAILING)
    .move_budget(MOVE_BUDGET);

const RELEASE: u32 = if cfg!(feature = "hashtags") { 3 } else { 2 };

manifest!(PLAN.manifest());

/// A build with tiny steps has nothing else.
const MOVE_BUDGET: MoveBudget = if cfg!(feature = "tiny-budget") {
    MoveBudget::STEPS_ONLY
} else {
    MoveBudget::DEFAULT
};

#[ic_cdk::init(hidden = true, decode_with = "super::argument")]
fn init(args: Option<IndividualUserTemplateInitArgs>) {
    let memory = DefaultMemoryImpl::default();
    let store = Store::begin_tiered(&PLAN, memory, State::default(), time()).or_trap();
    super::start(store, PLAN.release(), Start::Installed, args);
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    super::save(&PLAN).or_trap();
}

#[ic_cdk::post_upgrade(decode_with = "super::argument")]
fn post_upgrade(args: Option<IndividualUserTemplateInitArgs>) {
    let memory = DefaultMemoryImpl::default();
    let (mut store, origin) = Store::resume_streamed(&PLAN, memory, time()).or_trap();
    if let (true, Some((mover, _))) = (cfg!(feature = "tiny-budget"), store.mover().or_trap()) {
        mover.set_budget(Budget {
            entries: 3,
            ..Budget::default()
        });
    }
    super::start(store, PLAN.release(), origin.into(), args);
    cdk::arm(state::store(), STEP_METHOD);
}
