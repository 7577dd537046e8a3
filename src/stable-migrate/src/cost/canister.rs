//! What one canister pays for: today, after each stage, and in buckets of the right size.

use ic_stable_migration::{BucketPlan, PAGE_BYTES};
use serde::Serialize;

use super::state::{Known, Manager, State};
use crate::buckets::managed_pages;
use crate::error::{Error, Result};
use crate::module::ModuleWeight;
use crate::source::Source;
use crate::survey::Survey;

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
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Its value was counted.
    Value,
    /// The length of its value is known, and no more.
    Length,
    /// It has been adopted, and the entries of its payload were counted.
    Payload,
    /// Nothing of it is in stable memory: its value was reckoned from its heap.
    Heap,
    /// It has moved already, or holds what no migration here moves: it stays as it is.
    AsItIs,
}

/// One canister of a sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
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
struct Today<'a> {
    heap: Option<u64>,
    stable_pages: u64,
    module: Option<ModuleWeight>,
    releases: &'a Releases,
}

/// The buckets that the maps of stage two get.
struct Buckets<'a> {
    /// In the upgrade.
    moved: BucketPlan,
    /// When the memory is compacted.
    right: BucketPlan,
    /// Pages of the memories that stay beside them.
    others: &'a [u64],
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
        let begins = module.map_or(0, |module| module.first_heap_bytes);
        let beyond = heap.map(|heap| heap.saturating_sub(begins));
        let state = State::of(source.stable(), survey, beyond)?;
        let today = Today {
            heap,
            stable_pages: survey.stable_pages,
            module,
            releases,
        };
        Ok(today.with(&state))
    }

    /// Of canisters of which the length of the encoded state is known.
    pub fn of_length(bytes: u64, count: u64, releases: &Releases) -> Self {
        let today = Today {
            heap: None,
            stable_pages: bytes.div_ceil(PAGE_BYTES),
            module: None,
            releases,
        };
        Self {
            count,
            ..today.with(&State::of_length(bytes))
        }
    }
}

impl Today<'_> {
    fn with(&self, state: &State) -> CanisterCost {
        let manager = state.manager.as_ref();
        let buckets = Buckets::of(manager, self.releases.buckets);
        match &state.known {
            Known::Value(basis, model) => {
                let adopted = match manager {
                    Some(_) => self.stable_pages,
                    None => model.adopted_pages(self.stable_pages, buckets.moved),
                };
                CanisterCost {
                    basis: *basis,
                    installed: self.module,
                    paid: [
                        self.paid(model.legacy_heap()),
                        self.after(0, model.adopted_heap(), adopted),
                        self.after(
                            1,
                            model.moved_heap(),
                            buckets.moved(|plan| model.moved_pages(plan)).max(adopted),
                        ),
                        self.after(
                            1,
                            model.moved_heap(),
                            buckets.compacted(|plan| model.moved_pages(plan)),
                        ),
                    ],
                    hooks: [Some(model.adopting()), Some(model.moving())],
                    count: 1,
                }
            }
            Known::Payload(payload) => {
                let today = self.paid(payload.adopted_heap());
                let moved = buckets.moved(|plan| payload.moved_pages(plan));
                let compacted = buckets.compacted(|plan| payload.moved_pages(plan));
                CanisterCost {
                    basis: Basis::Payload,
                    installed: self.module,
                    paid: [
                        today,
                        today,
                        self.after(1, payload.moved_heap(), moved.max(self.stable_pages)),
                        self.after(1, payload.moved_heap(), compacted),
                    ],
                    hooks: [None, Some(payload.moving())],
                    count: 1,
                }
            }
            Known::Nothing => {
                let heap = self.heap.unwrap_or(0);
                let paid = |pages| memory(heap, pages).with_module(self.module.as_ref());
                let today = paid(self.stable_pages);
                let right = manager.map_or(self.stable_pages, |manager| manager.right_size);
                CanisterCost {
                    basis: Basis::AsItIs,
                    installed: self.module,
                    paid: [today, today, today, paid(right)],
                    hooks: [None, None],
                    count: 1,
                }
            }
        }
    }

    /// What is paid today; a heap that is not known has so many bytes beyond what its module begins with.
    fn paid(&self, beyond: u64) -> Paid {
        let reckoned = || whole_pages(self.first_heap(0).saturating_add(beyond));
        let heap = self.heap.unwrap_or_else(reckoned);
        memory(heap, self.stable_pages).with_module(self.module.as_ref())
    }

    /// What is paid after a stage, with so many bytes of heap beyond what its module begins with.
    fn after(&self, stage: usize, beyond: u64, stable_pages: u64) -> Paid {
        let heap = whole_pages(self.first_heap(stage).saturating_add(beyond));
        let module = self.releases.modules[stage].or(self.module);
        // Of a memory alone no module is counted.
        memory(heap, stable_pages).with_module(self.module.and(module).as_ref())
    }

    /// Bytes of heap that the module of a stage begins with.
    fn first_heap(&self, stage: usize) -> u64 {
        let module = self.releases.modules[stage].or(self.module);
        module.map_or(USUAL_FIRST_HEAP, |module| module.first_heap_bytes)
    }
}

impl<'a> Buckets<'a> {
    fn of(manager: Option<&'a Manager>, planned: BucketPlan) -> Self {
        // Stable memory is laid out anew, unless a memory in it stays: then the size of its buckets does, too.
        let fixed = manager.filter(|manager| !manager.others.is_empty());
        Self {
            moved: fixed.map_or(planned, |manager| bucket_plan(manager.bucket_pages)),
            right: planned,
            others: fixed.map_or(&[], |manager| &manager.others),
        }
    }

    /// Stable pages that are needed after the move, if the maps and memory 0 need so many in buckets of a size.
    fn moved(&self, needed: impl Fn(BucketPlan) -> u64) -> u64 {
        self.with_others(needed(self.moved), self.moved)
    }

    /// The same in buckets of the right size.
    fn compacted(&self, needed: impl Fn(BucketPlan) -> u64) -> u64 {
        self.with_others(needed(self.right), self.right)
    }

    fn with_others(&self, needed: u64, buckets: BucketPlan) -> u64 {
        // The manager's own page is counted with both.
        let others = managed_pages(self.others.iter().copied(), buckets.pages());
        needed.saturating_add(others - 1)
    }
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
