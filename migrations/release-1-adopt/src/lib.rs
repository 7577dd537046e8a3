//! Release 1 of the individual user canister: it adopts the legacy layout.
//!
//! In its first post_upgrade it reads the value at offset 0, once and in full, and rewrites it into memory 0 of a
//! memory manager. From then on it reads and writes memory 0. What it refuses, and what it says then, is the
//! library's business: a memory of a later release, a value that is damaged, a memory that is not this canister's.
#![cfg(target_family = "wasm")]

use ic_cdk::api::time;
use ic_stable_migration::{MessagePack, Plan};
use ic_stable_structures::DefaultMemoryImpl;
use individual_user::args::IndividualUserTemplateInitArgs;
use individual_user::domain::memory::Start;
use individual_user::lifecycle::{self, CEILING};
use individual_user::stable::{self, Stable};
use individual_user::state::legacy::CanisterData;
use individual_user::state::{self, State};
use individual_user::trap::OrTrap;

const PLAN: Plan<CanisterData, MessagePack> = Plan::new(1).schema(1).ceiling(CEILING);

#[ic_cdk::init(hidden = true)]
fn init(args: Option<IndividualUserTemplateInitArgs>) {
    let memory = PLAN.begin(DefaultMemoryImpl::default()).or_trap();
    stable::set(Stable::Managed {
        release: PLAN.release(),
        started_from: Start::Installed,
        memory,
    });
    lifecycle::begin(args.unwrap_or_default());
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
    lifecycle::resume(resumed.state, args.unwrap_or_default());
}
