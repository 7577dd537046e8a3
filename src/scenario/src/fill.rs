//! Filling a canister: deterministic calls in rounds an hour apart.

use std::time::Duration;

use crate::call::Call;
use crate::people::{canister, operator, owner, user_index, visitor};
use crate::random::Random;
use crate::wire::{
    BetDirection, FollowerArg, PlaceBetArg, PostDetailsFromFrontend, PostViewDetailsFromFrontend,
    UserProfileUpdateDetailsFromFrontend,
};

/// Visitors that a scenario draws from. Few enough that one of them likes a post twice.
const VISITORS: u64 = 400;

/// A betting slot lasts an hour, so that bets of different rounds are in different slots.
const ROUND: Duration = Duration::from_secs(61 * 60);

/// Betting on a post closes after 48 slots; a fill stays well inside.
const ROUNDS: u64 = 5;

const WORDS: &[&str] = &[
    "dance",
    "music",
    "été",
    "ünïcode",
    "猫",
    "🎬",
    "comedy",
    "sport",
    "food",
    "travel",
    "art",
];

/// One thing to do to fill a canister.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Call an endpoint.
    Call(Call),
    /// Let time pass.
    Pass(Duration),
}

/// How much of everything a canister is filled with. A like given twice is taken back, and a
/// second bet on the same post is refused, so that slightly less than the number arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// Posts; nine of ten can be bet on.
    pub posts: u64,
    /// Likes, spread over the posts.
    pub likes: u64,
    /// Views, spread over the posts.
    pub views: u64,
    /// Shares, spread over the posts.
    pub shares: u64,
    /// Bets placed on the posts.
    pub bets: u64,
    /// Profiles that follow the owner.
    pub followers: u64,
    /// Rewards, each of which is a token event.
    pub rewards: u64,
    /// What everything random follows from.
    pub seed: u64,
}

impl Fill {
    /// A dozen of everything: for tests that run many times.
    pub const SMALL: Self = Self {
        posts: 12,
        likes: 30,
        views: 20,
        shares: 6,
        bets: 20,
        followers: 12,
        rewards: 12,
        seed: 1,
    };

    /// A few hundred of everything: a user who has been there for a year.
    pub const DEMO: Self = Self {
        posts: 300,
        likes: 900,
        views: 600,
        shares: 100,
        bets: 400,
        followers: 250,
        rewards: 300,
        seed: 1,
    };

    /// The calls, in rounds an hour apart; within a round in random order, posts first.
    pub fn steps(&self) -> Vec<Step> {
        let mut random = Random::new(self.seed);
        let mut steps = vec![Step::Call(update_profile(&mut random))];
        let mut posts = 0;
        for round in 0..ROUNDS {
            let share = |count: u64| count * (round + 1) / ROUNDS - count * round / ROUNDS;
            for _ in 0..share(self.posts) {
                steps.push(Step::Call(add_post(&mut random)));
            }
            posts += share(self.posts);
            let mut calls = Vec::new();
            let mut add = |count: u64, make: &mut dyn FnMut(&mut Random) -> Call| {
                calls.extend((0..share(count)).map(|_| make(&mut random)));
            };
            add(self.likes, &mut |random| toggle_like(random, posts));
            add(self.views, &mut |random| view(random, posts));
            add(self.shares, &mut |random| share_post(random, posts));
            add(self.bets, &mut |random| bet(random, posts));
            add(self.rewards, &mut |_| reward());
            let first = self.followers * round / ROUNDS;
            calls.extend((0..share(self.followers)).map(|nth| follow(first + nth + 1)));
            calls.extend((0..share(self.posts) / 4).map(|_| mark_ready(&mut random, posts)));
            random.shuffle(&mut calls);
            steps.extend(calls.into_iter().map(Step::Call));
            steps.push(Step::Pass(ROUND));
        }
        steps
    }
}

/// A random call that changes a canister with `posts` posts, as its users make them: most of them
/// likes and views, some refused because they repeat another or name a post that is not there.
pub fn random_call(random: &mut Random, posts: u64) -> Call {
    let beyond = posts + 1;
    match random.below(100) {
        0..35 => toggle_like(random, beyond),
        35..55 => view(random, posts.max(1)),
        55..60 => share_post(random, posts.max(1)),
        60..75 => bet(random, beyond),
        75..83 => follow(random.below(VISITORS)),
        83..90 => reward(),
        90..97 => add_post(random),
        97..99 => mark_ready(random, posts.max(1)),
        _ => update_profile(random),
    }
}

fn add_post(random: &mut Random) -> Call {
    let words = 1 + random.below(30);
    let description: Vec<&str> = (0..words).map(|_| *random.pick(WORDS)).collect();
    let hashtags = (0..random.below(5)).map(|_| (*random.pick(WORDS)).to_owned());
    let post = PostDetailsFromFrontend {
        hashtags: hashtags.collect(),
        description: description.join(" "),
        video_uid: format!("{:016x}{:016x}", random.number(), random.number()),
        creator_consent_for_inclusion_in_hot_or_not: random.chance(90),
    };
    Call::new(owner(), "add_post_v2", (post,))
}

fn toggle_like(random: &mut Random, posts: u64) -> Call {
    let caller = visitor(random.below(VISITORS));
    let post = random.below(posts);
    Call::new(caller, "update_post_toggle_like_status_by_caller", (post,))
}

fn view(random: &mut Random, posts: u64) -> Call {
    let percentage_watched = 1 + random.below(100) as u8;
    let details = if random.chance(70) {
        PostViewDetailsFromFrontend::WatchedPartially { percentage_watched }
    } else {
        PostViewDetailsFromFrontend::WatchedMultipleTimes {
            watch_count: 1 + random.below(4) as u8,
            percentage_watched,
        }
    };
    let caller = visitor(random.below(VISITORS));
    let post = random.below(posts);
    Call::new(caller, "update_post_add_view_details", (post, details))
}

fn share_post(random: &mut Random, posts: u64) -> Call {
    let caller = visitor(random.below(VISITORS));
    let post = random.below(posts);
    Call::new(caller, "update_post_increment_share_count", (post,))
}

fn mark_ready(random: &mut Random, posts: u64) -> Call {
    let post = random.below(posts);
    Call::new(operator(), "update_post_as_ready_to_view", (post,))
}

fn bet(random: &mut Random, posts: u64) -> Call {
    let maker = 1 + random.below(VISITORS);
    let bet = PlaceBetArg {
        post_canister_id: canister(0),
        post_id: random.below(posts),
        bet_amount: *random.pick(&[10, 50, 100]),
        bet_direction: if random.chance(60) {
            BetDirection::Hot
        } else {
            BetDirection::Not
        },
    };
    Call::new(
        canister(maker),
        "receive_bet_from_bet_makers_canister",
        (bet, visitor(maker)),
    )
}

fn follow(number: u64) -> Call {
    let follower = FollowerArg {
        follower_canister_id: canister(number),
        follower_principal_id: visitor(number),
    };
    Call::new(
        canister(number),
        "update_profiles_that_follow_me_toggle_list_with_specified_profile",
        (follower,),
    )
}

fn reward() -> Call {
    Call::new(user_index(), "get_rewarded_for_signing_up", ())
}

fn update_profile(random: &mut Random) -> Call {
    let details = UserProfileUpdateDetailsFromFrontend {
        display_name: Some(format!("Ada {} Lovelace", random.pick(WORDS))),
        profile_picture_url: Some(format!("https://example.org/{}.png", random.below(1000))),
    };
    Call::new(owner(), "update_profile_display_details", (details,))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn counts(fill: Fill) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for step in fill.steps() {
            if let Step::Call(call) = step {
                *counts.entry(call.method).or_default() += 1;
            }
        }
        counts
    }

    #[test]
    fn a_fill_makes_as_many_calls_as_it_says() {
        let counts = counts(Fill::DEMO);
        assert_eq!(counts["add_post_v2"], 300);
        assert_eq!(counts["update_post_toggle_like_status_by_caller"], 900);
        assert_eq!(counts["update_post_add_view_details"], 600);
        assert_eq!(counts["update_post_increment_share_count"], 100);
        assert_eq!(counts["receive_bet_from_bet_makers_canister"], 400);
        assert_eq!(counts["get_rewarded_for_signing_up"], 300);
        let follow = "update_profiles_that_follow_me_toggle_list_with_specified_profile";
        assert_eq!(counts[follow], 250);
    }

    #[test]
    fn a_fill_is_the_same_every_time_and_another_for_another_seed() {
        assert_eq!(Fill::SMALL.steps(), Fill::SMALL.steps());
        let other = Fill {
            seed: 2,
            ..Fill::SMALL
        };
        assert_ne!(Fill::SMALL.steps(), other.steps());
    }

    #[test]
    fn an_empty_fill_still_has_an_owner_with_a_name() {
        let nothing = Fill {
            posts: 0,
            likes: 0,
            views: 0,
            shares: 0,
            bets: 0,
            followers: 0,
            rewards: 0,
            seed: 0,
        };
        assert_eq!(
            counts(nothing),
            BTreeMap::from([("update_profile_display_details", 1)])
        );
    }
}
