use candid::Principal;

use super::{BIRTH, CANISTER, OWNER, add_post, call, everything, owned, user};
use crate::domain::post::GetPostsOfUserProfileError;
use crate::domain::post::PostViewDetailsFromFrontend::{WatchedMultipleTimes, WatchedPartially};
use crate::domain::time::Timestamp;
use crate::logic::error::CallError;
use crate::logic::posts;
use crate::logic::scores::PostScoreIndexItem;

#[test]
fn a_like_is_counted_once_a_user_and_can_be_taken_back() {
    let mut state = owned();
    let id = add_post(&mut state, false);
    for liker in [user(1), user(2), Principal::anonymous()] {
        let (liked, _) = posts::toggle_like(&mut state, &call(liker, 1), id).expect("a post");
        assert!(liked);
    }
    let (liked, _) = posts::toggle_like(&mut state, &call(user(1), 2), id).expect("a post");
    assert!(!liked);

    let seen = |who| posts::details(&state, &call(who, 3), id).expect("a post");
    assert_eq!(seen(user(2)).like_count, 2);
    assert!(seen(user(2)).liked_by_me);
    assert!(!seen(user(1)).liked_by_me);
}

#[test]
fn views_make_the_mean_share_watched_and_count_above_a_fifth() {
    let mut state = owned();
    let id = add_post(&mut state, false);
    let views = [
        WatchedPartially {
            percentage_watched: 20,
        },
        WatchedPartially {
            percentage_watched: 21,
        },
        WatchedMultipleTimes {
            watch_count: 2,
            percentage_watched: 60,
        },
    ];
    for view in views {
        let _ = posts::count_view(&mut state, &call(user(1), 1), id, view).expect("a post");
    }
    let stats = posts::find(&state, id).expect("a post").view_stats;
    assert_eq!(stats.total_view_count, 5);
    assert_eq!(stats.threshold_view_count, 4);
    // (20 + 21) / 2 = 20 rounded down, then (20 · 2 + 100 · 2 + 60) / 5.
    assert_eq!(stats.average_watch_percentage, 60);
}

#[test]
fn a_share_of_a_video_that_is_none_is_refused_and_changes_nothing() {
    let mut state = owned();
    let id = add_post(&mut state, false);
    let before = everything(&state);
    for found in [0, 101] {
        let view = WatchedPartially {
            percentage_watched: found,
        };
        let refused = posts::count_view(&mut state, &call(user(1), 1), id, view);
        assert_eq!(refused, Err(CallError::NotAPercentage { found }));
    }
    assert_eq!(everything(&state), before);
}

#[test]
fn the_feeds_are_told_of_a_new_post_and_then_only_of_what_is_worth_telling() {
    let mut state = owned();
    let id = add_post(&mut state, true);
    let told = posts::find(&state, id).expect("a post").home_feed_score;
    assert_eq!(told.last_synchronized_score, 3000);
    assert_eq!(told.last_synchronized_at.secs_since_epoch, BIRTH);

    let glance = WatchedPartially {
        percentage_watched: 9,
    };
    let news = posts::count_view(&mut state, &call(user(1), 1), id, glance).expect("a post");
    assert_eq!((news.home_feed, news.hot_or_not_feed), (None, None));

    let (_, news) = posts::toggle_like(&mut state, &call(user(1), 2), id).expect("a post");
    let item = PostScoreIndexItem {
        score: 3000 + 90 + 10_000,
        post_id: id,
        publisher_canister_id: CANISTER,
    };
    assert_eq!(news.home_feed, Some(item));
    assert_eq!(news.hot_or_not_feed, Some(item));
}

#[test]
fn youth_is_lost_in_steps_and_counts_thrice_for_sixteen_hours() {
    let hours = |hours: u64| {
        let mut state = owned();
        let id = add_post(&mut state, false);
        let shared = posts::count_share(&mut state, &call(user(1), hours * 3600), id);
        let _ = shared.expect("a post");
        let post = posts::find(&state, id).expect("a post");
        post.home_feed_score.current_score
    };
    assert_eq!(hours(3), 3000);
    assert_eq!(hours(16), 2400);
    assert_eq!(hours(17), 800);
    assert_eq!(hours(1_000_000), 0);
}

#[test]
fn a_post_gets_the_next_number_even_where_a_legacy_memory_has_taken_it() {
    let mut state = owned();
    assert_eq!(add_post(&mut state, false), 0);
    let odd = posts::find(&state, 0).expect("a post");
    state.bulk.posts.insert(2, odd);
    assert_eq!(add_post(&mut state, false), 3);
    assert_eq!(add_post(&mut state, false), 4);

    let page = posts::page(&state, &call(OWNER, 1), 0, 100).expect("an owner");
    assert_eq!(page.expect("posts").len(), 3);
}

#[test]
fn pages_beyond_the_end_and_posts_that_are_not_there_say_so() {
    let mut state = owned();
    add_post(&mut state, false);
    let caller = call(user(1), 1);
    let page = posts::page(&state, &caller, 1, 5).expect("an owner");
    assert_eq!(page, Err(GetPostsOfUserProfileError::ReachedEndOfItemsList));
    let refused = posts::toggle_like(&mut state, &caller, 7).expect_err("no post");
    assert_eq!(
        refused.to_string(),
        "there is no post 7: this canister has 1 posts"
    );
}

#[test]
fn the_time_since_is_counted_in_whole_seconds_and_never_negative() {
    let at = |secs_since_epoch, nanos_since_epoch| Timestamp {
        secs_since_epoch,
        nanos_since_epoch,
    };
    assert_eq!(at(10, 5).seconds_since(at(8, 5)), 2);
    assert_eq!(at(10, 4).seconds_since(at(8, 5)), 1);
    assert_eq!(at(8, 0).seconds_since(at(10, 0)), 0);
    assert_eq!(Timestamp::from_nanos(1_500_000_000), at(1, 500_000_000));
}
