//! An upgrade tried again and again with a trap at every k-th stable write: each time everything has to be as before.

use canister_host::{Fault, FaultPoint, Snapshot};
use serde::Serialize;

use super::canister::{Canister, Setting, Step};

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FaultRun {
    /// Stable writes of the upgrade when nothing strikes.
    pub stable_writes: u64,
    /// Every how many writes there was a trap.
    pub every: u64,
    /// Traps.
    pub tried: u64,
    /// Those after which something was not as before, a sentence each.
    pub failures: Vec<String>,
}

/// Tries `step` on `before`, with a trap at the first stable write, the one `every` writes later, and so on up to
/// `stable_writes`; and at last without one, which has to work.
///
/// # Errors
/// A sentence, if the canister cannot be brought back.
pub fn run(
    before: &Snapshot,
    setting: &Setting,
    step: &Step,
    stable_writes: u64,
    every: u64,
    progress: &mut dyn FnMut(),
) -> Result<FaultRun, String> {
    let mut canister = Canister::restore(before, setting)?;
    let before = canister.snapshot()?;
    let mut run = FaultRun {
        stable_writes,
        every,
        ..FaultRun::default()
    };
    for write in points(stable_writes, every) {
        let fault = Fault::new(FaultPoint::StableWrite(write));
        let struck = canister.upgrade_with(fault, step);
        run.tried += 1;
        let difference = match struck {
            Ok(true) => {
                let difference = canister.snapshot()?.difference(&before);
                difference.map_err(|error| error.to_string())?
            }
            Ok(false) => Some("the upgrade went on over it".into()),
            Err(reason) => Some(format!("the upgrade fails for another reason: {reason}")),
        };
        if let Some(difference) = difference {
            run.failures.push(format!(
                "after a trap at stable write {write}: {difference}"
            ));
            canister = Canister::restore(&before, setting)?;
        }
        progress();
    }
    if let Err(refused) = canister.upgrade(step) {
        run.failures.push(format!(
            "after {} traps the upgrade itself fails: {}",
            run.tried, refused.reason
        ));
    }
    Ok(run)
}

/// The writes at which there is a trap.
pub fn points(stable_writes: u64, every: u64) -> impl Iterator<Item = u64> {
    (1..=stable_writes).step_by(usize::try_from(every.max(1)).unwrap_or(usize::MAX))
}
