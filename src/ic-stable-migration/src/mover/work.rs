//! What a release wants done after the move, in steps and with the service up: old values written anew, and jobs of its own.
//!
//! ```text
//! Done ── values of an older version, or a job that is not finished ──→ Renewing ──→ Auditing ──→ Done
//! ```
//!
//! How far it got is journaled with every step. When all values of a collection are of the newest version, an audit reads
//! them all before the registry says so: a release may drop the older ones from then on.

use ic_stable_structures::Memory;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::meter::Meter;
use super::progress::Stuck;
use super::status::WorkStatus;
use super::{Budget, Mover, Phase, Tier, Tiered};
use crate::error::Error;
use crate::registry::{Recorded, Registered, Registry};

/// Work for after the move that a state brings itself. See [`Tiered::jobs`].
pub trait Work {
    /// Does the next part, of `limit` entries at most, behind `after`: where the part before ended, none at the start.
    ///
    /// # Errors
    /// Why it cannot go on. The move is stuck then, and the status says so; what the part has done stays.
    fn work(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Worked, String>;
}

/// What a part of some work did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    /// Entries that were looked at.
    pub entries: u64,
    /// Entries that were changed, or written.
    pub changed: u64,
    /// Where the next part goes on, in bytes that mean something to the work alone; none at the end.
    pub at: Option<Vec<u8>>,
}

/// A job: some [`Work`] under a name. It is done once.
pub struct Job<'a> {
    /// Its name; no two jobs share one.
    pub name: &'static str,
    /// A release that wants it done again says a higher number.
    pub number: u32,
    /// The work.
    pub work: Box<dyn Work + 'a>,
}

impl<'a> Job<'a> {
    /// Number 1 of a job.
    pub fn new(name: &'static str, work: impl Work + 'a) -> Self {
        Self {
            name,
            number: 1,
            work: Box::new(work),
        }
    }
}

impl<W: Work + ?Sized> Work for &mut W {
    fn work(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Worked, String> {
        (**self).work(after, limit)
    }
}

/// The journaled state of some work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkProgress {
    /// The name of the job, or of the collection whose values are written anew.
    pub name: String,
    pub is_job: bool,
    /// The job's number, or the version that the values get.
    pub number: u32,
    pub cursor: Option<ByteBuf>,
    pub entries: u64,
    pub changed: u64,
    /// Nanoseconds since 1970.
    pub finished: Option<u64>,
}

impl WorkProgress {
    fn is(&self, other: &Self) -> bool {
        (self.is_job, &self.name) == (other.is_job, &other.name)
    }

    fn place(&self) -> (String, Vec<u8>) {
        let at = self.cursor.as_ref().map(|at| at.to_vec());
        (self.name.clone(), at.unwrap_or_default())
    }

    /// What is told of it; `entries` are those of a collection.
    pub fn status(&self, entries: impl Fn(&str) -> Option<u64>) -> WorkStatus {
        let left = match self.is_job {
            true => None,
            false => entries(&self.name).map(|all| all.saturating_sub(self.entries)),
        };
        WorkStatus {
            name: self.name.clone(),
            job: self.is_job.then_some(self.number),
            version: (!self.is_job).then_some(self.number),
            entries: self.entries,
            left: left.map(|left| if self.finished.is_some() { 0 } else { left }),
            changed: self.changed,
            finished: self.finished,
        }
    }

    fn has_made(&mut self, worked: Worked, now: u64) {
        self.entries += worked.entries;
        self.changed += worked.changed;
        if worked.at.is_none() {
            self.finished = Some(now);
        }
        self.cursor = worked.at.map(ByteBuf::from);
    }
}

/// What is to be done in a memory with this registry, for a state with these jobs.
fn wanted(registry: &Registry, jobs: &[Job]) -> Vec<WorkProgress> {
    let in_use = registry.0.iter().filter(|entry| !entry.retired);
    let values = in_use.filter(|entry| entry.values.are_mixed());
    let values = values.map(|entry| (entry.name.as_str(), false, entry.values.newest));
    let jobs = jobs.iter().map(|job| (job.name, true, job.number));
    let all = values.chain(jobs);
    all.map(|(name, is_job, number)| WorkProgress {
        name: name.into(),
        is_job,
        number,
        ..WorkProgress::default()
    })
    .collect()
}

/// The work of a memory: what was journaled of it, as far as it still counts, and what came since.
pub(super) fn work_of(
    mut journaled: Vec<WorkProgress>,
    registry: &Registry,
    jobs: &[Job],
) -> Vec<WorkProgress> {
    let wanted = wanted(registry, jobs);
    journaled.retain(|known| match wanted.iter().find(|new| new.is(known)) {
        Some(new) => new.number <= known.number,
        None => known.finished.is_some(),
    });
    for new in wanted {
        if !journaled.iter().any(|known| known.is(&new)) {
            journaled.push(new);
        }
    }
    journaled
}

impl<M: Memory> Mover<M> {
    /// Whether a job has been finished.
    pub fn has_finished(&self, job: &str) -> bool {
        let mut works = self.progress.work.iter();
        works.any(|work| work.is_job && work.name == job && work.finished.is_some())
    }

    /// Notes that there is nothing of before that any work could be about.
    pub(super) fn skip_work(&mut self, now: u64) {
        for work in &mut self.progress.work {
            work.finished.get_or_insert(now);
        }
    }

    /// The name of the work under way, and where it got to.
    pub(super) fn working_at(&self) -> (String, Vec<u8>) {
        let mut works = self.progress.work.iter();
        let under_way = works.find(|work| work.finished.is_none());
        under_way.map(WorkProgress::place).unwrap_or_default()
    }

    /// Works until the budget is used up.
    pub(super) fn work<S: Tiered<M>>(
        &mut self,
        state: &mut S,
        budget: Budget,
        used: &dyn Fn() -> u64,
        now: u64,
    ) -> Result<(), Error> {
        let mut meter = Meter::new(budget, used, self.managed.tracked());
        let mut part = 1;
        let mut goes_on = true;
        let works = self.progress.work.iter_mut();
        for work in works.filter(|work| work.finished.is_none()) {
            while goes_on && work.finished.is_none() {
                let before = meter.used().instructions;
                let worked = match part_of(state, work, budget.limit(part, &meter)) {
                    Ok(worked) => worked,
                    Err(reason) => {
                        let (collection, key) = work.place();
                        self.progress.phase = Phase::Stuck;
                        self.progress.stuck = Some(Stuck {
                            collection,
                            key,
                            reason,
                        });
                        return Ok(());
                    }
                };
                let took = meter.used().instructions.saturating_sub(before);
                part = match took < budget.instructions / PARTS_OF_A_STEP {
                    true => (2 * part).min(LARGEST_PART),
                    false => (part / 2).max(1),
                };
                goes_on = meter.count(worked.entries.max(1));
                work.has_made(worked, now);
            }
        }
        if !self.progress.has_after_work() {
            self.audit_renewed(state);
        }
        Ok(())
    }

    /// Sends the audit to the collections whose values were written anew, if there are any.
    fn audit_renewed<S: Tiered<M>>(&mut self, state: &mut S) {
        let names: Vec<_> = self.tiers(state).iter().map(|tier| tier.name).collect();
        for (at, name) in names.into_iter().enumerate() {
            let entry = self.registry().named(name);
            if entry.is_some_and(|entry| entry.values.are_mixed()) {
                self.restart_audit(state, at);
                self.progress.phase = Phase::Auditing;
            }
        }
    }

    /// Writes down, after an audit that held, that the values which were written anew are all of the newest version.
    pub(super) fn note_renewed(&mut self) -> Result<(), Error> {
        let works = &self.progress.work;
        let is_news = |entry: &Registered| {
            let mut works = works.iter().filter(|work| !work.is_job);
            entry.values.are_mixed()
                && works.any(|work| work.name == entry.name && work.finished.is_some())
        };
        if !self.registry().0.iter().any(is_news) {
            return Ok(());
        }
        let mut registry = self.registry().clone();
        for entry in registry.0.iter_mut().filter(|entry| is_news(entry)) {
            entry.renew();
        }
        self.registry = Recorded::of(registry)?;
        Ok(())
    }
}

/// Most entries of a part, and how many parts a step is cut into at least.
const LARGEST_PART: usize = 64;
const PARTS_OF_A_STEP: u64 = 32;

impl Budget {
    /// How many entries a part may have, when a step has used what the meter says.
    fn limit<M>(self, part: usize, meter: &Meter<M>) -> usize {
        let left = self.entries.saturating_sub(meter.used().entries).max(1);
        part.min(usize::try_from(left).unwrap_or(part))
    }
}

/// Does a part of some work.
fn part_of<S: Tiered<M>, M: Memory>(
    state: &mut S,
    work: &WorkProgress,
    limit: usize,
) -> Result<Worked, String> {
    let after = work.cursor.as_ref().map(|at| &at[..]);
    if work.is_job {
        let mut jobs = state.jobs();
        let job = jobs.iter_mut().find(|job| job.name == work.name);
        return job.map_or(Ok(Worked::default()), |job| job.work.work(after, limit));
    }
    let mut tiers = state.collections();
    let tier = tiers.iter_mut().find(|tier| tier.name == work.name);
    Ok(tier.map_or_else(Worked::default, |Tier { map, .. }| map.renew(after, limit)))
}
