//! Posts, their likes, views and shares.

use std::collections::BTreeMap;

use candid::Principal;

use super::context::Context;
use super::error::CallError;
use super::scores::{self, FeedNews};
use super::{access, bets, pagination};
use crate::domain::betting::{HotOrNotDetails, RoomDetails, SlotDetails};
use crate::domain::known_principal::KnownPrincipalType;
use crate::domain::post::{
    FeedScore, GetPostsOfUserProfileError, Post, PostDetailsForFrontend, PostDetailsFromFrontend,
    PostStatus, PostViewDetailsFromFrontend, PostViewStatistics,
};
use crate::state::State;
use crate::state::bulk::Bulk;
#[cfg(feature = "hashtags-index")]
use crate::state::hashtags;
use crate::state::keys::{BetKey, LikeKey, RoomKey};
use crate::state::records::{BettingRecord, PostRecord};

/// A view counts as more than a glance above this percentage.
const THRESHOLD_PERCENTAGE: u8 = 20;

/// The post with the number `id`. O(log n).
pub fn find(state: &State, id: u64) -> Result<PostRecord, CallError> {
    state.bulk.posts.get(&id).ok_or(CallError::NoSuchPost {
        id,
        count: state.bulk.posts.len(),
    })
}

/// Makes a post. Only the owner may.
///
/// Its number is the count of posts, as in the deployed canister; where a legacy memory has gaps and that number
/// is taken, the one after the last.
pub fn add(
    state: &mut State,
    call: &Context,
    details: PostDetailsFromFrontend,
) -> Result<(u64, FeedNews), String> {
    if !access::is_owner(&state.hot, call) {
        return Err(
            "only the owner of this canister can make a post in it: its profile is someone else's"
                .to_owned(),
        );
    }
    let id = free_number(&state.bulk).map_err(|e| e.to_string())?;
    let consent = details.creator_consent_for_inclusion_in_hot_or_not;
    let mut post = PostRecord {
        id,
        description: details.description,
        hashtags: details.hashtags,
        video_uid: details.video_uid,
        status: PostStatus::Uploaded,
        created_at: call.now,
        share_count: 0,
        view_stats: PostViewStatistics::default(),
        home_feed_score: FeedScore::default(),
        consent,
        like_count: 0,
        betting: consent.then(BettingRecord::default),
    };
    let news = scores::refresh(&mut post, call);
    #[cfg(feature = "hashtags-index")]
    hashtags::note(&mut state.bulk.hashtags, id, &post.hashtags);
    state.bulk.posts.insert(id, post);
    Ok((id, news))
}

fn free_number(bulk: &Bulk) -> Result<u64, CallError> {
    let count = bulk.posts.len();
    match bulk.posts.last_key_value() {
        Some((last, _)) if last >= count && bulk.posts.contains_key(&count) => last
            .checked_add(1)
            .ok_or(CallError::NoNumberLeft { of: "post", last }),
        _ => Ok(count),
    }
}

/// Reads the post `id`, changes it, ranks it anew and writes it back. O(log n).
pub(super) fn change<R>(
    state: &mut State,
    call: &Context,
    id: u64,
    change: impl FnOnce(&mut PostRecord) -> R,
) -> Result<(R, FeedNews), CallError> {
    let mut post = find(state, id)?;
    let result = change(&mut post);
    let news = scores::refresh(&mut post, call);
    state.bulk.posts.insert(id, post);
    Ok((result, news))
}

/// Likes a post, or no longer; says whether the caller now likes it. O(log n), however many like it.
pub fn toggle_like(
    state: &mut State,
    call: &Context,
    id: u64,
) -> Result<(bool, FeedNews), CallError> {
    let mut post = find(state, id)?;
    let key = LikeKey {
        post: id,
        liker: call.caller,
    };
    let liked = state.bulk.likes.remove(&key).is_none();
    if liked {
        state.bulk.likes.insert(key, ());
        post.like_count = post.like_count.saturating_add(1);
    } else {
        post.like_count = post.like_count.saturating_sub(1);
    }
    let news = scores::refresh(&mut post, call);
    state.bulk.posts.insert(id, post);
    Ok((liked, news))
}

/// Counts a share and says how many there were. O(log n).
pub fn count_share(
    state: &mut State,
    call: &Context,
    id: u64,
) -> Result<(u64, FeedNews), CallError> {
    change(state, call, id, |post| {
        post.share_count = post.share_count.saturating_add(1);
        post.share_count
    })
}

/// Counts a viewing. O(log n).
pub fn count_view(
    state: &mut State,
    call: &Context,
    id: u64,
    details: PostViewDetailsFromFrontend,
) -> Result<FeedNews, CallError> {
    let (full_watches, percentage) = match details {
        PostViewDetailsFromFrontend::WatchedPartially { percentage_watched } => {
            (0, percentage_watched)
        }
        PostViewDetailsFromFrontend::WatchedMultipleTimes {
            watch_count,
            percentage_watched,
        } => (watch_count, percentage_watched),
    };
    if !(1..=100).contains(&percentage) {
        return Err(CallError::NotAPercentage { found: percentage });
    }
    let ((), news) = change(state, call, id, |post| {
        let stats = &mut post.view_stats;
        let full = u64::from(full_watches);
        let above_threshold = u64::from(percentage > THRESHOLD_PERCENTAGE);
        let total = stats.total_view_count.saturating_add(full + 1);
        stats.average_watch_percentage = mean(stats, full, percentage, total);
        stats.total_view_count = total;
        stats.threshold_view_count = stats
            .threshold_view_count
            .saturating_add(full + above_threshold);
    })?;
    Ok(news)
}

/// The mean share watched with `full` watches to the end and one of `percentage` more.
fn mean(before: &PostViewStatistics, full: u64, percentage: u8, total: u64) -> u8 {
    let sum = u128::from(before.average_watch_percentage) * u128::from(before.total_view_count)
        + 100 * u128::from(full)
        + u128::from(percentage);
    u8::try_from(sum / u128::from(total.max(1))).unwrap_or(u8::MAX)
}

/// Lets everyone see a post. Only the operator or a controller may.
pub fn clear_for_viewing(state: &mut State, call: &Context, id: u64) -> Result<(), CallError> {
    let operator = KnownPrincipalType::UserIdGlobalSuperAdmin;
    access::require(&state.hot, call, operator, "the operator or a controller")?;
    let mut post = find(state, id)?;
    post.status = PostStatus::ReadyToView;
    state.bulk.posts.insert(id, post);
    Ok(())
}

/// The post as the caller sees it. O(log n).
pub fn details(
    state: &State,
    call: &Context,
    id: u64,
) -> Result<PostDetailsForFrontend, CallError> {
    let post = find(state, id)?;
    let owner = access::owner(&state.hot)?;
    Ok(view(state, call, owner, id, post))
}

/// The posts numbered `from` to before `to`, at most a hundred; numbers that a legacy memory leaves out are
/// passed over. O(page · log n).
pub fn page(
    state: &State,
    call: &Context,
    from: u64,
    to: u64,
) -> Result<Result<Vec<PostDetailsForFrontend>, GetPostsOfUserProfileError>, CallError> {
    let owner = access::owner(&state.hot)?;
    let posts = &state.bulk.posts;
    Ok(pagination::page(from, to, posts.len()).map(|page| {
        posts
            .range(page)
            .map(|(id, post)| view(state, call, owner, id, post))
            .collect()
    }))
}

/// The posts with a hashtag behind `after`, at most a hundred. O(page · log n).
#[cfg(feature = "hashtags")]
pub fn with_hashtag(
    state: &State,
    call: &Context,
    tag: &str,
    after: Option<u64>,
    limit: u64,
) -> Result<Vec<PostDetailsForFrontend>, CallError> {
    let owner = access::owner(&state.hot)?;
    let limit = usize::try_from(limit.min(pagination::MAX_PAGE)).unwrap_or(0);
    let posts = hashtags::posts(&state.bulk, tag, after, limit).into_iter();
    let posts = posts.map(|(id, post)| view(state, call, owner, id, post));
    Ok(posts.collect())
}

fn view(
    state: &State,
    call: &Context,
    owner: Principal,
    number: u64,
    post: PostRecord,
) -> PostDetailsForFrontend {
    let profile = &state.hot.profile;
    let like = LikeKey {
        post: number,
        liker: call.caller,
    };
    PostDetailsForFrontend {
        created_by_display_name: profile.display_name.clone(),
        created_by_unique_user_name: profile.unique_user_name.clone(),
        created_by_user_principal_id: owner,
        created_by_profile_photo_url: profile.profile_picture_url.clone(),
        total_view_count: post.view_stats.total_view_count,
        like_count: post.like_count,
        liked_by_me: state.bulk.likes.contains_key(&like),
        home_feed_ranking_score: post.home_feed_score.current_score,
        hot_or_not_feed_ranking_score: post
            .betting
            .as_ref()
            .map(|betting| betting.feed_score.current_score),
        hot_or_not_betting_status: post
            .consent
            .then(|| bets::status_of(state, call, number, &post)),
        id: post.id,
        created_at: post.created_at,
        description: post.description,
        hashtags: post.hashtags,
        video_uid: post.video_uid,
        status: post.status,
    }
}

/// The whole post with everyone who likes it and everyone who bet on it, for the operator; nothing for anyone
/// else. O(what the post has).
pub fn whole(state: &State, call: &Context, id: u64) -> Result<Result<Post, ()>, CallError> {
    if !access::plays(&state.hot, call, KnownPrincipalType::UserIdGlobalSuperAdmin) {
        return Ok(Err(()));
    }
    let post = find(state, id)?;
    let likes = state.bulk.likes.range(LikeKey::of_post(id));
    Ok(Ok(Post {
        id: post.id,
        description: post.description,
        hashtags: post.hashtags,
        video_uid: post.video_uid,
        status: post.status,
        created_at: post.created_at,
        likes: likes.map(|(key, ())| key.liker).collect(),
        share_count: post.share_count,
        view_stats: post.view_stats,
        home_feed_score: post.home_feed_score,
        creator_consent_for_inclusion_in_hot_or_not: post.consent,
        hot_or_not_details: post.betting.map(|betting| HotOrNotDetails {
            hot_or_not_feed_score: betting.feed_score,
            aggregate_stats: betting.totals,
            slot_history: slots(&state.bulk, id, &betting),
        }),
    }))
}

fn slots(bulk: &Bulk, post: u64, betting: &BettingRecord) -> BTreeMap<u8, SlotDetails> {
    let rooms = |slot: u8| {
        let rooms = bulk.rooms.range(RoomKey::of_slot(post, slot));
        SlotDetails {
            room_details: rooms
                .map(|(key, room)| {
                    let details = RoomDetails {
                        bets_made: BTreeMap::new(),
                        bet_outcome: room.outcome,
                        room_bets_total_pot: room.pot,
                        total_hot_bets: room.hot_bets,
                        total_not_bets: room.not_bets,
                    };
                    (key.room, details)
                })
                .collect(),
        }
    };
    let mut slots: BTreeMap<u8, SlotDetails> = betting
        .slots
        .iter()
        .map(|slot| (*slot, rooms(*slot)))
        .collect();
    for (key, bet) in bulk.bets.range(BetKey::of_post(post)) {
        let slot = slots.get_mut(&key.slot);
        if let Some(room) = slot.and_then(|slot| slot.room_details.get_mut(&key.room)) {
            room.bets_made.insert(key.bettor, bet);
        }
    }
    slots
}
