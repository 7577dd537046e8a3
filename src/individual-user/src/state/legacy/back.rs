//! Back to the nested value, for the release that goes back.

use std::collections::BTreeSet;

use ic_stable_migration::{Lost, ToLegacy};

use super::LegacyView;
use crate::state::State;
use crate::state::bulk::Bulk;
use crate::state::keys::{BetKey, LikeKey, RoomKey};

impl ToLegacy for State {
    type Legacy<'a> = LegacyView<'a>;

    fn to_legacy(&self) -> LegacyView<'_> {
        LegacyView(self)
    }

    /// Likes, rooms and bets stand inside their post in the nested value; those that no post leads to have no place there.
    /// No call leaves such entries.
    fn lost(&self) -> Vec<Lost> {
        let Bulk {
            posts,
            likes,
            rooms,
            bets,
            ..
        } = &self.bulk;
        let mut led_to = [0; 3];
        for (post, record) in posts.iter() {
            led_to[0] += likes.keys(LikeKey::of_post(post)).count() as u64;
            let slots = record.betting.map_or(Vec::new(), |betting| betting.slots);
            let of_slot = |slot: u8| rooms.keys(RoomKey::of_slot(post, slot));
            let known: BTreeSet<_> = slots.into_iter().flat_map(of_slot).collect();
            led_to[1] += known.len() as u64;
            let in_a_room = |bet: &BetKey| {
                let (slot, room) = (bet.slot, bet.room);
                known.contains(&RoomKey { post, slot, room })
            };
            let of_post = bets.keys(BetKey::of_post(post));
            led_to[2] += of_post.filter(in_a_room).count() as u64;
        }
        let all = [likes.len(), rooms.len(), bets.len()];
        let names = ["likes of no post", "rooms of no post", "bets of no room"];
        let lost = names.into_iter().zip(all).zip(led_to);
        lost.map(|((name, all), led_to)| Lost::new(name, all.saturating_sub(led_to)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use candid::Principal;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::strategies;

    fn lost(state: &State) -> Vec<u64> {
        state.lost().iter().map(|lost| lost.count).collect()
    }

    proptest! {
        #[test]
        fn nothing_of_a_legacy_value_has_no_place_in_one(data in strategies::canister_data()) {
            prop_assert_eq!(lost(&State::from(data)), [0, 0, 0]);
        }
    }

    #[test]
    fn what_no_post_leads_to_is_counted() {
        let mut state = State::default();
        let (post, slot, room) = (7, 1, 2);
        for number in 0..3 {
            let liker = Principal::from_slice(&[number]);
            state.bulk.likes.insert(LikeKey { post, liker }, ());
        }
        let record = crate::state::records::RoomRecord {
            outcome: crate::domain::betting::RoomBetPossibleOutcomes::BetOngoing,
            pot: 0,
            hot_bets: 0,
            not_bets: 0,
            participants: 0,
        };
        let key = RoomKey { post, slot, room };
        state.bulk.rooms.insert(key, record);
        assert_eq!(lost(&state), [3, 1, 0]);
    }
}
