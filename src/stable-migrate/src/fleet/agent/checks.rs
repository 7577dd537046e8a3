//! What is asked before a stage and after it.

use ::fleet::{Answer, Cause, Class, Plan, Running, Sight, Stage, migration_status};
use candid::Principal;
use ic_management_canister_types::CanisterStatusType;

use super::connection::{Connection, Failure};
use crate::fleet::journal::Kept;
use crate::fleet::network::Ask;
use crate::fleet::plan_file::Checks;
use crate::run::NO_ARGUMENT;

/// Whether a stage comes after this look: only then are answers kept.
pub fn stage_follows(plan: &Plan, sight: &Sight) -> bool {
    let next = sight.module.and_then(|module| plan.next_stage(module));
    sight.running == Running::Running
        && next.is_some_and(|stage| usize::from(stage) < plan.stages.len())
}

/// The answers that must be the same after the stage.
///
/// # Errors
/// Why there is none: nothing is tried then.
pub async fn keep(
    connection: &Connection,
    canister: Principal,
    checks: &Checks,
) -> Result<Vec<Kept>, Failure> {
    let mut kept = Vec::new();
    for method in &checks.same {
        let answer = connection.query(canister, method, NO_ARGUMENT).await;
        kept.push(Kept {
            method: method.clone(),
            answer: answer.map_err(|failure| wrong(failure, method))?,
        });
    }
    Ok(kept)
}

/// Whether a canister is as it should be after a stage.
///
/// # Errors
/// The first thing that is not.
pub async fn verify(
    connection: &Connection,
    ask: &Ask,
    stage: &Stage,
    checks: &Checks,
) -> Result<Answer, Failure> {
    let found = |class, text: String| Err(Failure::Found(Cause::new(class, text)));
    let status = connection.status(ask.canister).await?;
    if status.status != CanisterStatusType::Running {
        return found(
            Class::Interfered,
            "it was started, and does not run".to_owned(),
        );
    }
    if status.module() != Some(stage.module) {
        let installed = status.module();
        let installed = installed.map_or("nothing".to_owned(), |hash| hash.to_string());
        return found(Class::Interfered, format!("{installed} is installed"));
    }
    if stage.moves {
        let answer = connection.moved(ask.canister).await?;
        migration_status::verify(&answer).map_err(Failure::Found)?;
    }
    for method in &checks.ask {
        let answer = connection.query(ask.canister, method, NO_ARGUMENT).await;
        answer.map_err(|failure| wrong(failure, method))?;
    }
    for Kept { method, answer } in &ask.kept {
        let now = connection.query(ask.canister, method, NO_ARGUMENT).await;
        if now.map_err(|failure| wrong(failure, method))? != *answer {
            let text = format!("{method} does not answer as before the stage");
            return found(Class::WrongAnswers, text);
        }
    }
    let missing = checks.same.iter().find(|method| {
        let mut kept = ask.kept.iter();
        !kept.any(|kept| kept.method == **method)
    });
    match missing {
        Some(method) => found(
            Class::WrongAnswers,
            format!("what {method} answered before the stage was not kept"),
        ),
        None => Ok(Answer::Done),
    }
}

/// Names the method that was not answered.
fn wrong(failure: Failure, method: &str) -> Failure {
    match failure {
        Failure::Rejected(reject) => Failure::Found(Cause::new(
            Class::WrongAnswers,
            format!("{method}: {}", reject.text),
        )),
        other => other,
    }
}
