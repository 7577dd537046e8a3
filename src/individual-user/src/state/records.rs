//! The values that are stored and not shown: parts of what callers see as one record.

use minicbor::{Decode, Encode};

use crate::domain::betting::{AggregateStats, RoomBetPossibleOutcomes};
use crate::domain::post::{FeedScore, PostStatus, PostViewStatistics};
use crate::domain::time::Timestamp;

/// A post without its likes, rooms and bets, but with what of them must be known at once.
#[derive(Encode, Decode, Clone, Debug, PartialEq, Eq)]
pub struct PostRecord {
    /// The number the post bears; in a legacy memory it could differ from the one it is found by.
    #[n(0)]
    pub id: u64,
    /// What the owner says about it.
    #[n(1)]
    pub description: String,
    /// Words to find it by.
    #[n(2)]
    pub hashtags: Vec<String>,
    /// The video.
    #[n(3)]
    pub video_uid: String,
    /// Where it stands.
    #[n(4)]
    pub status: PostStatus,
    /// When it was made.
    #[n(5)]
    pub created_at: Timestamp,
    /// How often it was shared.
    #[n(6)]
    pub share_count: u64,
    /// How it was watched.
    #[n(7)]
    pub view_stats: PostViewStatistics,
    /// Its score in the home feed.
    #[n(8)]
    pub home_feed_score: FeedScore,
    /// Whether it may be bet on.
    #[n(9)]
    pub consent: bool,
    /// Entries in the collection of likes.
    #[n(10)]
    pub like_count: u64,
    /// The bets, summed.
    #[n(11)]
    pub betting: Option<BettingRecord>,
}

/// What a post knows of the bets on it.
#[derive(Encode, Decode, Clone, Debug, Default, PartialEq, Eq)]
pub struct BettingRecord {
    /// Its score in the feed of posts to bet on.
    #[n(0)]
    pub feed_score: FeedScore,
    /// All bets, summed.
    #[n(1)]
    pub totals: AggregateStats,
    /// The slots there are, in order; a slot can be without a room.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub slots: Vec<u8>,
}

impl BettingRecord {
    /// Notes that there is a slot `slot`.
    pub fn open_slot(&mut self, slot: u8) {
        if let Err(place) = self.slots.binary_search(&slot) {
            self.slots.insert(place, slot);
        }
    }
}

/// A room without its bets.
#[derive(Encode, Decode, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomRecord {
    /// How it was decided.
    #[n(0)]
    pub outcome: RoomBetPossibleOutcomes,
    /// All tokens bet in it.
    #[n(1)]
    pub pot: u64,
    /// Bets on hot, as counted.
    #[n(2)]
    pub hot_bets: u64,
    /// Bets on not, as counted.
    #[n(3)]
    pub not_bets: u64,
    /// Entries in the collection of bets.
    #[n(4)]
    pub participants: u64,
}
