//! Posts by their hashtags, since release 3.
//!
//! A post's hashtags are given when it is made and never change, so the index is written there and nowhere else. Those of the
//! posts of before come by a job, in steps after the upgrade; until it is finished, not every post is found.

use std::collections::BTreeSet;
use std::ops::Bound;

use ic_stable_migration::key::decode;
use ic_stable_migration::{Job, Work, Worked};
use ic_stable_structures::Storable;

use super::bulk::{Bulk, Collection};
use super::keys::HashtagKey;
use super::records::PostRecord;

/// The name of the collection. It is made of the posts alone: see the [module](self).
pub const INDEX: &str = "hashtags";

/// The name of the job.
pub const JOB: &str = "hashtags of the posts of before";

/// Most characters of a tag that it is found by.
const MOST_CHARS: usize = 100;

/// How a tag is written in the index: without `#` and what is around it, in lower case, and no longer than is useful.
pub fn normal(tag: &str) -> String {
    let tag = tag.trim().trim_start_matches('#').to_lowercase();
    tag.chars().take(MOST_CHARS).collect()
}

/// Notes the hashtags of a post. O(log n) for each.
pub fn note(index: &mut Collection<HashtagKey, ()>, post: u64, hashtags: &[String]) -> u64 {
    let tags: BTreeSet<String> = hashtags.iter().map(|tag| normal(tag)).collect();
    let mut noted = 0;
    for tag in tags.into_iter().filter(|tag| !tag.is_empty()) {
        index.insert(HashtagKey { tag, post }, ());
        noted += 1;
    }
    noted
}

/// The next posts with a tag behind `after`, at most `limit`. O(log n + limit).
pub fn posts(bulk: &Bulk, tag: &str, after: Option<u64>, limit: usize) -> Vec<(u64, PostRecord)> {
    let tag = normal(tag);
    let key = |post| HashtagKey {
        tag: tag.clone(),
        post,
    };
    let start = match after {
        Some(post) => Bound::Excluded(key(post)),
        None => Bound::Included(key(0)),
    };
    let found = bulk.hashtags.keys((start, Bound::Included(key(u64::MAX))));
    found
        .take(limit)
        .filter_map(|key| Some((key.post, bulk.posts.get(&key.post)?)))
        .collect()
}

/// The job that notes the hashtags of the posts of before.
pub fn job(bulk: &mut Bulk) -> Job<'_> {
    Job::new(JOB, OfBefore(bulk))
}

struct OfBefore<'a>(&'a mut Bulk);

impl Work for OfBefore<'_> {
    fn work(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Worked, String> {
        let after: Option<u64> = after.map(decode).transpose().map_err(|e| e.to_string())?;
        let page = self.0.posts.page(after.as_ref(), limit);
        let mut worked = Worked {
            entries: page.len() as u64,
            ..Worked::default()
        };
        for (number, post) in &page {
            worked.changed += note(&mut self.0.hashtags, *number, &post.hashtags);
        }
        let last = page.get(limit.saturating_sub(1));
        worked.at = last.map(|(number, _)| number.to_bytes().into_owned());
        Ok(worked)
    }
}
