//! What the nested value keeps inside a post and the state in collections of its own, post by post.
//!
//! Each collection is read once, from its start to its end, beside the posts: to search it for each post takes many times
//! as long in a stable map. Of one post at a time all is held.

use std::iter::Peekable;

use candid::Principal;

use crate::domain::betting::BetDetails;
use crate::state::bulk::Bulk;
use crate::state::keys::{BetKey, LikeKey, RoomKey};
use crate::state::records::RoomRecord;

/// The likes, rooms and bets of all posts.
pub struct Parts<Likes: Iterator, Rooms: Iterator, Bets: Iterator> {
    likes: ByPost<Likes>,
    rooms: ByPost<Rooms>,
    bets: ByPost<Bets>,
}

/// Those of one post.
pub struct PartsOfPost {
    /// Who likes it, in order.
    pub likers: Vec<Principal>,
    /// Where it is bet on.
    pub rooms: RoomsOfPost,
}

/// The rooms of one post, and the bets in them.
pub struct RoomsOfPost {
    rooms: Vec<(RoomKey, RoomRecord)>,
    /// In the order of slots, rooms and bettors.
    bets: Vec<(BetKey, BetDetails)>,
}

/// Those of all posts of a state.
pub fn parts(
    bulk: &Bulk,
) -> Parts<
    impl Iterator<Item = (LikeKey, ())> + '_,
    impl Iterator<Item = (RoomKey, RoomRecord)> + '_,
    impl Iterator<Item = (BetKey, BetDetails)> + '_,
> {
    Parts {
        likes: ByPost::of(bulk.likes.iter(), |(key, ())| key.post),
        rooms: ByPost::of(bulk.rooms.iter(), |(key, _)| key.post),
        bets: ByPost::of(bulk.bets.iter(), |(key, _)| key.post),
    }
}

impl<Likes, Rooms, Bets> Parts<Likes, Rooms, Bets>
where
    Likes: Iterator<Item = (LikeKey, ())>,
    Rooms: Iterator<Item = (RoomKey, RoomRecord)>,
    Bets: Iterator<Item = (BetKey, BetDetails)>,
{
    /// Those of a post; to be asked for posts in their order.
    pub fn of_post(&mut self, post: u64) -> PartsOfPost {
        let likers = self.likes.next(post).map(|(key, ())| key.liker).collect();
        let rooms = self.rooms.next(post).collect();
        let mut bets: Vec<_> = self.bets.next(post).collect();
        bets.sort_unstable_by_key(|(key, _)| (key.slot, key.room, key.bettor));
        let rooms = RoomsOfPost { rooms, bets };
        PartsOfPost { likers, rooms }
    }
}

impl RoomsOfPost {
    /// The rooms of a slot, in order.
    pub fn of_slot(&self, slot: u8) -> &[(RoomKey, RoomRecord)] {
        run_of(&self.rooms, slot, |(key, _)| key.slot)
    }

    /// The bets in a room, in the order of those who bet.
    pub fn bets(&self, slot: u8, room: u64) -> &[(BetKey, BetDetails)] {
        run_of(&self.bets, (slot, room), |(key, _)| (key.slot, key.room))
    }
}

/// The entries that have `wanted`, of entries that are in its order.
fn run_of<T, W: Ord>(entries: &[T], wanted: W, of: impl Fn(&T) -> W) -> &[T] {
    let start = entries.partition_point(|entry| of(entry) < wanted);
    let rest = entries.get(start..).unwrap_or_default();
    let len = rest.partition_point(|entry| of(entry) <= wanted);
    rest.get(..len).unwrap_or_default()
}

/// Entries that are in the order of their posts.
struct ByPost<I: Iterator> {
    entries: Peekable<I>,
    post_of: fn(&I::Item) -> u64,
}

impl<I: Iterator> ByPost<I> {
    fn of(entries: I, post_of: fn(&I::Item) -> u64) -> Self {
        Self {
            entries: entries.peekable(),
            post_of,
        }
    }

    /// The entries of a post. Those before it, which no post has asked for, are passed over.
    fn next(&mut self, post: u64) -> impl Iterator<Item = I::Item> + '_ {
        let post_of = self.post_of;
        let entries = &mut self.entries;
        while entries.next_if(|entry| post_of(entry) < post).is_some() {}
        std::iter::from_fn(move || entries.next_if(|entry| post_of(entry) == post))
    }
}
