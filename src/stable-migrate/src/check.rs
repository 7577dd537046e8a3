//! What can be known of an upgrade before anything is stopped: a module held against what is installed.
//!
//! Nothing runs. What is installed is a module, a stable memory, or both, as a snapshot has them; each kind of finding has a
//! file of its own. Where one side does not say what it takes, that is said instead: [`Checked::unchecked`].

use serde::Serialize;

mod before;
mod collections;
mod hooks;
mod identity;
mod interface;
mod layout;
mod memory;
mod network;
mod outline;

pub use before::Before;
pub use memory::MemoryFacts;
pub use outline::{Heap, Outline, Said};

/// The version of [`Checked`] as JSON.
const VERSION: u32 = 1;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The network refuses the module, or the upgrade ends in a trap.
    Refused,
    /// The upgrade goes through, and something is gone or answers no more.
    Lost,
    /// Something may be lost; whether it is depends on what cannot be seen here.
    Risk,
    /// Nothing is lost; to be known.
    Note,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// `C` and three digits, of which the first tells the group. A code is never given another meaning.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// The error that the upgrade would end with, by its code in the library.
    pub error: Option<&'static str>,
    /// What was found.
    pub found: String,
    /// What could be lost.
    pub loss: String,
    /// What to do.
    pub remedy: String,
}

/// What was said of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Side {
    /// The application's name.
    pub application: Option<String>,
    /// The release.
    pub release: Option<u32>,
    /// Size of the module as it is installed, in bytes.
    pub module_bytes: Option<u64>,
}

/// What was found of an upgrade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Checked {
    /// The version of this form.
    pub version: u32,
    /// What is installed.
    pub old: Side,
    /// The module to upgrade to.
    pub new: Side,
    /// Whether nothing was found that an upgrade would refuse or lose.
    pub held: bool,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// What could not be checked, and why, a sentence each.
    pub unchecked: Vec<String>,
}

/// Holds a module, plain or packed with gzip, against what is installed. Reads both and runs neither, but for a module
/// without metadata, whose `get_candid_pointer` is asked for its interface.
///
/// # Errors
/// A sentence, if the module is none.
pub fn check(before: &Before, new: &[u8]) -> Result<Checked, String> {
    let outline = Outline::read(new)?;
    let mut told = Told::default();
    network::check(new, &outline, &mut told);
    outline::check(before, &outline, &mut told);
    identity::check(before, &outline, &mut told);
    layout::check(before, &outline, &mut told);
    collections::check(before, &outline, &mut told);
    interface::check(before, &outline, &mut told);
    hooks::check(before, &outline, &mut told);
    let mut findings = told.findings;
    findings.sort_by_key(|finding| finding.severity);
    Ok(Checked {
        version: VERSION,
        old: before.side(),
        new: outline.side(),
        held: findings
            .iter()
            .all(|finding| finding.severity >= Severity::Risk),
        findings,
        unchecked: told.unchecked,
    })
}

/// What was found so far.
#[derive(Default)]
struct Told {
    findings: Vec<Finding>,
    unchecked: Vec<String>,
}

impl Told {
    /// A finding: its code, how bad it is, what was found, what could be lost, what to do.
    fn find(
        &mut self,
        code: &str,
        severity: Severity,
        found: impl Into<String>,
        loss: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings.push(Finding {
            code: code.into(),
            severity,
            error: None,
            found: found.into(),
            loss: loss.into(),
            remedy: remedy.into(),
        });
    }

    /// That the upgrade ends in its hook with an error of the library.
    fn refuse(
        &mut self,
        code: &str,
        error: &'static str,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings.push(Finding {
            code: code.into(),
            severity: Severity::Refused,
            error: Some(error),
            found: found.into(),
            loss: ROLLED_BACK.into(),
            remedy: remedy.into(),
        });
    }

    fn cannot_check(&mut self, sentence: impl Into<String>) {
        self.unchecked.push(sentence.into());
    }
}

/// What is never lost where an upgrade is refused in its hook.
const ROLLED_BACK: &str =
    "nothing: the upgrade traps and is undone; the canister was stopped for it in vain";

#[cfg(test)]
mod tests;
