//! The whole state as one Candid value at offset 0, with `stable_save` and `stable_restore` of ic-cdk. The first
//! `post_upgrade` reads the value of release 0 instead.
#![cfg(target_family = "wasm")]

use std::cell::RefCell;

use bench_peers::{digest, legacy, or_trap};
use ic_cdk::stable::stable_read;
use ic_cdk::storage::{stable_restore, stable_save};

mod value;

use value::Value;

/// How a Candid value starts.
const MAGIC: [u8; 4] = *b"DIDL";

thread_local! {
    static VALUE: RefCell<Value> = RefCell::default();
}

#[ic_cdk::post_upgrade]
fn post_upgrade() {
    let mut start = [0; MAGIC.len()];
    stable_read(0, &mut start);
    let value = if start == MAGIC {
        let (value,) = or_trap(stable_restore());
        value
    } else {
        legacy::read().into()
    };
    VALUE.set(value);
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    or_trap(VALUE.with_borrow(|value| stable_save((value,))));
}

#[ic_cdk::query(hidden = true)]
fn bench_digests() -> Vec<digest::Content> {
    VALUE.with_borrow(|value| digest::of(value.clone().into()))
}
