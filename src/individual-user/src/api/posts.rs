//! Posts, their likes, views and shares.

use super::context::this_call;
use super::feeds;
use crate::domain::post::{
    GetPostsOfUserProfileError, Post, PostDetailsForFrontend, PostDetailsFromFrontend,
    PostViewDetailsFromFrontend,
};
use crate::logic::posts;
use crate::state;
use ic_stable_migration::cdk::OrTrap;

#[cfg(feature = "hashtags")]
use crate::domain::post::PostsWithHashtag;
#[cfg(feature = "hashtags")]
use crate::state::hashtags::JOB;

#[ic_cdk::update]
fn add_post_v2(details: PostDetailsFromFrontend) -> Result<u64, String> {
    let (id, news) = state::with_mut(|state| posts::add(state, &this_call(), details))?;
    feeds::tell(news);
    Ok(id)
}

#[ic_cdk::query]
fn get_individual_post_details_by_id(id: u64) -> PostDetailsForFrontend {
    state::with(|state| posts::details(state, &this_call(), id)).or_trap()
}

#[ic_cdk::query]
fn get_entire_individual_post_detail_by_id(id: u64) -> Result<Post, ()> {
    state::with(|state| posts::whole(state, &this_call(), id)).or_trap()
}

#[ic_cdk::query]
fn get_posts_of_this_user_profile_with_pagination(
    from_inclusive_id: u64,
    to_exclusive_id: u64,
) -> Result<Vec<PostDetailsForFrontend>, GetPostsOfUserProfileError> {
    let (from, to) = (from_inclusive_id, to_exclusive_id);
    state::with(|state| posts::page(state, &this_call(), from, to)).or_trap()
}

/// The posts with a hashtag, in the order of their numbers, behind `after` and at most a hundred.
#[cfg(feature = "hashtags")]
#[ic_cdk::query]
fn get_posts_with_hashtag(hashtag: String, after: Option<u64>, limit: u64) -> PostsWithHashtag {
    let posts =
        state::with(|state| posts::with_hashtag(state, &this_call(), &hashtag, after, limit));
    let mover_says = |store: &mut state::Store| {
        let mover = store.mover().or_trap();
        mover.is_some_and(|(mover, _)| mover.has_finished(JOB))
    };
    PostsWithHashtag {
        posts: posts.or_trap(),
        complete: state::with_store(mover_says),
    }
}

#[ic_cdk::update]
fn update_post_toggle_like_status_by_caller(id: u64) -> bool {
    let toggled = state::with_mut(|state| posts::toggle_like(state, &this_call(), id));
    let (liked, news) = toggled.or_trap();
    feeds::tell(news);
    liked
}

#[ic_cdk::update]
fn update_post_add_view_details(id: u64, details: PostViewDetailsFromFrontend) {
    let counted = state::with_mut(|state| posts::count_view(state, &this_call(), id, details));
    feeds::tell(counted.or_trap());
}

#[ic_cdk::update]
fn update_post_increment_share_count(id: u64) -> u64 {
    let counted = state::with_mut(|state| posts::count_share(state, &this_call(), id));
    let (shares, news) = counted.or_trap();
    feeds::tell(news);
    shares
}

#[ic_cdk::update]
fn update_post_as_ready_to_view(id: u64) {
    state::with_mut(|state| posts::clear_for_viewing(state, &this_call(), id)).or_trap();
}
