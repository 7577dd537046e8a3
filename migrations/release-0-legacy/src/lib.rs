//! Release 0 of the individual user canister: the layout of the deployed one.
//!
//! Every upgrade writes the whole state as one MessagePack value at offset 0 of stable memory, without length or
//! checksum, and reads it back. What follows the value in the last page is whatever was there before.
#![cfg(target_family = "wasm")]

use std::io::Write;

use ic_cdk::stable::BufferedStableWriter;
use ic_stable_migration::cdk::OrTrap;
use ic_stable_migration::{
    Error, Format, Glimpse, ManifestSource, MessagePack, OpenOptions, Opened, manifest,
};
use ic_stable_structures::DefaultMemoryImpl;
use individual_user::args::IndividualUserTemplateInitArgs;
use individual_user::domain::memory::Start;
use individual_user::lifecycle::{self, APPLICATION};
use individual_user::state::legacy::{CanisterData, LegacyView};
use individual_user::state::{self, State, Store};
use rmp_serde::Serializer;
use serde::Serialize;

const RELEASE: u32 = 0;

manifest!(ManifestSource::of_value::<CanisterData, MessagePack>(RELEASE).application(APPLICATION));

/// Bytes collected before they are written: one page, which is what stable memory grows by.
const BUFFER_BYTES: usize = 64 * 1024;

#[ic_cdk::init(hidden = true, decode_with = "lifecycle::argument")]
fn init(args: Option<IndividualUserTemplateInitArgs>) {
    lifecycle::start(Store::default(), RELEASE, Start::Installed, args);
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    let mut writer = BufferedStableWriter::new(BUFFER_BYTES);
    let mut serializer = Serializer::new(&mut writer).with_struct_map();
    state::with(|state| LegacyView(state).serialize(&mut serializer)).or_trap();
    // Dropping the writer would flush it too, and keep an error to itself.
    writer.flush().or_trap();
}

#[ic_cdk::post_upgrade(decode_with = "lifecycle::argument")]
fn post_upgrade(args: Option<IndividualUserTemplateInitArgs>) {
    let (data, bytes) = read().or_trap();
    let started_from = Start::Legacy {
        format: Format::MessagePack.to_string(),
        bytes,
        adopted: None,
    };
    let store = Store::on_heap(State::from(data));
    lifecycle::start(store, RELEASE, started_from, args);
}

fn read() -> Result<(CanisterData, u64), Error> {
    let options = OpenOptions::new().accept::<CanisterData, MessagePack>();
    match options.open(DefaultMemoryImpl::default()) {
        Opened::Legacy(legacy) => {
            let (data, adoptable) = legacy.read::<CanisterData, MessagePack>()?;
            Ok((data, adoptable.value_bytes()))
        }
        Opened::Empty(_) => Err(Error::Empty),
        Opened::Unrecognized(unrecognized) => Err(unrecognized.into()),
        Opened::Managed(managed) => {
            managed.guard(RELEASE, 0)?;
            Err(Error::Unrecognized {
                offset: 0,
                found: Glimpse::of(b"MGR"),
                expected: "the value of release 0; a memory manager is there, so install release 2"
                    .to_owned(),
            })
        }
    }
}
