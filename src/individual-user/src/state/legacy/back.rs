//! Back to the nested value, for the release that goes back.

use ic_stable_migration::{Lost, ToLegacy};

use super::LegacyView;
use super::parts::{PartsOfPost, parts};
use crate::state::State;

impl ToLegacy for State {
    type Legacy<'a> = LegacyView<'a>;

    fn to_legacy(&self) -> LegacyView<'_> {
        LegacyView(self)
    }

    /// Likes, rooms and bets stand inside their post in the nested value; those that no post leads to have no place there.
    /// No call leaves such entries.
    fn lost(&self) -> Vec<Lost> {
        let bulk = &self.bulk;
        let mut parts = parts(bulk);
        let mut led_to = [0; 3];
        for (number, post) in bulk.posts.iter() {
            let PartsOfPost { likers, rooms } = parts.of_post(number);
            led_to[0] += likers.len() as u64;
            let slots = post.betting.map_or(Vec::new(), |betting| betting.slots);
            for (key, _) in slots.iter().flat_map(|slot| rooms.of_slot(*slot)) {
                led_to[1] += 1;
                led_to[2] += rooms.bets(key.slot, key.room).len() as u64;
            }
        }
        let all = [bulk.likes.len(), bulk.rooms.len(), bulk.bets.len()];
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
    use crate::state::keys::{LikeKey, RoomKey};
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
