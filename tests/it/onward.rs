//! Release 3, after the migration: posts are found by their hashtags, those of before once a job has noted them.

use candid::{decode_one, encode_args};
use canister_scenario::{Fill, people};
use ic_stable_migration::{Phase, WorkStatus};
use individual_user::domain::post::{PostDetailsFromFrontend, PostsWithHashtag};
use scenarios::Subject;
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2, RELEASE_3};

const POSTS: u64 = 300;

/// Posts, and next to nothing else.
const FILL: Fill = Fill {
    posts: POSTS,
    likes: 3,
    views: 1,
    shares: 1,
    bets: 1,
    followers: 1,
    rewards: 1,
    seed: 3,
};

pub fn found(subject: &mut Subject, tag: &str, after: Option<u64>, limit: u64) -> (Vec<u64>, bool) {
    let arguments = encode_args((tag, after, limit)).unwrap();
    let caller = people::owner();
    let reply = subject
        .lone
        .query(caller, "get_posts_with_hashtag", &arguments);
    let PostsWithHashtag { posts, complete } = decode_one(&reply.unwrap()).unwrap();
    (posts.iter().map(|post| post.id).collect(), complete)
}

/// The tags of every post, as the canister shows them.
pub fn tags(subject: &mut Subject, posts: u64) -> Vec<Vec<String>> {
    let caller = people::owner();
    let post = |id: u64| {
        let arguments = candid::encode_one(id).unwrap();
        let method = "get_individual_post_details_by_id";
        let reply = subject.lone.query(caller, method, &arguments).unwrap();
        let post: individual_user::domain::post::PostDetailsForFrontend =
            decode_one(&reply).unwrap();
        post.hashtags
    };
    (0..posts).map(post).collect()
}

pub fn add_post(subject: &mut Subject, tag: &str) -> u64 {
    let details = PostDetailsFromFrontend {
        description: "written since".into(),
        hashtags: vec![tag.into()],
        video_uid: "v".into(),
        creator_consent_for_inclusion_in_hot_or_not: false,
    };
    let arguments = candid::encode_one(details).unwrap();
    let reply = subject
        .lone
        .update(people::owner(), "add_post_v2", &arguments);
    let added: Result<u64, String> = decode_one(&reply.unwrap()).unwrap();
    added.unwrap()
}

fn job(subject: &mut Subject) -> WorkStatus {
    let status = subject.moving().unwrap();
    status.work.into_iter().next().expect("the job")
}

/// A canister of release 2 with posts.
fn of_release_2() -> Subject {
    let mut subject = Subject::filled(&RELEASE_0, &FILL);
    subject.upgrade(&RELEASE_1).unwrap();
    subject.upgrade(&RELEASE_2).unwrap();
    subject
}

#[test]
fn posts_of_before_are_found_once_the_job_is_through_and_new_ones_at_once() {
    let mut subject = of_release_2();
    let asked = subject.interview();
    let tags = tags(&mut subject, POSTS);
    let tag = tags
        .iter()
        .flatten()
        .next()
        .expect("a post with a tag")
        .clone();
    let of_before: Vec<u64> = (0..POSTS)
        .filter(|id| tags[*id as usize].contains(&tag))
        .collect();
    assert!(of_before.len() > 1, "{tag} is on {of_before:?}");

    subject.upgrade(&RELEASE_3).unwrap();
    assert_eq!(subject.moving().unwrap().phase, Phase::Renewing);
    assert_eq!(found(&mut subject, &tag, None, 100), (Vec::new(), false));
    subject.assert_answers_are(&asked);

    let new = add_post(&mut subject, &format!(" #{}", tag.to_uppercase()));
    assert_eq!(found(&mut subject, &tag, None, 100), (vec![new], false));

    let status = subject.finish_move();
    assert_eq!(status.phase, Phase::Done);
    let work = job(&mut subject);
    assert_eq!((work.entries, work.finished.is_some()), (POSTS + 1, true));
    let mut all = of_before;
    all.push(new);
    let first: Vec<u64> = all.iter().copied().take(100).collect();
    assert_eq!(found(&mut subject, &tag, None, 1_000), (first, true));
    assert_eq!(
        found(&mut subject, &tag, Some(all[0]), 1),
        (vec![all[1]], true)
    );
    assert_eq!(
        found(&mut subject, "no such tag", None, 100),
        (Vec::new(), true)
    );

    // What it knows of the index stays.
    subject.upgrade(&RELEASE_3).unwrap();
    assert_eq!(subject.moving().unwrap().phase, Phase::Done);
    assert!(found(&mut subject, &tag, None, 100).1);
}

#[test]
fn a_canister_that_missed_every_release_has_its_index_too() {
    let mut subject = Subject::filled(&RELEASE_0, &FILL);
    let asked = subject.interview();
    subject.upgrade(&RELEASE_3).unwrap();
    subject.finish_move();
    subject.assert_answers_are(&asked);
    assert_eq!(job(&mut subject).entries, POSTS);
}

#[test]
fn a_new_canister_finds_its_posts_from_the_first_on() {
    let mut subject = Subject::installed(&RELEASE_3);
    assert_eq!(subject.moving().unwrap().phase, Phase::Done);
    let post = add_post(&mut subject, "fun");
    assert_eq!(found(&mut subject, "fun", None, 100), (vec![post], true));
}

#[test]
fn release_2_does_not_take_the_memory_of_release_3() {
    let mut subject = of_release_2();
    subject.upgrade(&RELEASE_3).unwrap();
    let refused = subject.refused(&RELEASE_2, false);
    assert!(refused.contains("E301: "), "{refused}");
}
