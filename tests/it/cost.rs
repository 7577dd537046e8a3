//! What large states cost: in the move, and in upgrades after it.

use canister_host::InstallReport;
use canister_scenario::people;
use individual_user::domain::post::{FeedScore, Post, PostStatus, PostViewStatistics};
use individual_user::domain::time::Timestamp;
use individual_user::domain::token::TokenEvent;
use individual_user::state::legacy::CanisterData;
use scenarios::Subject;
use scenarios::modules::{BACK, RELEASE_0, RELEASE_1, RELEASE_2};

/// Instructions that a message may use on the network.
const MESSAGE_LIMIT: u64 = 40_000_000_000;

/// Release 2 on the legacy memory of `data`, moved to the end.
fn moved(data: &CanisterData) -> Subject {
    let legacy = rmp_serde::to_vec_named(data).unwrap();
    let mut subject = Subject::with_memory(&RELEASE_2, &legacy);
    subject.upgrade_skipping(&RELEASE_2).unwrap();
    let status = subject.finish_move();
    assert!(status.largest_step < MESSAGE_LIMIT / 20, "{status:?}");
    assert!(status.largest_dirty_bytes < 75 << 20, "{status:?}");
    subject
}

fn liked_post(likes: u64) -> Post {
    let created_at = Timestamp::from_nanos(1_700_000_000_000_000_000);
    let home_feed_score = FeedScore {
        current_score: 0,
        last_synchronized_score: 0,
        last_synchronized_at: created_at,
    };
    Post {
        id: 0,
        description: "liked by many".into(),
        hashtags: Vec::new(),
        video_uid: "0".into(),
        status: PostStatus::ReadyToView,
        created_at,
        likes: (0..likes).map(people::visitor).collect(),
        share_count: 0,
        view_stats: PostViewStatistics::default(),
        home_feed_score,
        creator_consent_for_inclusion_in_hot_or_not: false,
        hot_or_not_details: None,
    }
}

fn with_events(count: u64) -> CanisterData {
    let mut data: CanisterData = CanisterData::default();
    let events = (0..count).map(|number| (number, TokenEvent::Burn));
    data.my_token_balance.utility_token_transaction_history = events.collect();
    data
}

/// Instructions of both hooks of an upgrade of a canister that has moved.
fn upgrade_cost(events: u64) -> u64 {
    let mut subject = moved(&with_events(events));
    // The first upgrade gives the heap back; the second is what every later one costs.
    subject.upgrade(&RELEASE_2).unwrap();
    let report: InstallReport = subject.upgrade(&RELEASE_2).unwrap();
    let of = |hook: Option<canister_host::MessageReport>| hook.unwrap().instructions;
    let status = subject.moving().unwrap();
    let events_now = status.collections.iter().find(|c| c.name == "token_events");
    assert_eq!(events_now.unwrap().stable, events);
    of(report.pre_upgrade) + of(report.post_upgrade)
}

#[test]
fn an_upgrade_after_the_move_costs_the_same_at_10_and_10_000_and_1_000_000_entries() {
    let [few, many, most] = [10, 10_000, 1_000_000].map(upgrade_cost);
    for cost in [many, most] {
        let ratio = cost as f64 / few as f64;
        assert!(
            (0.9..1.1).contains(&ratio),
            "{few}, {many}, {most} instructions"
        );
    }
}

/// Release 2 before the first step of the move of `data`.
fn moving_in_steps(data: &CanisterData) -> Subject {
    let legacy = rmp_serde::to_vec_named(data).unwrap();
    let mut subject = Subject::with_memory(&RELEASE_0, &legacy);
    subject.upgrade_skipping(&RELEASE_0).unwrap();
    subject.upgrade(&RELEASE_1).unwrap();
    subject.set_move_budget(Some(0));
    subject.upgrade(&RELEASE_2).unwrap();
    subject
}

/// A state whose one post has so many likes.
fn with_likes(count: u64) -> CanisterData {
    let mut data: CanisterData = CanisterData::default();
    data.all_created_posts.insert(0, liked_post(count));
    data.profile.principal_id = Some(people::owner());
    data
}

/// Somebody likes the post who has not; what the message took.
fn like(subject: &mut Subject, nth: u64) -> u64 {
    let liker = people::visitor(1_000_000 + nth);
    let args = candid::encode_one(0u64).unwrap();
    let method = "update_post_toggle_like_status_by_caller";
    let reply = subject
        .lone
        .host
        .update(subject.lone.id, liker, method, &args);
    let reply = reply.unwrap();
    assert!(candid::decode_one::<bool>(&reply.bytes).unwrap());
    reply.instructions
}

/// Entries of the first step, and instructions for each.
fn first_step(subject: &mut Subject) -> (u64, u64) {
    subject.run_timers(1);
    let status = subject.moving().unwrap();
    let moved = status.collections.iter().map(|at| at.moved).sum();
    (moved, status.last_step / moved)
}

#[test]
fn a_map_that_nothing_was_written_to_moves_in_one_step_at_a_twentieth_of_what_inserting_takes() {
    // So many that the step, which has no instructions left after them, has none for the audit.
    const ENTRIES: u64 = 300_000;
    let inserted = {
        let mut subject = moving_in_steps(&with_likes(ENTRIES));
        like(&mut subject, 0);
        let (moved, inserted) = first_step(&mut subject);
        assert!(moved < ENTRIES / 10, "{:?}", subject.moving());
        inserted
    };
    for data in [with_likes(ENTRIES), with_events(ENTRIES)] {
        let mut subject = moving_in_steps(&data);
        let (moved, whole) = first_step(&mut subject);
        let status = subject.moving().unwrap();
        assert!(moved >= ENTRIES, "{status:?}");
        assert!(whole < 6_000, "{whole} instructions");
        assert!(whole < inserted / 20, "{whole} and {inserted} instructions");
        assert!(status.largest_step < MESSAGE_LIMIT / 10, "{status:?}");
    }
}

#[test]
fn a_post_with_100_000_likes_that_is_liked_moves_in_many_steps_and_takes_a_like_at_every_point() {
    let mut subject = moving_in_steps(&with_likes(100_000));
    let mut count = 100_000;
    let mut points = 0;
    loop {
        let before = subject.moving().unwrap().steps;
        let instructions = like(&mut subject, points);
        assert!(instructions < 2_000_000, "a like took {instructions}");
        count += 1;
        points += 1;
        if subject.moving().unwrap().finished.is_some() {
            break;
        }
        subject.run_timers(1);
        assert!(subject.moving().unwrap().steps > before);
    }
    assert!(points > 3, "{points} steps");
    let likes = subject.moving().unwrap().collections;
    let likes = likes.iter().find(|c| c.name == "likes").unwrap();
    assert_eq!(likes.stable, count);
}

/// A legacy value whose token events stand in the order of `of`, as in a canister that had a hash map.
fn events_ordered_by(count: u64, of: fn(u64) -> u64) -> Vec<u8> {
    #[derive(serde::Serialize)]
    struct Events(#[serde(serialize_with = "in_order")] Vec<u64>);
    fn in_order<S: serde::Serializer>(numbers: &[u64], to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(numbers.iter().map(|number| (number, TokenEvent::Burn)))
    }
    let mut numbers: Vec<_> = (0..count).collect();
    numbers.sort_by_key(|number| of(*number));
    let events = rmp_serde::to_vec_named(&Events(numbers)).unwrap();
    let field = b"utility_token_transaction_history";
    let mut value = rmp_serde::to_vec_named(&with_events(0)).unwrap();
    let at = value.windows(field.len()).position(|name| name == field);
    let at = at.unwrap() + field.len();
    // The map was empty: one byte.
    value.splice(at..=at, events);
    value
}

#[test]
fn a_hash_map_of_100_000_entries_moves_at_hardly_more_than_a_sorted_one() {
    const EVENTS: u64 = 100_000;
    let cost = |of: fn(u64) -> u64| {
        let legacy = events_ordered_by(EVENTS, of);
        let mut subject = Subject::with_memory(&RELEASE_2, &legacy);
        let before = subject.heap_pages();
        let report = subject.upgrade_skipping(&RELEASE_2).unwrap();
        let status = subject.moving().unwrap();
        let events = status.collections.iter().find(|c| c.name == "token_events");
        assert_eq!(events.unwrap().stable, EVENTS);
        assert!(status.finished.is_some() && status.steps == 0, "{status:?}");
        let heap = subject.heap_pages() - before;
        (report.post_upgrade.unwrap().instructions, heap)
    };
    let (sorted, heap_of_sorted) = cost(|number| number);
    let orders = [
        |number: u64| !number,
        |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
    ];
    for (unsorted, heap) in orders.map(cost) {
        assert!(
            unsorted < 5 * sorted / 2,
            "{unsorted} and {sorted} instructions"
        );
        // A megabyte of entries that are sorted, and what is noted of them; the buffers of the lists.
        let more = heap.saturating_sub(heap_of_sorted);
        assert!(more <= 40, "{heap} and {heap_of_sorted} pages of heap");
    }
}

/// Instructions of both upgrades of the way back, for so many posts of ten likes and as many token events.
fn way_back(posts: u64) -> [u64; 2] {
    let mut data = with_events(posts);
    data.all_created_posts = (0..posts).map(|number| (number, liked_post(10))).collect();
    let mut subject = moved(&data);
    let [back, old] = [&BACK, &RELEASE_0].map(|release| subject.upgrade(release).unwrap());
    let of = |report: InstallReport| {
        let hooks = [report.pre_upgrade, report.post_upgrade].map(Option::unwrap);
        println!(
            "{posts} posts: {:?} instructions",
            hooks.each_ref().map(|hook| hook.instructions)
        );
        hooks.iter().map(|hook| hook.instructions).sum()
    };
    [of(back), of(old)]
}

#[test]
fn going_back_costs_in_proportion_to_the_entries() {
    const POSTS: [u64; 2] = [500, 5_000];
    let [few, many] = POSTS.map(way_back);
    for (few, many) in few.into_iter().zip(many) {
        let times = many as f64 / few as f64;
        assert!((5.0..13.0).contains(&times), "{few}, {many} instructions");
    }
    // 60 000 entries take about a hundredth of what the upgrade may.
    assert!(many[1] < 300_000_000_000 / 80, "{many:?} instructions");
}
