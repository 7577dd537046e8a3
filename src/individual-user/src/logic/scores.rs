//! How posts are ranked.
//!
//! A score is a sum of components, each of about a thousand points at most for an ordinary post: likes, shares
//! and views seen through a fifth, each in proportion to all views; the mean share watched; youth; and how the
//! bets went. Divisions round down, and what would exceed 64 bits stays at their maximum.

use candid::{CandidType, Principal};
use serde::Deserialize;

use super::context::Context;
use crate::domain::betting::AggregateStats;
use crate::domain::post::FeedScore;
use crate::domain::time::Timestamp;
use crate::state::records::PostRecord;

/// Points of a component that is a proportion.
const FULL: u64 = 1000;
/// How much more a like counts than a view.
const LIKE_WEIGHT: u64 = 10;
/// How much more a share counts than a view.
const SHARE_WEIGHT: u64 = 100;
/// Points for each percent of the mean share watched.
const WATCHED_WEIGHT: u64 = 10;

/// Youth is lost in steps of so many hours.
const AGE_STEP_HOURS: u64 = 4;
/// Points lost with each step.
const AGE_STEP_POINTS: u64 = 50;
/// Up to this age in hours youth counts `FRESH_WEIGHT` times.
const FRESH_HOURS: u64 = 16;
const FRESH_WEIGHT: u64 = 3;
const SECONDS_PER_HOUR: u64 = 60 * 60;

/// A feed is told a new score when it differs from the last one told by more than this.
const WORTH_TELLING: u64 = 100;

/// A post and its score, as the feeds are told.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostScoreIndexItem {
    /// The score.
    pub score: u64,
    /// The post.
    pub post_id: u64,
    /// The canister of the post.
    pub publisher_canister_id: Principal,
}

/// What the feeds should be told after a post changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "the feeds are told by the endpoint"]
pub struct FeedNews {
    /// For the home feed.
    pub home_feed: Option<PostScoreIndexItem>,
    /// For the feed of posts to bet on.
    pub hot_or_not_feed: Option<PostScoreIndexItem>,
}

/// Computes both scores of `post` anew, notes those that are worth telling as told, and returns them. O(1).
pub fn refresh(post: &mut PostRecord, call: &Context) -> FeedNews {
    let home = home_feed(post, call.now);
    let hot_or_not = hot_or_not_feed(post, call.now);
    let item = |score| PostScoreIndexItem {
        score,
        post_id: post.id,
        publisher_canister_id: call.canister,
    };
    let home_feed = tell(&mut post.home_feed_score, home, call.now).then(|| item(home));
    let hot_or_not_feed = post.betting.as_mut().and_then(|betting| {
        tell(&mut betting.feed_score, hot_or_not, call.now).then(|| item(hot_or_not))
    });
    FeedNews {
        home_feed,
        hot_or_not_feed,
    }
}

fn tell(feed: &mut FeedScore, score: u64, now: Timestamp) -> bool {
    feed.current_score = score;
    let worth_telling = score.abs_diff(feed.last_synchronized_score) > WORTH_TELLING;
    if worth_telling {
        feed.last_synchronized_score = score;
        feed.last_synchronized_at = now;
    }
    worth_telling
}

fn home_feed(post: &PostRecord, now: Timestamp) -> u64 {
    let said_hot = share_of_hot(post).unwrap_or(0);
    common(post, now).saturating_add(said_hot)
}

/// Here a post on which opinions are divided ranks highest.
fn hot_or_not_feed(post: &PostRecord, now: Timestamp) -> u64 {
    let divided = share_of_hot(post).map_or(0, |hot| {
        let distance_from_half = hot.abs_diff(FULL / 2);
        2 * FULL.saturating_sub(2 * distance_from_half)
    });
    common(post, now).saturating_add(divided)
}

fn common(post: &PostRecord, now: Timestamp) -> u64 {
    let views = &post.view_stats;
    [
        per_view(post, post.like_count, LIKE_WEIGHT),
        per_view(post, views.threshold_view_count, 1),
        WATCHED_WEIGHT * u64::from(views.average_watch_percentage),
        per_view(post, post.share_count, SHARE_WEIGHT),
        youth(now.seconds_since(post.created_at) / SECONDS_PER_HOUR),
    ]
    .into_iter()
    .fold(0, u64::saturating_add)
}

fn per_view(post: &PostRecord, count: u64, weight: u64) -> u64 {
    (FULL * weight)
        .saturating_mul(count)
        .checked_div(post.view_stats.total_view_count)
        .unwrap_or(0)
}

fn youth(age_in_hours: u64) -> u64 {
    let lost = (age_in_hours / AGE_STEP_HOURS).saturating_mul(AGE_STEP_POINTS);
    let left = FULL.saturating_sub(lost);
    match age_in_hours {
        0..=FRESH_HOURS => left * FRESH_WEIGHT,
        _ => left,
    }
}

/// The share of bets on hot, in thousandths.
fn share_of_hot(post: &PostRecord) -> Option<u64> {
    let AggregateStats {
        total_number_of_hot_bets: hot,
        total_number_of_not_bets: not,
        ..
    } = post.betting.as_ref()?.totals;
    FULL.saturating_mul(hot)
        .checked_div(hot.saturating_add(not))
}
