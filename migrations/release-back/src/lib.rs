//! The way back of the individual user canister: to release 0, with everything that was written since.
//!
//! It leaves the state where it finds it, in stable maps, in memory 0 or half way between them, and takes every call that
//! release 2 takes. Its pre_upgrade writes the state as the value that release 0 reads at offset 0; built with the feature
//! `memory-0`, as the frame of 2023 in memory 0. On a canister that has that value already it does what release 0 does.
//!
//! The index of release 3 is kept up where the memory has one, and rests where its job has got to: release 3 may be installed
//! again at any time. Where it has none it gets none, so that release 2 may. Release 0 does not know of it, and nothing is
//! lost by that: it is made of the posts, and is made of them again.
#![cfg(target_family = "wasm")]

use ic_cdk::api::time;
#[cfg(not(feature = "memory-0"))]
use ic_stable_migration::MessagePack;
use ic_stable_migration::cdk::OrTrap;
#[cfg(feature = "memory-0")]
use ic_stable_migration::{Cbor, LengthU32};
use ic_stable_migration::{Plan, Reverse, Schema, Target, manifest};
use ic_stable_structures::DefaultMemoryImpl;
use individual_user::args::IndividualUserTemplateInitArgs;
use individual_user::domain::memory::Start;
use individual_user::lifecycle::{self, APPLICATION, CEILING, TRAILING};
use individual_user::state::bulk::DECLARED;
use individual_user::state::hashtags;
use individual_user::state::hot::Hot;
use individual_user::state::legacy::CanisterData;
use individual_user::state::{self, Store};

/// What release 0 reads.
#[cfg(not(feature = "memory-0"))]
type Back = Reverse<CanisterData, MessagePack>;
#[cfg(not(feature = "memory-0"))]
const TARGET: Target = Target::Offset0;

/// What the second stage of 2023 reads.
#[cfg(feature = "memory-0")]
type Back = Reverse<CanisterData, LengthU32<Cbor>>;
#[cfg(feature = "memory-0")]
const TARGET: Target = Target::Memory0;

/// That of release 3, the newest that it knows the state of. What has no place in the value may not be dropped: there is
/// nothing of that kind unless a memory is damaged.
const BACK: Back = Plan::new(3)
    .application(APPLICATION)
    .collections(DECLARED)
    .schema(<Hot as Schema>::NUMBER)
    .ceiling(CEILING)
    .trailing(TRAILING)
    .reverse(TARGET)
    .dropping(&[])
    .derived(&[hashtags::INDEX]);

manifest!(BACK.manifest());

#[ic_cdk::init(hidden = true, decode_with = "lifecycle::argument")]
fn init(args: Option<IndividualUserTemplateInitArgs>) {
    lifecycle::start(Store::default(), BACK.release(), Start::Installed, args);
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    let memory = DefaultMemoryImpl::default();
    state::with_store(|store| store.save_legacy(&BACK, memory)).or_trap();
}

#[ic_cdk::post_upgrade(decode_with = "lifecycle::argument")]
fn post_upgrade(args: Option<IndividualUserTemplateInitArgs>) {
    let memory = DefaultMemoryImpl::default();
    let (store, origin) = Store::resume_as_found(&BACK, memory, time()).or_trap();
    let started_from = match origin.into() {
        Start::Legacy { format, bytes, .. } => Start::Legacy {
            format,
            bytes,
            adopted: None,
        },
        other => other,
    };
    lifecycle::start(store, BACK.release(), started_from, args);
}
