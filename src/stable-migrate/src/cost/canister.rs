//! What one canister pays for: today, after each stage, and in buckets of the right size.

use ic_stable_migration::{BucketPlan, PAGE_BYTES};
use serde::Serialize;

use super::model::{Model, Payload};
use crate::buckets::managed_pages;
use crate::error::{Error, Result};
use crate::module::ModuleWeight;
use crate::recognition::{Kind, Tally};
use crate::source::Source;
use crate::survey::{Content, Layout, LegacySurvey, ManagedSurvey, Survey};
use crate::virtual_memory::Flaw;

/// The stations of a migration that a canister is reckoned at.
pub const STATIONS: [&str; 4] = [
    "today",
    "after stage one",
    "after stage two",
    "then compacted",
];

/// Bytes of heap that a module begins with where none is known: as those of the bench, with a stack of 60 KiB.
const USUAL_FIRST_HEAP: u64 = 3 * PAGE_BYTES;

/// Bytes that a canister pays for, by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Paid {
    /// Heap, whose high-water mark is paid.
    pub heap_bytes: u64,
    /// Stable memory.
    pub stable_bytes: u64,
    /// The module as it was submitted: packed, if it was.
    pub module_bytes: u64,
    /// Metadata sections once more, unpacked, and globals.
    pub section_bytes: u64,
}

impl Paid {
    /// All of it.
    pub fn bytes(&self) -> u64 {
        let Self {
            heap_bytes,
            stable_bytes,
            module_bytes,
            section_bytes,
        } = *self;
        [stable_bytes, module_bytes, section_bytes]
            .into_iter()
            .fold(heap_bytes, u64::saturating_add)
    }

    fn with_module(self, module: Option<&ModuleWeight>) -> Self {
        let Some(module) = module else { return self };
        Self {
            module_bytes: module.submitted_bytes,
            section_bytes: module.section_bytes + module.global_bytes,
            ..self
        }
    }
}

/// What a canister's figures follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Its legacy value was counted.
    Value,
    /// The length of its value is known, and no more.
    Length,
    /// It has been adopted; the length of its payload is known.
    Payload,
    /// Nothing of it is in stable memory: its value was reckoned from its heap.
    Heap,
    /// It has moved already, or holds what no migration here moves: it stays as it is.
    AsItIs,
}

/// One canister of a sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CanisterCost {
    /// What the figures follow from.
    pub basis: Basis,
    /// The module of today. That of a stable memory alone is not known: none is counted, and the heap is reckoned.
    #[serde(skip)]
    pub installed: Option<ModuleWeight>,
    /// What it pays for at each of [`STATIONS`].
    pub paid: [Paid; 4],
    /// Instructions of the hooks of each stage; none where the stage has nothing to do.
    pub hooks: [Option<u64>; 2],
    /// How many canisters are like it.
    pub count: u64,
}

/// The releases that a fleet gets, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Releases {
    /// The modules of stage one and of stage two; the one of today where they are not given.
    pub modules: [Option<ModuleWeight>; 2],
    /// The size of a bucket that stage one begins with.
    pub buckets: BucketPlan,
}

/// Heap and stable memory of a canister today, and the module if it is known.
struct Today {
    heap: Option<u64>,
    stable: u64,
    module: Option<ModuleWeight>,
}

impl CanisterCost {
    /// Of a snapshot or a stable memory that was surveyed.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::Sample`] for a module that is none.
    pub fn of(source: &Source, survey: &Survey, releases: &Releases) -> Result<Self> {
        let (heap, module) = match source {
            Source::Bare(_) => (None, None),
            Source::Snapshot(snapshot) => {
                let module = ModuleWeight::of(&snapshot.module()?);
                let module = module.map_err(|reason| Error::Sample {
                    path: snapshot.path().to_owned(),
                    reason,
                })?;
                (Some(snapshot.metadata().wasm_memory_size), Some(module))
            }
        };
        let today = Today {
            heap,
            stable: survey.stable_pages,
            module,
        };
        Ok(match &survey.layout {
            Layout::Legacy(legacy) => match counted(source, legacy)? {
                Some(tally) => today.legacy(Basis::Value, Model::of(tally), releases),
                None => {
                    let model = Model::of_value(legacy.value_bytes);
                    today.legacy(Basis::Length, model, releases)
                }
            },
            Layout::Managed(managed) => today.managed(managed, releases),
            Layout::Empty | Layout::Zeros | Layout::NotOurs(_) => match (heap, module) {
                (Some(heap), Some(module)) => {
                    let model = Model::of_heap(heap.saturating_sub(module.first_heap_bytes));
                    today.legacy(Basis::Heap, model, releases)
                }
                // What is not ours stays as it is, and so does what is no more than a guess.
                _ => today.as_it_is(None),
            },
            Layout::Damaged { .. } => today.as_it_is(None),
        })
    }

    /// Of canisters of which the length of the encoded state is known.
    pub fn of_length(bytes: u64, count: u64, releases: &Releases) -> Self {
        let today = Today {
            heap: None,
            stable: bytes.div_ceil(PAGE_BYTES),
            module: None,
        };
        Self {
            count,
            ..today.legacy(Basis::Length, Model::of_value(bytes), releases)
        }
    }
}

/// The tally of a legacy value; none for one in Candid.
fn counted(source: &Source, legacy: &LegacySurvey) -> Result<Option<Tally>> {
    let kind = match legacy.codec {
        "cbor" => Kind::Cbor,
        "messagepack" => Kind::MessagePack,
        _ => return Ok(None),
    };
    let start = u64::from(legacy.length_in_front);
    match Tally::of(&**source.stable(), kind, start, legacy.value_bytes) {
        Ok(tally) => Ok(tally),
        Err(Flaw::Unreadable(error)) => Err(error),
        // An image is read inside its bounds.
        Err(Flaw::Damaged(_)) => Ok(None),
    }
}

impl Today {
    fn legacy(self, basis: Basis, model: Model, releases: &Releases) -> CanisterCost {
        let (one, two) = (self.module_of(releases, 0), self.module_of(releases, 1));
        let begins = [0, 1].map(|stage| self.first_heap(releases, stage));
        let heap = begins[0].saturating_add(model.legacy_heap());
        let heap = self.heap.unwrap_or(whole_pages(heap));
        let adopted = model.adopted_pages(self.stable, releases.buckets);
        let needed = model.moved_pages(releases.buckets);
        let moved = needed.max(adopted);
        let moved_heap = whole_pages(begins[1].saturating_add(model.moved_heap()));
        let adopted_heap = whole_pages(begins[0].saturating_add(model.adopted_heap()));
        CanisterCost {
            basis,
            installed: self.module,
            paid: [
                memory(heap, self.stable).with_module(self.module.as_ref()),
                memory(adopted_heap, adopted).with_module(one.as_ref()),
                memory(moved_heap, moved).with_module(two.as_ref()),
                memory(moved_heap, needed).with_module(two.as_ref()),
            ],
            hooks: [Some(model.adopting()), Some(model.moving())],
            count: 1,
        }
    }

    fn managed(self, managed: &ManagedSurvey, releases: &Releases) -> CanisterCost {
        let home = managed
            .memories
            .iter()
            .find(|memory| memory.id == managed.home);
        let (payload, adopted) = match home.map(|memory| &memory.content) {
            Some(Content::SavedState(state)) if state.journal_bytes == 0 => {
                (state.payload_bytes, true)
            }
            Some(Content::Value(value)) if value.is_read_in_memory0() => (value.bytes, false),
            Some(Content::NaiveFrame { payload_bytes }) => (*payload_bytes, false),
            _ => return self.as_it_is(Some(managed.right_size.stable_pages)),
        };
        let others: Vec<u64> = others(managed).collect();
        // Stable memory is laid out anew, unless a memory in it stays: then the size of its buckets does, too.
        let fixed = match others.is_empty() {
            true => releases.buckets,
            false => bucket_plan(managed.bucket_pages),
        };
        let keeps = |needed: u64, buckets: BucketPlan| {
            needed + managed_pages(others.iter().copied(), buckets.pages()) - 1
        };
        if !adopted {
            let model = Model::of_value(payload);
            let mut cost = self.legacy(Basis::Length, model, releases);
            let today = cost.paid[0].stable_bytes;
            let moved = keeps(model.moved_pages(fixed), fixed) * PAGE_BYTES;
            cost.paid[1].stable_bytes = today;
            cost.paid[2].stable_bytes = moved.max(today);
            let compacted = keeps(model.moved_pages(releases.buckets), releases.buckets);
            cost.paid[3].stable_bytes = compacted * PAGE_BYTES;
            return cost;
        }
        let model = Payload { bytes: payload };
        let two = self.module_of(releases, 1);
        let [before, after] = [0, 1].map(|stage| self.first_heap(releases, stage));
        let moved_heap = whole_pages(after.saturating_add(model.moved_heap()));
        let heap = before.saturating_add(model.adopted_heap());
        let heap = self.heap.unwrap_or(whole_pages(heap));
        let moved = keeps(model.moved_pages(fixed), fixed).max(self.stable);
        let compacted = keeps(model.moved_pages(releases.buckets), releases.buckets);
        let today = memory(heap, self.stable).with_module(self.module.as_ref());
        CanisterCost {
            basis: Basis::Payload,
            installed: self.module,
            paid: [
                today,
                today,
                memory(moved_heap, moved).with_module(two.as_ref()),
                memory(moved_heap, compacted).with_module(two.as_ref()),
            ],
            hooks: [None, Some(model.moving())],
            count: 1,
        }
    }

    fn as_it_is(self, compacted: Option<u64>) -> CanisterCost {
        let heap = self.heap.unwrap_or(0);
        let paid = |pages| memory(heap, pages).with_module(self.module.as_ref());
        let [today, compacted] = [self.stable, compacted.unwrap_or(self.stable)].map(paid);
        CanisterCost {
            basis: Basis::AsItIs,
            installed: self.module,
            paid: [today, today, today, compacted],
            hooks: [None, None],
            count: 1,
        }
    }

    /// The module of a stage, where the one of today is known.
    fn module_of(&self, releases: &Releases, stage: usize) -> Option<ModuleWeight> {
        self.module
            .map(|today| releases.modules[stage].unwrap_or(today))
    }

    /// Bytes of heap that the module of a stage begins with.
    fn first_heap(&self, releases: &Releases, stage: usize) -> u64 {
        let module = releases.modules[stage].or(self.module);
        module.map_or(USUAL_FIRST_HEAP, |module| module.first_heap_bytes)
    }
}

/// Pages of the memories that a move leaves as they are.
fn others(managed: &ManagedSurvey) -> impl Iterator<Item = u64> {
    let memories = managed.memories.iter();
    let others = memories.filter(|memory| memory.id != managed.home);
    others.map(|memory| memory.pages)
}

fn bucket_plan(pages: u16) -> BucketPlan {
    BucketPlan::for_ceiling(u64::from(pages) * ic_stable_migration::MAX_BUCKETS * PAGE_BYTES)
}

fn memory(heap_bytes: u64, stable_pages: u64) -> Paid {
    Paid {
        heap_bytes,
        stable_bytes: stable_pages.saturating_mul(PAGE_BYTES),
        ..Paid::default()
    }
}

/// The whole pages nearest to a reckoned number of bytes.
fn whole_pages(bytes: u64) -> u64 {
    bytes.saturating_add(PAGE_BYTES / 2) / PAGE_BYTES * PAGE_BYTES
}
