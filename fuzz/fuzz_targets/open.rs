//! Whatever is in a memory, it is looked at without a panic, and without a byte written.

#![no_main]

use fuzz::canister::Before;
use fuzz::image::Image;
use fuzz::memory::Watched;
use fuzz::values::{Plain, Rich};
use ic_stable_migration::{
    Candid, Cbor, Codec, LengthU32, LengthU64, MessagePack, OpenOptions, Opened, Trailing,
};
use libfuzzer_sys::fuzz_target;
use serde::de::DeserializeOwned;

fuzz_target!(|input: &[u8]| {
    if let Some(image) = Image::of(input) {
        look(&Watched::of(&image.bytes));
    }
});

fn look(memory: &Watched) {
    read::<Before, MessagePack>(memory);
    read::<Before, Cbor>(memory);
    read::<Plain, Candid>(memory);
    read::<(u64, Vec<String>), LengthU32<Candid>>(memory);
    read::<Rich, LengthU64<Cbor>>(memory);
    assert!(!memory.was_changed());
}

fn read<T: DeserializeOwned, C: Codec<T>>(memory: &Watched) {
    match OpenOptions::any_format()
        .accept::<T, C>()
        .zeroed_is_empty(true)
        .open(memory.clone())
    {
        Opened::Empty(_) => {}
        Opened::Unrecognized(unrecognized) => {
            ic_stable_migration::Error::from(unrecognized).to_string();
        }
        Opened::Legacy(legacy) => {
            let read = legacy.read::<T, C>();
            if let Ok((_, adoptable)) = read {
                let _ = adoptable.trailing(Trailing::Refuse);
            }
        }
        Opened::Managed(managed) => {
            let _ = managed.report();
            let _ = managed.move_journal();
            let _ = managed.guard(1, 1);
            let _ = managed.load::<T, C>();
            let _ = managed.load_value::<T, C>(Trailing::Refuse);
            managed.is_current();
            let _ = managed.reopen();
        }
    }
}
