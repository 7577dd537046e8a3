//! Whatever stands in a module's section, it is a manifest or an error, and what is read of it can be held against itself.

#![no_main]

use ic_stable_migration::{Held, Manifest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|section: &[u8]| {
    let Ok(Some(manifest)) = Manifest::read(section) else {
        return;
    };
    let Some(header) = manifest.header else {
        return;
    };
    let Some(collections) = header.collections else {
        return;
    };
    let declared = collections.declared.iter();
    let known: Vec<_> = declared.map(|one| one.registered.clone()).collect();
    for held in [Held::Moved, Held::Moving, Held::Nothing] {
        let found = collections.disagreements(&known, header.memory, |_| held);
        assert!(found.len() <= 2 * known.len() + 1);
    }
});
