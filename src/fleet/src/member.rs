//! The canisters of a fleet as an inventory found them, and the waves they go in.

use std::collections::BTreeMap;

use ic_principal::Principal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hash::ModuleHash;

/// Sizes of the waves of a careful run; what is left goes in a last one.
pub const WAVES: &[u32] = &[1, 10, 300, 3_000];

/// One canister, and when its turn is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The canister.
    pub id: Principal,
    /// Number of its subnet in whatever order the driver has them; 0 if there is one, or none is known.
    pub subnet: u16,
    /// Its wave, from 0.
    pub wave: u16,
    /// Whether a snapshot of it is rehearsed before its wave.
    pub rehearse: bool,
}

/// What an inventory knows of a canister.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The canister.
    pub id: Principal,
    /// Number of its subnet.
    pub subnet: u16,
    /// What is installed.
    pub module: Option<ModuleHash>,
    /// How its memory is laid out, in a word, where that was looked at.
    pub layout: String,
    /// Bytes of memory that it pays for.
    pub bytes: u64,
    /// Changes of its controllers and code since it was created: how long it has been there.
    pub changes: u64,
}

/// What canisters are alike in. A wave has some of each kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind<'a> {
    module: Option<ModuleHash>,
    layout: &'a str,
    /// Powers of four: 64 KiB, 256 KiB, 1 MiB …
    size: u32,
    /// Powers of four.
    age: u32,
}

impl<'a> Kind<'a> {
    fn of(found: &'a Found) -> Self {
        Self {
            module: found.module,
            layout: &found.layout,
            size: (found.bytes >> 16)
                .checked_ilog2()
                .map_or(0, |log| 1 + log / 2),
            age: found.changes.checked_ilog2().map_or(0, |log| 1 + log / 2),
        }
    }
}

/// Deals canisters out to waves of these sizes and a last one of all that are left, so that each wave has, for its size,
/// as much of every kind (module, layout, size, age) as the fleet has, and the first ones one of as many kinds as they have
/// room for, rare ones included. In each wave `rehearsed` canisters are rehearsed, again of different kinds.
///
/// The result is ordered by wave and, in a wave, by module, so that compiled code is used again. The same seed deals the
/// same waves.
pub fn deal(found: &[Found], sizes: &[u32], rehearsed: u32, seed: u64) -> Vec<Member> {
    let mut kinds: BTreeMap<Kind, Vec<(u64, &Found)>> = BTreeMap::new();
    for canister in found {
        let lot = lot(seed, canister.id);
        kinds
            .entry(Kind::of(canister))
            .or_default()
            .push((lot, canister));
    }
    // A canister's place is where it stands in its kind, as a part of the kind: taken in this order, every beginning of
    // the list has of each kind its share, and the first of each kind, rare or not, come first of all.
    let mut places = Vec::with_capacity(found.len());
    for canisters in kinds.values_mut() {
        canisters.sort_unstable_by_key(|(lot, canister)| (*lot, canister.id));
        let number = canisters.len() as u64;
        for (at, (lot, canister)) in canisters.iter().enumerate() {
            let part = (at as u64).saturating_mul(1 << 32) / number;
            places.push((part, *lot, *canister));
        }
    }
    places.sort_unstable_by_key(|(part, lot, canister)| (*part, *lot, canister.id));

    let mut dealt = Vec::with_capacity(places.len());
    let mut rest = places.as_slice();
    let sizes = sizes
        .iter()
        .filter(|size| **size > 0)
        .map(|size| *size as usize);
    for (wave, size) in sizes.chain([usize::MAX]).enumerate() {
        let (now, later) = rest.split_at(size.min(rest.len()));
        rest = later;
        let wave = u16::try_from(wave).unwrap_or(u16::MAX);
        let mut of_wave: Vec<_> = now
            .iter()
            .enumerate()
            .map(|(at, (_, _, canister))| (canister.module, at, *canister))
            .collect();
        of_wave.sort_unstable_by_key(|(module, at, _)| (*module, *at));
        dealt.extend(of_wave.into_iter().map(|(_, at, canister)| Member {
            id: canister.id,
            subnet: canister.subnet,
            wave,
            rehearse: at < rehearsed as usize,
        }));
    }
    dealt
}

/// A number that depends on seed and canister alone.
fn lot(seed: u64, id: Principal) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_le_bytes());
    let digest = digest.chain_update(id.as_slice()).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(first)
}
