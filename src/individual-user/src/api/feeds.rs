//! News for the feeds: one-way messages to the canister that keeps them.

use candid::Principal;
use ic_cdk::call::Call;

use crate::domain::known_principal::KnownPrincipalType;
use crate::logic::scores::{FeedNews, PostScoreIndexItem};
use crate::state;

/// Tells the feeds what they should know. Nothing comes back: where no feed is known, or where it cannot be told,
/// the call that made the news succeeds all the same.
pub fn tell(news: FeedNews) {
    let part = KnownPrincipalType::CanisterIdPostCache;
    let Some(feeds) = state::with(|state| state.hot.known_principal_ids.get(&part).copied()) else {
        return;
    };
    send(
        feeds,
        "receive_top_home_feed_posts_from_publishing_canister",
        news.home_feed,
    );
    send(
        feeds,
        "receive_top_hot_or_not_feed_posts_from_publishing_canister",
        news.hot_or_not_feed,
    );
}

fn send(feeds: Principal, method: &str, item: Option<PostScoreIndexItem>) {
    let Some(item) = item else {
        return;
    };
    let message = Call::unbounded_wait(feeds, method).with_arg(vec![item]);
    if let Err(error) = message.oneway() {
        ic_cdk::api::debug_print(format!("{feeds} was not sent {method}: {error}"));
    }
}
