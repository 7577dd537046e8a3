//! How far a canister's move is, by its `migration_status`: of what that says, no more is read than is needed.

use candid::{CandidType, Principal, Reserved};
use fleet::{Answer, Cause, Class};
use serde::Deserialize;

use crate::management::{self, Failure, Patience, read};

/// The query that every canister has which uses the library as the individual user canister does.
const METHOD: &str = "migration_status";

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

/// Asks how far the move is.
///
/// # Errors
/// It does not say, or it is one that needs somebody.
pub async fn ask(id: Principal) -> Result<Answer, Failure> {
    let answer = management::call(id, METHOD, &(), Patience::Short).await?;
    judge(&read::<Status>(METHOD, &answer)?)
}

/// Asks whether the move is done. A canister without a move need not have the method.
///
/// # Errors
/// It is not done, or the canister does not say.
pub async fn verify(id: Principal, moves: bool) -> Result<(), Failure> {
    let answer = match management::call(id, METHOD, &(), Patience::Short).await {
        Err(Failure::Refused(cause)) if !moves && lacks_method(&cause) => return Ok(()),
        other => other?,
    };
    let wrong = |text: &str| Err(Failure::refused(Class::WrongAnswers, text));
    match judge(&read::<Status>(METHOD, &answer)?)? {
        Answer::Moving { .. } if moves => wrong("its move was done, and goes on again"),
        _ => Ok(()),
    }
}

fn lacks_method(cause: &Cause) -> bool {
    cause.text.contains("has no query method") || cause.text.contains("has no update method")
}

fn judge(status: &Status) -> Result<Answer, Failure> {
    let Some(moving) = &status.move_status else {
        return Ok(Answer::Done);
    };
    let sum = |count: fn(&Collection) -> u64| {
        let counts = moving.collections.iter().map(count);
        counts.fold(0, u64::saturating_add)
    };
    match moving.phase {
        Phase::Done | Phase::Renewing => Ok(Answer::Done),
        Phase::Moving | Phase::Auditing => {
            let done = sum(|collection| collection.moved);
            let total = done.saturating_add(sum(|collection| collection.left));
            Ok(Answer::Moving { done, total })
        }
        Phase::Differs => {
            let differing = moving
                .collections
                .iter()
                .filter(|it| it.difference.is_some());
            let names: Vec<&str> = differing.map(|it| it.name.as_str()).collect();
            let text = format!("the audit found a difference in {}", names.join(", "));
            Err(Failure::refused(Class::Differs, text))
        }
        Phase::Stuck => {
            let text = match &moving.stuck {
                Some(at) => format!("{}: {}", at.collection, at.reason),
                None => "the move is stuck, and does not say where".to_owned(),
            };
            Err(Failure::refused(Class::Stuck, text))
        }
    }
}

#[cfg(test)]
mod tests;
