//! Why a call is refused, where the interface has no variant to say so.

use candid::Principal;
use thiserror::Error;

/// A refusal. The endpoint rejects the call with its text.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CallError {
    /// No post with this number.
    #[error("there is no post {id}: this canister has {count} posts")]
    NoSuchPost {
        /// The number asked for.
        id: u64,
        /// How many posts there are.
        count: u64,
    },
    /// The canister was not given to a user yet.
    #[error("this canister has no owner yet: upgrade it with profile_owner in the argument")]
    NoOwner,
    /// Someone else's business.
    #[error("{caller} may not do this: only {allowed} may")]
    NotAllowed {
        /// Who tried.
        caller: Principal,
        /// Who could have.
        allowed: &'static str,
    },
    /// A share of a video that is none.
    #[error("{found} is not a share of a video: expected a percentage from 1 to 100")]
    NotAPercentage {
        /// What was sent.
        found: u8,
    },
    /// The last number of a collection was given away.
    #[error("there is no number left for one more {of}: the last one is {last}")]
    NoNumberLeft {
        /// What wanted a number.
        of: &'static str,
        /// The last number.
        last: u64,
    },
}
