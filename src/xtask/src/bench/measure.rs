//! Takes one contender from the memory of release 0 to its end, and measures on the way.

use candid::{CandidType, Deserialize, decode_one};
use canister_host::{HostConfig, InstallReport, MessageReport, Module, PAGE_SIZE, StableAccess};
use ic_stable_migration::MoveStatus;

use super::contender::{Contender, Step, Tells};
use super::error::BenchError;
use super::figures::{Figures, HeapPages, Paid, Refusal, StablePages, Steps, Upgrade};
use super::memory::Start;
use super::size::Size;
use crate::journey::{MoveError, Moving};
use crate::rehearsal::{Rehearsal, RehearsalError};

/// The query by which a peer tells what it holds.
const DIGESTS: &str = "bench_digests";

/// Hex digits of a commit's name.
const COMMIT_BYTES: usize = 40;

/// The metadata section that names the commit.
const COMMIT: &str = "git_commit";

/// What a contender came to.
pub struct Outcome {
    /// Its figures.
    pub figures: Figures,
    /// What its collections hold; nothing where it did not get to its end.
    pub contents: Vec<Content>,
}

/// What a collection holds, as this project and the peers tell it.
#[derive(Debug, Clone, PartialEq, Eq, CandidType, Deserialize)]
pub struct Content {
    /// The collection.
    pub name: String,
    /// Its entries.
    pub entries: u64,
    /// The sum of their hashes.
    pub digest: u64,
}

/// Finds a module by its name.
pub type Modules<'a> = dyn Fn(&str) -> crate::error::Result<Module> + 'a;

/// Measures `contender` on the memory `start` of release 0.
///
/// # Errors
/// `Prepare` if release 0 does not take up its own memory, `Contender` if a move fails or a canister cannot be asked,
/// `Untold` if it says what is not understood. An upgrade that is refused is a figure, not an error.
pub fn measure(
    modules: &Modules<'_>,
    size: &Size,
    start: &Start,
    contender: &Contender,
) -> crate::error::Result<Outcome> {
    let failed = |source: MoveError| BenchError::Contender {
        size: size.name,
        contender: contender.key,
        source: Box::new(source),
    };
    let release_0 = modules(crate::artifacts::RELEASES[0])?;
    let rehearsal = restored(&release_0, start).map_err(|source| BenchError::Prepare {
        size: size.name,
        source: Box::new(source),
    })?;
    let mut run = Run::new(rehearsal).map_err(failed)?;
    for step in contender.path {
        let module = modules(step.module)?;
        if !run.upgrade(step, &module).map_err(failed)? {
            return Ok(run.stopped());
        }
    }
    let contents = match contender.tells {
        Tells::Nothing => Vec::new(),
        Tells::Status => contents_of(&run.finish_move().map_err(failed)?),
        Tells::Digests => {
            let told = run
                .rehearsal
                .query(DIGESTS)
                .map_err(|error| failed(error.into()))?;
            decode_one(&told).map_err(|error| BenchError::Untold {
                size: size.name,
                contender: contender.key,
                reason: error.to_string(),
            })?
        }
    };
    run.note_after().map_err(failed)?;
    if let Some(last) = contender.path.last() {
        let module = modules(last.module)?;
        run.one_more(last, &module).map_err(failed)?;
    }
    Ok(Outcome {
        figures: run.figures,
        contents,
    })
}

/// Release 0 with its state on the heap and its value in stable memory. What is asked of a contender after its
/// migration is no figure, so queries may take as long as they like.
///
/// # Errors
/// If release 0 does not take up its own memory.
pub fn restored(release_0: &Module, start: &Start) -> Result<Rehearsal, RehearsalError> {
    let stable_access = StableAccess {
        query: u64::MAX,
        ..StableAccess::default()
    };
    let config = HostConfig {
        query_instructions: u64::MAX / 2,
        stable_access,
        ..HostConfig::default()
    };
    let mut rehearsal = Rehearsal::install_on(config, release_0)?;
    rehearsal.restore(start.memory.clone(), release_0)?;
    Ok(rehearsal)
}

/// A canister on its way.
struct Run {
    rehearsal: Rehearsal,
    figures: Figures,
}

impl Run {
    fn new(rehearsal: Rehearsal) -> Result<Self, MoveError> {
        let (heap, stable) = pages(&rehearsal)?;
        let figures = Figures {
            heap_pages: HeapPages {
                before: heap,
                peak: heap,
                ..HeapPages::default()
            },
            stable_pages: StablePages {
                before: stable,
                ..StablePages::default()
            },
            ..Figures::default()
        };
        Ok(Self { rehearsal, figures })
    }

    /// Makes an upgrade of the migration; false, with the reason noted, if it is refused.
    fn upgrade(&mut self, step: &Step, module: &Module) -> Result<bool, MoveError> {
        match self.install(step, step.name, module)? {
            Ok(upgrade) => self.figures.upgrades.push(upgrade),
            Err(refusal) => {
                self.figures.refused = Some(refusal);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn install(
        &mut self,
        step: &Step,
        name: &str,
        module: &Module,
    ) -> Result<Result<Upgrade, Refusal>, MoveError> {
        let refused = |reason: String| Refusal {
            at: name.to_owned(),
            reason,
        };
        let argument = match step.argument.encode() {
            Ok(argument) => argument,
            Err(error) => return Ok(Err(refused(error.to_string()))),
        };
        let report = match self.rehearsal.upgrade_with(module, &argument) {
            Ok(report) => report,
            Err(RehearsalError::Host(error)) => return Ok(Err(refused(error.to_string()))),
            Err(error) => return Err(error.into()),
        };
        self.note_peak(report.hooks());
        let (heap_pages, stable_pages) = pages(&self.rehearsal)?;
        Ok(Ok(Upgrade {
            name: name.to_owned(),
            module: step.module.to_owned(),
            heap_pages,
            stable_pages,
            ..instructions(&report)
        }))
    }

    /// Lets the timer run until the move is over, if it is not over already.
    fn finish_move(&mut self) -> Result<MoveStatus, MoveError> {
        let mut moving = Moving::begin(&mut self.rehearsal)?;
        let mut all = Steps::default();
        while moving.is_under_way() {
            let messages = moving.tick(&mut self.rehearsal)?;
            self.note_peak(messages.iter());
            all.messages += messages.len() as u64;
            all.instructions += messages.iter().map(|ran| ran.instructions).sum::<u64>();
        }
        self.figures.steps = Steps {
            done: moving.steps().done,
            largest: moving.steps().most_instructions,
            ..all
        };
        Ok(moving.status().clone())
    }

    fn note_peak<'a>(&mut self, messages: impl Iterator<Item = &'a MessageReport>) {
        let peak = &mut self.figures.heap_pages.peak;
        *peak = messages.map(|ran| ran.heap_pages).fold(*peak, u64::max);
    }

    /// Notes what the canister takes up after everything.
    fn note_after(&mut self) -> Result<(), MoveError> {
        let (heap, stable) = pages(&self.rehearsal)?;
        self.figures.heap_pages.after = heap;
        self.figures.stable_pages.after = stable;
        self.figures.paid_bytes = paid(&self.rehearsal, heap, stable)?;
        Ok(())
    }

    /// One more upgrade with the last module, as every one after the migration will be.
    fn one_more(&mut self, step: &Step, module: &Module) -> Result<(), MoveError> {
        let peak = self.figures.heap_pages.peak;
        match self.install(step, "one more", module)? {
            Ok(upgrade) => {
                self.figures.heap_pages.after_one_more = upgrade.heap_pages;
                self.figures.stable_pages.after_one_more = upgrade.stable_pages;
                self.figures.one_more = Some(upgrade);
            }
            Err(refusal) => self.figures.refused = Some(refusal),
        }
        // The peak is that of the migration.
        self.figures.heap_pages.peak = peak;
        Ok(())
    }

    fn stopped(self) -> Outcome {
        Outcome {
            figures: self.figures,
            contents: Vec::new(),
        }
    }
}

fn instructions(report: &InstallReport) -> Upgrade {
    let cost = |hook: &Option<MessageReport>| hook.as_ref().map_or(0, |ran| ran.instructions);
    Upgrade {
        pre_upgrade: cost(&report.pre_upgrade),
        post_upgrade: cost(&report.post_upgrade) + cost(&report.start),
        compile_first: report.compile_first,
        compile_again: report.compile_again,
        ..Upgrade::default()
    }
}

/// Heap and stable pages of the canister now.
fn pages(rehearsal: &Rehearsal) -> Result<(u64, u64), RehearsalError> {
    let (host, canister) = rehearsal.subject();
    Ok((host.heap_pages(canister)?, host.stable_pages(canister)?))
}

/// The bytes that are paid for. A module built from a tree with changes names its commit with a few bytes more, once
/// in itself and once in its metadata; they do not count, so that a commit does not change the figures.
fn paid(rehearsal: &Rehearsal, heap_pages: u64, stable_pages: u64) -> Result<Paid, RehearsalError> {
    let (host, canister) = rehearsal.subject();
    let usage = host.memory_usage(canister)?;
    let module = host.module(canister)?;
    let content = |name: Option<&str>| -> u64 {
        let sections = module.metadata().iter();
        let wanted = sections.filter(|section| name.is_none_or(|name| section.name == name));
        wanted.map(|section| section.content.len() as u64).sum()
    };
    let (module_bytes, sections) = (module.bytes().len() as u64, content(None));
    let (heap, stable) = (heap_pages * PAGE_SIZE, stable_pages * PAGE_SIZE);
    let told = content(Some(COMMIT));
    let usual = |bytes: u64| (bytes + COMMIT_BYTES as u64).saturating_sub(told.max(1));
    Ok(Paid {
        heap,
        stable,
        module: usual(module_bytes),
        custom_sections: usual(sections),
        globals: usage.saturating_sub(heap + stable + module_bytes + sections),
    })
}

fn contents_of(status: &MoveStatus) -> Vec<Content> {
    let told = status.collections.iter().map(|at| Content {
        name: at.name.clone(),
        entries: at.left + at.stable,
        digest: at.digest,
    });
    told.collect()
}

/// Fails if two contenders hold different contents.
///
/// # Errors
/// `Content` with the first collection that differs.
pub fn compare(
    size: &Size,
    (reference, expected): (&'static str, &[Content]),
    (contender, found): (&'static str, &[Content]),
) -> Result<(), BenchError> {
    let text = |content: Option<&Content>| match content {
        Some(content) => format!(
            "{} entries of digest {:016x}",
            content.entries, content.digest
        ),
        None => "nothing".to_owned(),
    };
    let of = |contents: &'_ [Content], name: &str| -> Option<Content> {
        contents
            .iter()
            .find(|content| content.name == name)
            .cloned()
    };
    for name in expected.iter().chain(found).map(|content| &content.name) {
        let (expected, found) = (of(expected, name), of(found, name));
        if expected != found {
            return Err(BenchError::Content {
                size: size.name,
                contender,
                reference,
                collection: name.clone(),
                found: text(found.as_ref()),
                expected: text(expected.as_ref()),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::size::SIZES;

    fn content(name: &str, digest: u64) -> Content {
        Content {
            name: name.to_owned(),
            entries: 7,
            digest,
        }
    }

    #[test]
    fn contents_that_differ_are_told_by_collection() {
        let right = [content("posts", 1), content("likes", 2)];
        let wrong = [content("posts", 1), content("likes", 3)];
        let compare = |found: &[Content]| compare(&SIZES[0], ("a", &right), ("b", found));
        compare(&right).unwrap();
        let error = compare(&wrong).unwrap_err().to_string();
        assert!(
            error.starts_with("b at the size empty holds 7 entries"),
            "{error}"
        );
        let error = compare(&right[..1]).unwrap_err().to_string();
        assert!(error.contains("holds nothing in likes"), "{error}");
    }
}
