//! Waves have some of every kind, rare ones first, and the same seed deals the same.

use std::collections::{BTreeMap, BTreeSet};

use fleet::{Found, ModuleHash, WAVES, deal};
use ic_principal::Principal;

fn module(number: u8) -> ModuleHash {
    ModuleHash([number; 32])
}

/// 10 000 canisters: most of one kind, a tenth of another module, 20 huge ones, 3 of an old layout.
fn fleet() -> Vec<Found> {
    let canister = |at: u32| Found {
        id: Principal::from_slice(&at.to_be_bytes()),
        subnet: (at % 3) as u16,
        module: Some(module(u8::from(at.is_multiple_of(10)))),
        layout: if at < 3 {
            "frame of 2023"
        } else {
            "legacy value"
        }
        .to_owned(),
        bytes: if (100..120).contains(&at) {
            1 << 30
        } else {
            2 << 16
        },
        changes: 4,
    };
    (0..10_000).map(canister).collect()
}

fn kind(found: &Found) -> (Option<ModuleHash>, &str, u64) {
    (found.module, &found.layout, found.bytes)
}

#[test]
fn every_canister_is_dealt_once_and_the_waves_have_their_sizes() {
    let found = fleet();
    let dealt = deal(&found, WAVES, 5, 1);
    let ids: BTreeSet<Principal> = dealt.iter().map(|member| member.id).collect();
    assert_eq!(ids.len(), found.len());
    let mut sizes: BTreeMap<u16, u32> = BTreeMap::new();
    for member in &dealt {
        *sizes.entry(member.wave).or_default() += 1;
    }
    let sizes: Vec<u32> = sizes.into_values().collect();
    assert_eq!(sizes, [1, 10, 300, 3_000, 6_689]);
    let rehearsed = |wave| {
        dealt
            .iter()
            .filter(|member| member.wave == wave && member.rehearse)
            .count()
    };
    assert_eq!([rehearsed(0), rehearsed(1), rehearsed(4)], [1, 5, 5]);
}

#[test]
fn the_first_small_wave_has_one_of_each_kind_and_larger_ones_their_share() {
    let found = fleet();
    let by_id: BTreeMap<Principal, &Found> = found.iter().map(|found| (found.id, found)).collect();
    let dealt = deal(&found, WAVES, 0, 1);
    let of_wave = |wave| {
        let members = dealt.iter().filter(move |member| member.wave == wave);
        members.map(|member| by_id[&member.id])
    };
    let all: BTreeSet<_> = found.iter().map(kind).collect();
    let early: BTreeSet<_> = of_wave(0).chain(of_wave(1)).map(kind).collect();
    assert_eq!(early, all, "rare kinds go first of all");
    let of_module_1 = of_wave(3)
        .filter(|found| found.module == Some(module(1)))
        .count();
    assert!(
        (280..=320).contains(&of_module_1),
        "a tenth of 3 000, not {of_module_1}"
    );
    let subnets: BTreeSet<u16> = of_wave(2).map(|found| found.subnet).collect();
    assert_eq!(subnets.len(), 3);
}

#[test]
fn a_wave_goes_module_by_module_so_that_compiled_code_is_used_again() {
    let found = fleet();
    let by_id: BTreeMap<Principal, &Found> = found.iter().map(|found| (found.id, found)).collect();
    let dealt = deal(&found, WAVES, 0, 1);
    let modules: Vec<_> = dealt
        .iter()
        .filter(|member| member.wave == 3)
        .map(|member| by_id[&member.id].module)
        .collect();
    assert!(modules.is_sorted());
}

#[test]
fn the_same_seed_deals_the_same_whatever_the_order_of_the_list() {
    let mut found = fleet();
    let dealt = deal(&found, WAVES, 2, 1);
    found.reverse();
    assert_eq!(deal(&found, WAVES, 2, 1), dealt);
    assert_ne!(deal(&found, WAVES, 2, 2), dealt);
}

#[test]
fn a_fleet_smaller_than_its_first_waves_leaves_no_wave_empty() {
    let dealt = deal(&fleet()[..7], WAVES, 0, 1);
    let waves: BTreeSet<u16> = dealt.iter().map(|member| member.wave).collect();
    assert_eq!(waves.into_iter().collect::<Vec<_>>(), [0, 1]);
}
