//! How far a canister's move is, by what its query `migration_status` answers: of that, no more is read than is needed.

use candid::{CandidType, DecoderConfig, Reserved, utils::decode_one_with_config};
use serde::Deserialize;

use crate::call::Answer;
use crate::cause::{Cause, Class};

/// The query that a canister has which uses the library as the individual user canister does.
pub const MIGRATION_STATUS: &str = "migration_status";

/// What reading an answer may cost, and skipping what is not wanted of it: ten times what the largest seen took.
const DECODING_QUOTA: usize = 1_000_000;

#[derive(CandidType, Deserialize)]
struct Status {
    move_status: Option<Move>,
}

#[derive(CandidType, Deserialize)]
struct Move {
    phase: Phase,
    stuck: Option<StuckAt>,
    collections: Vec<Collection>,
}

#[derive(CandidType, Deserialize)]
struct StuckAt {
    collection: String,
    reason: String,
}

#[derive(CandidType, Deserialize, Clone, Copy)]
enum Phase {
    Moving,
    Auditing,
    Done,
    Differs,
    Stuck,
    Renewing,
}

#[derive(CandidType, Deserialize)]
struct Collection {
    name: String,
    moved: u64,
    left: u64,
    difference: Option<Reserved>,
}

/// What an answer of [`MIGRATION_STATUS`] says: [`Answer::Done`], also of a canister that moves nothing, or
/// [`Answer::Moving`]. A move that somebody has paused is still a move: whoever paused it had a reason, and the plan's limit
/// for a move says how long it is waited for. So is the writing anew of values in a new version, whose audit may yet differ.
///
/// # Errors
/// The answer cannot be read, the move is stuck, or what was moved differs.
pub fn progress(answer: &[u8]) -> Result<Answer, Cause> {
    let status = decode(answer).map_err(|error| {
        let words = error.to_string();
        let line = words.lines().next().unwrap_or_default();
        let text = format!("the answer of {MIGRATION_STATUS} cannot be read: {line}");
        Cause::new(Class::WrongAnswers, text)
    })?;
    status
        .move_status
        .map_or(Ok(Answer::Done), |it| it.answer())
}

/// How the memory is laid out, in a word, by what an answer says of the move: canisters in different words are not alike.
/// `None` where there was no answer.
pub fn layout(answer: Option<&[u8]>) -> &'static str {
    let Some(Ok(status)) = answer.map(decode) else {
        return "tells no move";
    };
    match status.move_status.map(|told| told.phase) {
        None => "moves nothing",
        Some(Phase::Moving | Phase::Auditing) => "half moved",
        Some(Phase::Done) => "moved",
        Some(Phase::Renewing) => "half renewed",
        Some(Phase::Differs) => "differs",
        Some(Phase::Stuck) => "stuck",
    }
}

/// Whether a move that was done still is.
///
/// # Errors
/// It is not, or goes on again.
pub fn verify(answer: &[u8]) -> Result<(), Cause> {
    match progress(answer)? {
        Answer::Moving { .. } => Err(Cause::new(
            Class::WrongAnswers,
            "the move was done, and goes on again",
        )),
        _ => Ok(()),
    }
}

fn decode(answer: &[u8]) -> candid::Result<Status> {
    let mut config = DecoderConfig::new();
    config.set_decoding_quota(DECODING_QUOTA);
    config.set_skipping_quota(DECODING_QUOTA);
    decode_one_with_config(answer, &config)
}

impl Move {
    fn answer(&self) -> Result<Answer, Cause> {
        match self.phase {
            Phase::Done => Ok(Answer::Done),
            Phase::Moving | Phase::Auditing | Phase::Renewing => {
                let done = self.sum(|collection| collection.moved);
                let total = done.saturating_add(self.sum(|collection| collection.left));
                Ok(Answer::Moving { done, total })
            }
            Phase::Differs => {
                let collections = self.collections.iter();
                let differing = collections.filter(|it| it.difference.is_some());
                let names: Vec<&str> = differing.map(|it| it.name.as_str()).collect();
                let text = format!("the audit found a difference in {}", names.join(", "));
                Err(Cause::new(Class::Differs, text))
            }
            Phase::Stuck => Err(Cause::new(
                Class::Stuck,
                match &self.stuck {
                    Some(at) => format!("{}: {}", at.collection, at.reason),
                    None => "the move is stuck, and does not say where".to_owned(),
                },
            )),
        }
    }

    fn sum(&self, count: fn(&Collection) -> u64) -> u64 {
        let counts = self.collections.iter().map(count);
        counts.fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests;
