//! Sequences of everything that can happen to a canister, held against one that never migrates.
//!
//! Messages, steps, upgrades with and without pre_upgrade, traps at any write, offline rewrites, audits asked for
//! again, and at any time a release that declares its collections wrongly: it has to be refused with nothing written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, StableCell, VectorMemory};
use proptest::prelude::*;

use super::Phase;
use super::testing::*;
use crate::error::Error;
use crate::plan::Plan;
use crate::test_memory::{Trapping, bytes_of};

#[derive(Clone, Debug)]
enum Action {
    SetText(u64, String),
    RemoveText(u64),
    SetMark(u64, u64),
    RemoveMark(u64),
    /// Makes a text longer, or as long as it was.
    Append(u64, String),
    /// Adds to a mark, or sets it.
    AddMark(u64, u64),
    RemoveTexts(u64, u64),
    /// Keeps marks whose key is no multiple.
    RetainMarks(u64),
    ClearMarks,
    Count,
    Step(u64),
    StepFails,
    Pause(bool),
    Verify,
    Rewrite,
    Read(u64, u64),
    Upgrade {
        skip_pre_upgrade: bool,
    },
    /// A step or an upgrade that traps at one of its writes.
    Trap {
        in_upgrade: bool,
        at_write: u32,
    },
    /// A release that declares its collections like this, of which none is right.
    Mistake(u8),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let key = || 0u64..40;
    let action = prop_oneof![
        4 => (key(), "[a-z]{0,5}").prop_map(|(key, text)| Action::SetText(key, text)),
        4 => key().prop_map(Action::RemoveText),
        2 => (key(), any::<u64>()).prop_map(|(key, mark)| Action::SetMark(key, mark)),
        2 => key().prop_map(Action::RemoveMark),
        2 => (key(), "[a-z]{0,2}").prop_map(|(key, more)| Action::Append(key, more)),
        2 => (key(), 0u64..3).prop_map(|(key, more)| Action::AddMark(key, more)),
        1 => (key(), key()).prop_map(|(from, to)| Action::RemoveTexts(from, to)),
        1 => (2u64..5).prop_map(Action::RetainMarks),
        1 => Just(Action::ClearMarks),
        1 => Just(Action::Count),
        4 => (1u64..8).prop_map(Action::Step),
        // All that is left, and a map that was not written to as a whole.
        1 => Just(Action::Step(100)),
        1 => Just(Action::StepFails),
        1 => any::<bool>().prop_map(Action::Pause),
        1 => Just(Action::Verify),
        1 => Just(Action::Rewrite),
        3 => (key(), key()).prop_map(|(from, to)| Action::Read(from, to)),
        2 => any::<bool>().prop_map(|skip_pre_upgrade| Action::Upgrade { skip_pre_upgrade }),
        1 => (any::<bool>(), 0u32..12)
            .prop_map(|(in_upgrade, at_write)| Action::Trap { in_upgrade, at_write }),
    ];
    (
        prop::collection::vec(action, 0..40),
        any::<prop::sample::Index>(),
        0..MISTAKES,
    )
        .prop_map(|(mut actions, at, mistake)| {
            actions.insert(at.index(actions.len() + 1), Action::Mistake(mistake));
            actions
        })
}

fn legacies() -> impl Strategy<Value = Legacy> {
    (
        prop::collection::btree_map(0u64..40, "[a-z]{0,5}", 0..30),
        prop::collection::btree_map(0u64..40, any::<u64>(), 0..30),
    )
        .prop_map(|(texts, marks)| Legacy {
            counter: 0,
            texts,
            marks,
        })
}

/// How many mistakes [`mistaken`] knows.
const MISTAKES: u8 = 11;

/// What a release with a mistake says to a memory.
fn mistaken(mistake: u8, memory: VectorMemory) -> Error {
    const LATER: Plan<Legacy, crate::MessagePack> = Plan::new(3).ceiling(4 << 30);
    fn resume<const DECLARED: u8>(memory: VectorMemory) -> Option<Error> {
        let resumed = LATER.resume_tiered::<State<VectorMemory, DECLARED>, _>(memory, NOW);
        resumed.err()
    }
    let error = match mistake {
        0 => resume::<ID_CHANGED>(memory),
        1 => resume::<IDS_SWAPPED>(memory),
        2 => resume::<ID_SHARED>(memory),
        3 => resume::<MISSING>(memory),
        4 => resume::<RENAMED_WITHOUT_A_WORD>(memory),
        5 => resume::<NAME_SHARED>(memory),
        6 => resume::<RESERVED>(memory),
        7 => resume::<VERSION_DROPPED>(memory),
        8 => LATER.resume::<State<VectorMemory>, _>(memory, NOW).err(),
        9 => Plan::<Legacy, crate::MessagePack>::new(1)
            .resume_tiered::<State<VectorMemory>, _>(memory, NOW)
            .err(),
        _ => LATER
            .begin_tiered::<State<VectorMemory>, _>(memory, &mut Legacy::default().into(), NOW)
            .err(),
    };
    error.unwrap_or_else(|| panic!("mistake {mistake} was not refused"))
}

/// What the upgrade that begins the move starts from, and whether it ends it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    InSteps,
    AtOnce,
    AtOnceFromRelease1,
}

/// The canister, the model that never migrates, and the hot state that an upgrade without pre_upgrade brings back.
struct Run<const DECLARED: u8> {
    canister: Declared<Trapping, DECLARED>,
    model: Legacy,
    durable_counter: u64,
}

impl<const DECLARED: u8> Run<DECLARED> {
    /// After the upgrade that begins the move.
    fn start(legacy: &Legacy, start: Start) -> Self {
        let memory = Trapping::over(legacy_memory(legacy));
        if start == Start::AtOnceFromRelease1 {
            let resumed = PLAN.resume::<State<Trapping, DECLARED>, _>(memory.clone(), NOW);
            resumed.unwrap();
        }
        let plan = match start {
            Start::InSteps => &PLAN,
            Start::AtOnce | Start::AtOnceFromRelease1 => &AT_ONCE,
        };
        Self {
            canister: Declared::start_with(plan, memory),
            model: legacy.clone(),
            durable_counter: 0,
        }
    }

    fn raw(&self) -> &VectorMemory {
        &self.canister.memory.memory
    }

    fn upgrade(&mut self, skip_pre_upgrade: bool) {
        if skip_pre_upgrade {
            self.model.counter = self.durable_counter;
        } else {
            self.durable_counter = self.model.counter;
            let Declared { mover, state, .. } = &mut self.canister;
            mover.save(state, PLAN.stamp(NOW)).unwrap();
        }
        self.canister = Declared::start(self.canister.memory.clone());
    }

    /// Does something that traps, and goes on as a canister whose message, or whose upgrade, was rolled back. That its
    /// heap was rolled back, too, is played by an upgrade without pre_upgrade.
    fn trap(&mut self, in_upgrade: bool, at_write: u32) {
        let before = bytes_of(self.raw());
        let counters = (self.model.counter, self.durable_counter);
        let writes = Rc::clone(&self.canister.memory.writes_left);
        writes.set(Some(at_write));
        let trapped = catch_unwind(AssertUnwindSafe(|| {
            if in_upgrade {
                self.upgrade(false);
            } else if self.canister.mover.has_work() {
                self.canister.step(5);
                self.durable_counter = self.model.counter;
            }
        }));
        writes.set(None);
        if trapped.is_err() {
            *self.raw().borrow_mut() = before;
            (self.model.counter, self.durable_counter) = counters;
            self.upgrade(true);
        }
    }

    fn act(&mut self, action: Action) -> Result<(), TestCaseError> {
        if !self.canister.mover.is_current() {
            self.canister.mover.reopen().unwrap();
        }
        let Declared { state, mover, .. } = &mut self.canister;
        let State { hot, texts, marks } = &mut *state;
        let model = &mut self.model;
        match action {
            Action::SetText(key, text) => {
                let old = model.texts.insert(key, text.clone());
                prop_assert_eq!(texts.insert(key, text), old);
            }
            Action::RemoveText(key) => {
                prop_assert_eq!(texts.remove(&key), model.texts.remove(&key));
            }
            Action::SetMark(key, mark) => {
                let old = model.marks.insert(key, mark);
                prop_assert_eq!(marks.insert(key, mark), old);
            }
            Action::RemoveMark(key) => {
                prop_assert_eq!(marks.remove(&key), model.marks.remove(&key));
            }
            Action::Append(key, more) => {
                let append = |text: &mut String| {
                    text.push_str(&more);
                    text.len()
                };
                let expected = model.texts.get_mut(&key).map(append);
                prop_assert_eq!(texts.update(&key, append), expected);
            }
            Action::AddMark(key, more) => {
                let add = |mark: &mut u64| *mark = mark.wrapping_add(more);
                marks.entry(key).and_modify(add).or_insert(more);
                model.marks.entry(key).and_modify(add).or_insert(more);
            }
            Action::RemoveTexts(from, to) => {
                let before = model.texts.len();
                model.texts.retain(|key, _| !(from..to).contains(key));
                let removed = (before - model.texts.len()) as u64;
                prop_assert_eq!(texts.remove_range(from..to), removed);
            }
            Action::RetainMarks(of) => {
                let before = model.marks.len();
                model.marks.retain(|key, _| key % of != 0);
                let removed = (before - model.marks.len()) as u64;
                prop_assert_eq!(marks.retain(|key, _| key % of != 0), removed);
            }
            Action::ClearMarks => {
                prop_assert_eq!(marks.clear(), model.marks.len() as u64);
                model.marks.clear();
            }
            Action::Count => {
                hot.counter += 1;
                model.counter += 1;
            }
            Action::Step(entries) => {
                if mover.has_work() {
                    self.canister.step(entries);
                    self.durable_counter = self.model.counter;
                }
            }
            Action::StepFails => {
                mover.step_failed(state, "no").unwrap();
            }
            Action::Pause(yes) => {
                let under_way = mover.status(state).phase != Phase::Done;
                if yes {
                    mover.pause(state).unwrap();
                } else {
                    mover.unpause(state).unwrap();
                }
                if under_way {
                    self.durable_counter = model.counter;
                }
            }
            Action::Verify => {
                if mover.status(state).phase == Phase::Done {
                    mover.verify(state).unwrap();
                    self.durable_counter = model.counter;
                }
            }
            Action::Rewrite => {
                let smaller = bytes_of(&rewritten(self.raw()));
                *self.raw().borrow_mut() = smaller;
                prop_assert!(!self.canister.mover.is_current());
                self.canister.mover.reopen().unwrap();
            }
            Action::Upgrade { skip_pre_upgrade } => self.upgrade(skip_pre_upgrade),
            Action::Trap {
                in_upgrade,
                at_write,
            } => self.trap(in_upgrade, at_write),
            Action::Mistake(mistake) => {
                // Where there are no texts, none is of a version that is not read any more.
                let is_none = mistake == 7 && model.texts.is_empty();
                let mistake = if is_none { 0 } else { mistake };
                let before = bytes_of(self.raw());
                let error = mistaken(mistake, self.raw().clone());
                prop_assert!(
                    *self.raw().borrow() == before,
                    "written after all: {}",
                    error
                );
            }
            Action::Read(from, to) => {
                prop_assert_eq!(texts.get(&from), model.texts.get(&from).cloned());
                prop_assert_eq!(texts.contains_key(&to), model.texts.contains_key(&to));
                let lent = texts.with(&to, String::clone);
                prop_assert_eq!(lent, model.texts.get(&to).cloned());
                let keys: Vec<_> = marks.keys(from..=to).collect();
                let expected = model.marks.keys().filter(|key| (from..=to).contains(*key));
                prop_assert!(keys.iter().eq(expected));
                let page = texts.page(Some(&from), 3);
                let behind = model.texts.iter().filter(|(key, _)| **key > from);
                prop_assert!(
                    page.iter()
                        .map(|(key, text)| (key, text))
                        .eq(behind.take(3))
                );
                let last = model.marks.last_key_value().map(|(k, v)| (*k, *v));
                prop_assert_eq!(marks.last_key_value(), last);
                let first = model.marks.first_key_value().map(|(k, v)| (*k, *v));
                prop_assert_eq!(marks.first_key_value(), first);
                let found: Vec<_> = texts.range(from..to).collect();
                let expected = model.texts.iter().filter(|(k, _)| (from..to).contains(*k));
                let expected: Vec<_> = expected.map(|(k, v)| (*k, v.clone())).collect();
                prop_assert_eq!(&found, &expected);
                let mut back: Vec<_> = texts.range(from..to).rev().collect();
                back.reverse();
                prop_assert_eq!(back, found);
                // From both ends in turn.
                let mut ends = texts.range(from..to);
                let mut count = 0;
                while ends.next().is_some() {
                    count += 1 + usize::from(ends.next_back().is_some());
                }
                prop_assert_eq!(count, expected.len());
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let State { texts, .. } = &self.canister.state;
        prop_assert_eq!(texts.len(), self.model.texts.len() as u64);
        prop_assert_eq!(self.canister.content(), self.model.clone());
        Ok(())
    }
}

/// The model is the legacy canister that never migrates.
fn answers_like_one_that_never_moved<const DECLARED: u8>(
    legacy: &Legacy,
    start: Start,
    actions: Vec<Action>,
) -> Result<(), TestCaseError> {
    let mut run = Run::<DECLARED>::start(legacy, start);
    for action in actions {
        run.act(action)?;
        run.check()?;
    }
    let Declared { mover, state, .. } = &mut run.canister;
    mover.unpause(state).unwrap();
    run.canister.finish();
    prop_assert_eq!(run.canister.status().phase, Phase::Done);
    run.upgrade(false);
    run.check()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_moving_canister_answers_like_one_that_never_moved(
        legacy in legacies(),
        start in prop::sample::select(&[Start::InSteps, Start::AtOnce, Start::AtOnceFromRelease1][..]),
        actions in actions(),
    ) {
        answers_like_one_that_never_moved::<RIGHT>(&legacy, start, actions)?;
    }

    #[test]
    fn so_does_one_whose_collections_share_a_map(
        legacy in legacies(),
        start in prop::sample::select(&[Start::InSteps, Start::AtOnce, Start::AtOnceFromRelease1][..]),
        actions in actions(),
    ) {
        answers_like_one_that_never_moved::<SHARING>(&legacy, start, actions)?;
    }

    /// A frame of 2023 beside which the canister keeps something in the memory that a collection asks for.
    #[test]
    fn a_memory_in_use_is_refused_with_nothing_written(
        legacy in legacies(),
        id in 1u8..3,
        bucket_pages in 1u16..20,
    ) {
        let memory = VectorMemory::default();
        let manager = MemoryManager::init_with_bucket_size(memory.clone(), bucket_pages);
        let mut cbor = Vec::new();
        ciborium::into_writer(&legacy, &mut cbor).unwrap();
        let memory0 = manager.get(MemoryId::new(0));
        memory0.grow(1);
        memory0.write(0, &(cbor.len() as u32).to_le_bytes());
        memory0.write(4, &cbor);
        StableCell::init(manager.get(MemoryId::new(id)), 7u64);
        let before = bytes_of(&memory);
        let error = PLAN.resume_tiered::<State<_>, _>(memory.clone(), NOW).err();
        prop_assert!(matches!(error, Some(Error::Ownership(_))), "{:?}", error);
        prop_assert!(*memory.borrow() == before);
    }
}
