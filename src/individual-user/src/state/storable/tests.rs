use std::fmt::Debug;

use ic_stable_migration::key::{self, KeyPart};
use ic_stable_structures::Storable;
use ic_stable_structures::storable::Bound;
use proptest::prelude::*;

use super::{RECORD_VERSION, Record, decode_record};
use crate::domain::betting::{BetDetails, PlacedBetDetail};
use crate::domain::follow::FollowEntryDetail;
use crate::domain::token::TokenEvent;
use crate::state::State;
use crate::state::keys::{
    BetKey, FollowMemberKey, FollowSide, FollowedPrincipalKey, LikeKey, PlacedBetKey, RoomKey,
};
use crate::state::records::{PostRecord, RoomRecord};
use crate::testing::strategies::{
    bet, canister_data, follow_entry, number, placed_bet, principal, token_event,
};

fn side() -> impl Strategy<Value = FollowSide> {
    prop_oneof![Just(FollowSide::Followers), Just(FollowSide::Following)]
}

fn like_key() -> impl Strategy<Value = LikeKey> {
    (number(), principal()).prop_map(|(post, liker)| LikeKey { post, liker })
}

fn room_key() -> impl Strategy<Value = RoomKey> {
    (number(), any::<u8>(), number()).prop_map(|(post, slot, room)| RoomKey { post, slot, room })
}

fn bet_key() -> impl Strategy<Value = BetKey> {
    (number(), principal(), any::<u8>(), number()).prop_map(|(post, bettor, slot, room)| BetKey {
        post,
        bettor,
        slot,
        room,
    })
}

fn placed_bet_key() -> impl Strategy<Value = PlacedBetKey> {
    (principal(), number()).prop_map(|(canister, post)| PlacedBetKey { canister, post })
}

fn follow_member_key() -> impl Strategy<Value = FollowMemberKey> {
    follow_entry().prop_map(|entry| FollowMemberKey::from(&entry))
}

fn followed_principal_key() -> impl Strategy<Value = FollowedPrincipalKey> {
    (side(), principal()).prop_map(|(side, user)| FollowedPrincipalKey { side, user })
}

/// Bytes keep the order, are within the bound, and read back as what they were written from.
fn check_key<K: KeyPart + Storable + Ord + Copy + Debug>(a: K, b: K) -> Result<(), TestCaseError> {
    let (bytes_a, bytes_b) = (a.to_bytes(), b.to_bytes());
    prop_assert_eq!(bytes_a.cmp(&bytes_b), a.cmp(&b));
    let Bound::Bounded {
        max_size,
        is_fixed_size,
    } = K::BOUND
    else {
        return Err(TestCaseError::fail("a key without a bound"));
    };
    prop_assert!(bytes_a.len() <= max_size as usize);
    prop_assert!(!is_fixed_size || bytes_a.len() == max_size as usize);
    prop_assert_eq!(key::decode::<K>(&bytes_a).expect("what was written"), a);
    Ok(())
}

fn check_record<R: Record + Storable + PartialEq + Debug>(r: R) -> Result<(), TestCaseError> {
    let bytes = r.to_bytes();
    let read = decode_record::<R>(&bytes);
    prop_assert_eq!(read.expect("what was written"), r);
    Ok(())
}

proptest! {
    #[test]
    fn keys_keep_their_order_in_bytes_and_read_back(
        like in [like_key(), like_key()],
        room in [room_key(), room_key()],
        bet in [bet_key(), bet_key()],
        placed in [placed_bet_key(), placed_bet_key()],
        member in [follow_member_key(), follow_member_key()],
        followed in [followed_principal_key(), followed_principal_key()],
    ) {
        check_key(like[0], like[1])?;
        check_key(room[0], room[1])?;
        check_key(bet[0], bet[1])?;
        check_key(placed[0], placed[1])?;
        check_key(member[0], member[1])?;
        check_key(followed[0], followed[1])?;
    }

    #[test]
    fn the_ranges_of_keys_hold_all_of_the_post_and_nothing_else(
        like in like_key(), bet in bet_key(), room in room_key(), other in number(),
    ) {
        prop_assert!(LikeKey::of_post(like.post).contains(&like));
        prop_assert!(BetKey::of_post(bet.post).contains(&bet));
        prop_assert!(BetKey::of_bettor(bet.post, bet.bettor).contains(&bet));
        prop_assert!(RoomKey::of_slot(room.post, room.slot).contains(&room));
        prop_assert_eq!(LikeKey::of_post(other).contains(&like), other == like.post);
        prop_assert_eq!(BetKey::of_post(other).contains(&bet), other == bet.post);
    }

    #[test]
    fn values_read_back_as_what_was_written(
        bet in bet(), placed in placed_bet(), event in token_event(), entry in follow_entry(),
    ) {
        check_record(bet)?;
        check_record(placed)?;
        check_record(event)?;
        check_record(entry)?;
    }

    #[test]
    fn posts_and_rooms_read_back_as_what_was_written(data in canister_data()) {
        let bulk = State::from(data).bulk;
        for (_, post) in bulk.posts.iter() {
            check_record(post)?;
        }
        for (_, room) in bulk.rooms.iter() {
            check_record(room)?;
        }
    }

    #[test]
    fn hostile_bytes_are_an_error_or_a_value_and_never_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let versioned = [&[RECORD_VERSION], bytes.as_slice()].concat();
        let _ = decode_record::<PostRecord>(&versioned);
        let _ = decode_record::<RoomRecord>(&versioned);
        let _ = decode_record::<BetDetails>(&versioned);
        let _ = decode_record::<PlacedBetDetail>(&versioned);
        let _ = decode_record::<TokenEvent>(&versioned);
        let _ = decode_record::<FollowEntryDetail>(&versioned);
        let _ = key::decode::<LikeKey>(&bytes);
        let _ = key::decode::<RoomKey>(&bytes);
        let _ = key::decode::<BetKey>(&bytes);
        let _ = key::decode::<PlacedBetKey>(&bytes);
        let _ = key::decode::<FollowMemberKey>(&bytes);
        let _ = key::decode::<FollowedPrincipalKey>(&bytes);
    }

    #[test]
    fn every_shortened_value_is_an_error(event in token_event(), cut in 1..20_usize) {
        let bytes = event.to_bytes();
        let cut = cut.min(bytes.len());
        prop_assert!(decode_record::<TokenEvent>(&bytes[..bytes.len() - cut]).is_err());
    }
}

#[test]
fn a_value_of_a_later_version_says_which_release_to_install() {
    let mut bytes = RoomRecord::default().into_bytes();
    bytes[0] = RECORD_VERSION + 1;
    let error = decode_record::<RoomRecord>(&bytes).expect_err("a later version");
    assert_eq!(
        error.to_string(),
        "a stored room has version 2, and this release reads version 1: \
         install the release that wrote it, or a later one"
    );
}

#[test]
fn a_key_with_a_principal_too_long_says_where() {
    let bytes = [&[0; 8][..], &[30], &[7; 30]].concat();
    let error = key::decode::<LikeKey>(&bytes).expect_err("30 bytes");
    assert!(
        error
            .to_string()
            .contains("a principal of 30 bytes in `liker`"),
        "{error}"
    );
}

#[test]
#[should_panic(expected = "a stored bet is empty")]
fn what_cannot_be_read_panics_with_a_sentence_and_so_rolls_the_message_back() {
    BetDetails::from_bytes(std::borrow::Cow::Borrowed(&[]));
}

/// What a bet, a room and a like take in a map, so that an encoding cannot grow unnoticed.
#[test]
fn typical_entries_are_small() {
    let canister = candid::Principal::from_slice(&[0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    let bet = BetDetails {
        amount: 50,
        bet_direction: crate::domain::betting::BetDirection::Hot,
        payout: Default::default(),
        bet_maker_canister_id: canister,
    };
    assert_eq!(bet.into_bytes().len(), 19);
    assert_eq!(RoomRecord::default().into_bytes().len(), 7);
}
