//! What a peer holds, told as this project tells it of its collections.

use std::borrow::Cow;

use candid::CandidType;
use ic_stable_structures::Storable;
use twox_hash::XxHash64;

/// The content of one collection, whatever the order of its entries.
#[derive(CandidType)]
pub struct Content {
    name: Cow<'static, str>,
    entries: u64,
    digest: u64,
}

impl Content {
    /// The content of a collection of this name and memory id.
    pub fn of<K: Storable, V: Storable>(
        name: &'static str,
        id: u8,
        content: impl Iterator<Item = (K, V)>,
    ) -> Self {
        let mut told = Self {
            name: Cow::Borrowed(name),
            entries: 0,
            digest: 0,
        };
        for (key, value) in content {
            let entry = hash(id, &key.to_bytes(), &value.to_bytes());
            told.digest = told.digest.wrapping_add(entry);
            told.entries += 1;
        }
        told
    }
}

/// The hash of one entry, as `MoveStatus` of ic-stable-migration sums it up.
fn hash(id: u8, key: &[u8], value: &[u8]) -> u64 {
    XxHash64::oneshot(XxHash64::oneshot(id.into(), key), value)
}

/// The contents of all collections in `$bulk`, whatever kind of maps they are: `$entries` iterates the one called `$map`.
#[macro_export]
macro_rules! contents {
    ($bulk:expr, $map:ident => $entries:expr) => {
        $crate::contents!(@ $bulk, $map => $entries;
            posts 1, likes 2, rooms 3, bets 4, placed_bets 5, token_events 6, followers 7, follower_places 8,
            following 9, following_places 10, followed_principals 11)
    };
    (@ $bulk:expr, $map:ident => $entries:expr; $($name:ident $id:literal),+) => {
        vec![$({
            let $map = &$bulk.$name;
            $crate::digest::Content::of(stringify!($name), $id, $entries)
        }),+]
    };
}

/// The contents of a nested value.
pub fn of(data: individual_user::state::legacy::CanisterData) -> Vec<Content> {
    let state = individual_user::state::State::from(data);
    contents!(state.bulk, map => map.iter())
}
