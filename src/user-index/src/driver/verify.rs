//! Whether a canister is as it should be after a stage: it runs, on the stage's module, its move is done where there is one, and
//! it answers what it is asked.

use candid::Principal;
use fleet::{Class, ModuleHash, migration_status};

use crate::management::{self, Failure, Patience};

/// How a canister should be.
pub struct Expected {
    /// What should be installed.
    pub module: Option<ModuleHash>,
    /// Whether it moved its state.
    pub moves: bool,
    /// Queries without argument that it has to answer.
    pub checks: Vec<String>,
}

/// Asks the management canister, and then the canister itself.
///
/// # Errors
/// The first thing that is otherwise.
pub async fn verify(id: Principal, expected: &Expected) -> Result<(), Failure> {
    let seen = management::status(id).await?;
    if !seen.runs() {
        return Err(Failure::refused(Class::Interfered, "it was stopped again"));
    }
    if seen.module != expected.module {
        let text = match seen.module {
            Some(module) => format!("{module} is installed, which is not the stage's module"),
            None => "nothing is installed any more".to_owned(),
        };
        return Err(Failure::refused(Class::Interfered, text));
    }
    if expected.moves {
        let answer = management::moved(id).await?;
        migration_status::verify(&answer).map_err(Failure::Refused)?;
    }
    for method in &expected.checks {
        ask(id, method).await?;
    }
    Ok(())
}

/// A query that must be answered, whatever the answer is.
async fn ask(id: Principal, method: &str) -> Result<(), Failure> {
    let answer = management::call(id, method, &(), Patience::Short).await;
    answer.map(drop).map_err(|failure| match failure {
        Failure::Rejected(mut reject) => {
            reject.text = format!("{method}: {}", reject.text);
            Failure::Rejected(reject)
        }
        other => other,
    })
}
