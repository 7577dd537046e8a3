//! The hooks of release 2, the canister as it is today.
//!
//! It reads what release 1 left in memory 0; the legacy value, where a canister missed release 1; and the naive
//! frame of 2023. It writes memory 0.

use ic_cdk::api::time;
use ic_stable_migration::{MessagePack, Plan};
use ic_stable_structures::DefaultMemoryImpl;

use super::CEILING;
use crate::args::IndividualUserTemplateInitArgs;
use crate::domain::memory::Start;
use crate::stable::{self, Stable};
use crate::state::legacy::CanisterData;
use crate::state::{self, State};
use crate::trap::OrTrap;

const PLAN: Plan<CanisterData, MessagePack> = Plan::new(2).schema(1).ceiling(CEILING);

#[ic_cdk::init(hidden = true)]
fn init(args: Option<IndividualUserTemplateInitArgs>) {
    let memory = PLAN.begin(DefaultMemoryImpl::default()).or_trap();
    stable::set(Stable::Managed {
        release: PLAN.release(),
        started_from: Start::Installed,
        memory,
    });
    super::begin(args.unwrap_or_default());
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    stable::with_managed(|memory| state::with(|state| PLAN.save(memory, state, time()))).or_trap();
}

#[ic_cdk::post_upgrade]
fn post_upgrade(args: Option<IndividualUserTemplateInitArgs>) {
    let resumed = PLAN
        .resume::<State, _>(DefaultMemoryImpl::default(), time())
        .or_trap();
    stable::set(Stable::Managed {
        release: PLAN.release(),
        started_from: resumed.origin.into(),
        memory: resumed.managed,
    });
    super::resume(resumed.state, args.unwrap_or_default());
}
