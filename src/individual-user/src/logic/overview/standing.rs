//! What the page begins with: where the canister stands, what that means, and the next command.

use ic_stable_migration::{Hindrance, MoveStatus, Phase};
use page::Tone;

use crate::domain::memory::{Layout, MigrationStatus};

/// Where a canister stands.
pub struct Standing {
    pub tone: Tone,
    pub words: &'static str,
    pub meaning: String,
    /// What to do next, and the command for it; none where nothing is to be done.
    pub next: Option<(&'static str, String)>,
}

impl Standing {
    pub fn of(status: &MigrationStatus, canister: &str) -> Self {
        let call = |method: &str, argument: &str| {
            format!("icp canister call {canister} {method} '({argument})'")
        };
        let install = |module: &str| {
            format!("icp canister install {canister} --mode upgrade --wasm {module}")
        };
        let Some(moving) = &status.move_status else {
            return match status.layout {
                Layout::Legacy => Self {
                    tone: Tone::Waiting,
                    words: "Not adopted",
                    meaning: "The whole state is one value at offset 0 of stable memory, which every upgrade reads and \
                              writes."
                        .into(),
                    next: Some((
                        "Rehearse the two upgrades on a snapshot of this canister, then install release 1, which takes \
                         the value over.",
                        install("target/canisters/release-1-adopt.wasm.gz"),
                    )),
                },
                Layout::Memory0 => Self {
                    tone: Tone::Waiting,
                    words: "Adopted",
                    meaning: "The state is under a memory manager, and its collections are still on the heap.".into(),
                    next: Some((
                        "Install release 2, which moves the collections to stable maps.",
                        install("target/canisters/individual-user.wasm.gz"),
                    )),
                },
            };
        };
        let look = || {
            let again = call("migration_status", "");
            Some((
                "Nothing has to be done. To look again:",
                format!("{again} --query"),
            ))
        };
        let resume = || call("migration_resume", "");
        let hindrance = status
            .pace
            .as_ref()
            .and_then(|pace| pace.hindrance.as_ref());
        let (tone, words, meaning, next) = match (moving.phase, hindrance) {
            (Phase::Stuck, _) => (
                Tone::Bad,
                "Stuck",
                "A step of one entry has trapped, and the move stands still. Nothing is lost, and every call is \
                 answered as before.",
                Some((
                    "Remove the cause, which is told below, and go on.",
                    resume(),
                )),
            ),
            (Phase::Differs, _) => (
                Tone::Bad,
                "Differs",
                "The audit found another content in a stable map than had to be there. What was there before the move is \
                 kept. Do not upgrade.",
                Some((
                    "Look at the keys, then decide with migration_resolve.",
                    differences(moving, &call),
                )),
            ),
            (Phase::Done, _) if moving.upgrade_gives_heap_back => (
                Tone::Good,
                "Migrated",
                "Every entry is in a stable map, and the audit found it there. The heap still has the size of before.",
                Some((
                    "One more upgrade with the module that is installed gives the heap back.",
                    install("MODULE.wasm.gz"),
                )),
            ),
            (Phase::Done, _) => (
                Tone::Good,
                "Migrated",
                match moving.verified {
                    Some(_) => "Every entry is in a stable map, and the audit found it there.",
                    None => "Every entry has been in a stable map from the start.",
                },
                None,
            ),
            (_, Some(Hindrance::GoesBack)) => (
                Tone::Waiting,
                "Going back",
                "This release writes the legacy value when it is upgraded; until then the move rests where it was.",
                Some(("Install the legacy module.", install("MODULE.wasm.gz"))),
            ),
            (_, Some(Hindrance::Paused)) => (
                Tone::Waiting,
                "Paused",
                "A controller, or the canister itself, has paused the move. Every call is answered as before.",
                Some(("To go on:", resume())),
            ),
            (Phase::Moving, _) => (
                Tone::Waiting,
                "Moving",
                "The collections move to stable maps in steps. Every call is answered as before.",
                look(),
            ),
            (Phase::Auditing, _) => (
                Tone::Waiting,
                "Auditing",
                "Every entry is in a stable map. The audit reads them all and holds them against what was there before.",
                look(),
            ),
            (Phase::Renewing, _) => (
                Tone::Waiting,
                "Renewing",
                "Every entry has moved. What this release wants done after that goes on in steps.",
                look(),
            ),
        };
        Self {
            tone,
            words,
            meaning: meaning.into(),
            next,
        }
    }
}

/// A command for each collection that differs.
fn differences(moving: &MoveStatus, call: &dyn Fn(&str, &str) -> String) -> String {
    let differing = moving
        .collections
        .iter()
        .filter(|of| of.difference.is_some());
    let commands = differing.map(|of| {
        let ask = call("migration_differences", &format!("\"{}\"", of.name));
        format!("{ask} --query")
    });
    commands.collect::<Vec<_>>().join("\n")
}
