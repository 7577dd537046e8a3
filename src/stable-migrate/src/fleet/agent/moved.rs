//! How far the move of a canister is, by its `migration_status`.

use ::fleet::{Answer, Cause, Class};
use candid::{CandidType, Decode, Principal};
use serde::Deserialize;

use super::connection::{Connection, Failure};
use crate::run::NO_ARGUMENT;

/// The query that a canister built with the library tells it by.
pub const STATUS: &str = "migration_status";

/// What it says, as far as it is needed.
#[derive(CandidType, Deserialize)]
struct MigrationStatus {
    move_status: Option<MoveStatus>,
}

#[derive(CandidType, Deserialize)]
struct MoveStatus {
    phase: Phase,
    paused: bool,
    stuck: Option<Stuck>,
    collections: Vec<Collection>,
}

#[derive(Clone, Copy, CandidType, Deserialize, PartialEq, Eq)]
enum Phase {
    Moving,
    Auditing,
    Done,
    Differs,
    Stuck,
    Renewing,
}

#[derive(CandidType, Deserialize)]
struct Stuck {
    collection: String,
    reason: String,
}

#[derive(CandidType, Deserialize)]
struct Collection {
    name: String,
    stable: u64,
    left: u64,
    difference: Option<candid::Reserved>,
}

/// How far the move is. Done too where the release does not move anything.
///
/// # Errors
/// Why it is not known, or will not be done.
pub async fn progress(connection: &Connection, canister: Principal) -> Result<Answer, Failure> {
    let reply = connection.query(canister, STATUS, NO_ARGUMENT).await?;
    let status =
        Decode!(&reply, MigrationStatus).map_err(|error| Failure::unreadable(STATUS, &error))?;
    match status.move_status {
        None => Ok(Answer::Done),
        Some(status) => status.answer().map_err(Failure::Found),
    }
}

impl MoveStatus {
    fn answer(&self) -> Result<Answer, Cause> {
        let stands = match self.phase {
            Phase::Done => return Ok(Answer::Done),
            Phase::Differs => {
                let different = self.collections.iter();
                let names: Vec<&str> = different
                    .filter(|collection| collection.difference.is_some())
                    .map(|collection| collection.name.as_str())
                    .collect();
                let text = format!("the audit found a difference in {}", names.join(", "));
                return Err(Cause::new(Class::Differs, text));
            }
            Phase::Stuck => match &self.stuck {
                Some(stuck) => Some(format!("{}: {}", stuck.collection, stuck.reason)),
                None => Some("it does not say where".to_owned()),
            },
            _ if self.paused => Some("a controller has paused it".to_owned()),
            Phase::Moving | Phase::Auditing | Phase::Renewing => None,
        };
        if let Some(text) = stands {
            return Err(Cause::new(Class::Stuck, text));
        }
        let (done, left) = self.collections.iter().fold((0, 0), |(done, left), one| {
            (done + one.stable, left + one.left)
        });
        Ok(Answer::Moving {
            done,
            total: done + left,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(phase: Phase, paused: bool) -> MoveStatus {
        MoveStatus {
            phase,
            paused,
            stuck: Some(Stuck {
                collection: "posts".to_owned(),
                reason: "too large".to_owned(),
            }),
            collections: vec![Collection {
                name: "posts".to_owned(),
                stable: 3,
                left: 4,
                difference: Some(candid::Reserved),
            }],
        }
    }

    #[test]
    fn each_phase_is_told_as_the_engine_knows_it() {
        let moving = Answer::Moving { done: 3, total: 7 };
        for phase in [Phase::Moving, Phase::Auditing, Phase::Renewing] {
            assert_eq!(status(phase, false).answer(), Ok(moving.clone()));
            assert_eq!(
                status(phase, true).answer().unwrap_err().class,
                Class::Stuck
            );
        }
        assert_eq!(status(Phase::Done, true).answer(), Ok(Answer::Done));
        let stuck = status(Phase::Stuck, false).answer().unwrap_err();
        assert_eq!(stuck.to_string(), "stuck: posts: too large");
        let differs = status(Phase::Differs, false).answer().unwrap_err();
        assert_eq!(
            differs.to_string(),
            "differs: the audit found a difference in posts"
        );
    }
}
