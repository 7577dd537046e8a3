//! What a memory comes to: the verdict of its page, what it means, and the next command.

use page::{Tone, Verdict};

use super::super::describe;
use super::Origin;
use crate::survey::{
    Content, ForeignSurvey, JournalSurvey, Layout, LegacySurvey, ManagedSurvey, MemorySurvey,
    SavedState, Survey,
};

/// What a memory comes to.
pub struct Standing {
    /// In a word.
    pub verdict: Verdict,
    /// What that means, a paragraph each.
    pub meaning: Vec<String>,
    /// What to do, and the command for it.
    pub next: Option<(&'static str, String)>,
}

impl Standing {
    fn new(tone: Tone, word: &str, meaning: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::new(tone, word),
            meaning: vec![meaning.into()],
            next: None,
        }
    }

    fn next(mut self, what: &'static str, command: String) -> Self {
        self.next = Some((what, command));
        self
    }

    /// Of a memory that was surveyed; `is_bare` where there is no heap beside it.
    pub fn of(survey: &Survey, is_bare: bool, origin: &Origin) -> Self {
        let word = &origin.word;
        let skip = if is_bare { " --skip-pre-upgrade" } else { "" };
        let rehearse = format!("stable-migrate rehearse {word} --wasm NEW.wasm{skip}");
        if !survey.damages.is_empty() {
            return Self::new(
                Tone::Bad,
                "Damaged",
                "Something in this memory contradicts itself. No upgrade should be tried on it: what is not damaged may still be read.",
            )
            .next(
                "Hold the memory against one from before, and load the snapshot that is still in order",
                format!("icp canister snapshot list {}", origin.canister_word()),
            );
        }
        let standing = match &survey.layout {
            Layout::Empty => Self::new(
                Tone::Unknown,
                "Empty",
                "The memory has no page: nothing was ever saved.",
            ),
            Layout::Zeros => Self::new(
                Tone::Unknown,
                "Only zeros",
                "Pages were added and never written to.",
            ),
            Layout::Legacy(legacy) => of_legacy(legacy, rehearse),
            Layout::Managed(managed) => {
                let standing = of_managed(managed, rehearse, origin);
                match standing.verdict.is_good() {
                    true => standing.and_then(survey, managed, is_bare, word),
                    false => standing,
                }
            }
            Layout::NotOurs(foreign) => of_foreign(foreign, rehearse),
            Layout::Damaged { .. } => {
                Self::new(Tone::Bad, "Damaged", describe::layout(&survey.layout))
            }
        };
        standing.with_forecast(survey)
    }

    /// What is left to do where everything is in its place.
    fn and_then(self, survey: &Survey, managed: &ManagedSurvey, is_bare: bool, word: &str) -> Self {
        if managed.right_size.stable_pages < survey.stable_pages {
            let compact = format!("stable-migrate compact {word} -o compacted");
            return self.next(
                "Give back what is wasted: the canister then pays for less",
                compact,
            );
        }
        let memory = if is_bare { "--memory " } else { "" };
        self.next(
            "Nothing has to be done. Before the next release, hold it against this memory",
            format!("stable-migrate check {memory}{word} NEW.wasm"),
        )
    }

    fn with_forecast(mut self, survey: &Survey) -> Self {
        if let Some(forecast) = survey.forecast {
            self.meaning.push(format!(
                "How it will move: {}.",
                describe::forecast(forecast)
            ));
        }
        if let Some(advice) = &survey.advice {
            self.meaning
                .push(format!("A release that starts from it {advice}."));
        }
        self
    }
}

const REHEARSE: &str = "Try the upgrade on this state, off the network";

fn of_legacy(legacy: &LegacySurvey, rehearse: String) -> Standing {
    let meaning = format!(
        "The whole state is one value from offset 0, as a canister writes it that keeps everything on the heap. Behind it: {}.",
        describe::behind(legacy)
    );
    Standing::new(Tone::Waiting, "Not migrated yet", meaning).next(REHEARSE, rehearse)
}

fn of_foreign(foreign: &ForeignSurvey, rehearse: String) -> Standing {
    let meaning = format!(
        "This is no state that the library reads as it is. It is {}: {}.",
        foreign.certainty, foreign.what
    );
    Standing::new(Tone::Unknown, "Of another program", meaning).next(
        "With a plan that reads it, try the upgrade off the network",
        rehearse,
    )
}

fn of_managed(managed: &ManagedSurvey, rehearse: String, origin: &Origin) -> Standing {
    let home = home(managed).map(|memory| &memory.content);
    match home {
        Some(Content::SavedState(SavedState {
            journal: Some(journal),
            ..
        })) => of_journal(journal, origin),
        Some(Content::SavedState(_)) => Standing::new(
            Tone::Waiting,
            "Adopted, not moved yet",
            "The state is under a memory manager, behind a header with a checksum. Its collections are still in it.",
        )
        .next(REHEARSE, rehearse),
        Some(Content::NaiveFrame { .. } | Content::Value(_)) => Standing::new(
            Tone::Waiting,
            "Not adopted yet",
            "There is a memory manager, and in it a state as another program wrote it.",
        )
        .next(REHEARSE, rehearse),
        _ => Standing::new(
            Tone::Unknown,
            "No state found",
            "There is a memory manager, and none of its memories has a state that the library reads.",
        )
        .next("With a plan that names the memory, try the upgrade off the network", rehearse),
    }
}

/// The virtual memory that has the state.
pub fn home(managed: &ManagedSurvey) -> Option<&MemorySurvey> {
    let mut memories = managed.memories.iter();
    memories.find(|memory| memory.id == managed.home)
}

fn of_journal(journal: &JournalSurvey, origin: &Origin) -> Standing {
    let call = |method: &str| format!("icp canister call {} {method} '()'", origin.canister_word());
    let standing = |tone, word: &str, meaning: &str| Standing::new(tone, word, meaning);
    match journal.phase {
        "stuck" => standing(
            Tone::Bad,
            "Stuck",
            "One entry could not be moved, though a step did nothing else. Nothing is lost, and every call is answered as before.",
        )
        .next("Install a release that can move the entry, then go on", call("migration_resume")),
        "differs" => standing(
            Tone::Bad,
            "Differs",
            "The audit found something else in a map than it must hold. The entries of before the move are kept.",
        )
        .next("Read which keys differ before anything else", call("migration_differences")),
        "done" => standing(
            Tone::Good,
            "Migrated",
            "Every collection is in its stable map, and each was compared with what it was made from.",
        ),
        _ if journal.paused => standing(
            Tone::Waiting,
            "Paused",
            "A controller paused the move. Every call is answered as before.",
        )
        .next("Go on", call("migration_resume")),
        phase => {
            let meaning = match phase {
                "auditing" => "Every entry is moved. The maps are being read and compared.",
                "renewing" => "The collections are moved. Their values are being written anew, or a job goes on.",
                _ => "The collections move in steps, from a timer. Every call is answered as before, from both sides.",
            };
            standing(Tone::Waiting, "Moving", meaning).next("Look again", call("migration_status"))
        }
    }
}
