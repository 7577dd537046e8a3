//! Release 1 of the individual user canister: it adopts the legacy layout.
//!
//! In its first post_upgrade it reads the value at offset 0, once and in full, and rewrites it into memory 0 of a
//! memory manager. From then on it reads and writes memory 0. What it refuses, and what it says then, is the
//! library's business: a memory of a later release, a value that is damaged, a memory that is not this canister's.
#![cfg(target_family = "wasm")]

use ic_cdk::api::time;
use ic_stable_migration::cdk::OrTrap;
use ic_stable_migration::{MessagePack, Plan, Schema, manifest};
use ic_stable_structures::DefaultMemoryImpl;
use individual_user::args::IndividualUserTemplateInitArgs;
use individual_user::domain::memory::Start;
use individual_user::lifecycle::{self, APPLICATION, CEILING, TRAILING};
use individual_user::state::hot::Hot;
use individual_user::state::legacy::CanisterData;
use individual_user::state::{State, Store};

const PLAN: Plan<CanisterData, MessagePack> = Plan::new(1)
    .application(APPLICATION)
    .schema(<Hot as Schema>::NUMBER)
    .ceiling(CEILING)
    .trailing(TRAILING);

manifest!(PLAN.manifest());

#[ic_cdk::init(hidden = true, decode_with = "lifecycle::argument")]
fn init(args: Option<IndividualUserTemplateInitArgs>) {
    let memory = DefaultMemoryImpl::default();
    let store = Store::begin(&PLAN, memory, State::default()).or_trap();
    lifecycle::start(store, PLAN.release(), Start::Installed, args);
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    lifecycle::save(&PLAN).or_trap();
}

#[ic_cdk::post_upgrade(decode_with = "lifecycle::argument")]
fn post_upgrade(args: Option<IndividualUserTemplateInitArgs>) {
    let memory = DefaultMemoryImpl::default();
    let (store, origin) = Store::adopt(&PLAN, memory, time()).or_trap();
    lifecycle::start(store, PLAN.release(), origin.into(), args);
}
