//! What makes the engine's calls.

use std::future::Future;

use ::fleet::{Answer, Call};
use candid::Principal;

use super::journal::Kept;

/// A call to be made, with what is needed beside it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The canister's place in the list.
    pub number: u32,
    /// The canister.
    pub canister: Principal,
    /// What is asked.
    pub call: Call,
    /// The stage that the canister is in, from 0.
    pub stage: u8,
    /// Whether answers are to be kept with this look, because a stage comes after it.
    pub keep: bool,
    /// The answers of before the stage, for a verification.
    pub kept: Vec<Kept>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Reply {
    /// For the engine.
    pub answer: Answer,
    /// Answers to be kept, where that was asked for.
    pub kept: Option<Vec<Kept>>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, kept: None }
    }
}

/// What makes the calls: the network's agent, or a fake in tests.
///
/// A call has its effect at most once. Where it is not known whether it had one, the answer is [`Answer::Lost`].
pub trait Network: Send + Sync + 'static {
    /// Makes one call.
    fn ask(&self, ask: Ask) -> impl Future<Output = Reply> + Send;
}
