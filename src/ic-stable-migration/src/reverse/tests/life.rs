//! What is written before, between and after is in the legacy value, wherever the state was.

use super::*;

/// Where a canister is when it goes back.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// It never left its legacy value.
    Legacy,
    /// All in memory 0.
    One,
    /// In the middle of the move, after so many steps.
    Moving(u64),
    /// Everything is in stable maps.
    Two,
}

fn stages() -> impl Strategy<Value = Stage> {
    prop_oneof![
        Just(Stage::Legacy),
        Just(Stage::One),
        (0u64..70).prop_map(Stage::Moving),
        Just(Stage::Two),
    ]
}

/// Brings a memory to a stage, with calls on the way, and lets pre_upgrade run there.
fn brought<const DECLARED: u8>(memory: &VectorMemory, stage: Stage, seeds: &[u64]) -> Legacy {
    let mut store = match stage {
        Stage::Legacy => return content(&mut as_found::<DECLARED>(memory)),
        Stage::One => {
            let plan = Plan::<Legacy, MessagePack>::new(1);
            let mut store = Kept::<_, DECLARED>::adopt(&plan, memory.clone(), NOW)
                .unwrap()
                .0;
            seeds.iter().for_each(|seed| write(&mut store, *seed));
            store.save(&plan, NOW).unwrap();
            return content(&mut store);
        }
        Stage::Moving(_) => {
            Kept::<_, DECLARED>::resume(&PLAN, memory.clone(), NOW)
                .unwrap()
                .0
        }
        Stage::Two => {
            Kept::<_, DECLARED>::resume(&AT_ONCE, memory.clone(), NOW)
                .unwrap()
                .0
        }
    };
    let half = seeds.len() / 2;
    seeds[..half]
        .iter()
        .for_each(|seed| write(&mut store, *seed));
    if let Stage::Moving(count) = stage {
        steps(&mut store, count);
    }
    seeds[half..]
        .iter()
        .for_each(|seed| write(&mut store, *seed));
    store.save(&PLAN, NOW).unwrap();
    content(&mut store)
}

fn as_found<const DECLARED: u8>(memory: &VectorMemory) -> Kept<VectorMemory, DECLARED> {
    Store::resume_as_found(&BACK, memory.clone(), NOW)
        .unwrap()
        .0
}

fn there_and_back_and_there<const DECLARED: u8>(texts: u64, way: &[(Stage, Vec<u64>, Vec<u64>)]) {
    let mut lives_on = sample(texts);
    let memory = legacy_memory(&lives_on);
    for (stage, before, after) in way {
        lives_on = brought::<DECLARED>(&memory, *stage, before);
        let untouched = bytes_of(&memory);
        let mut back = as_found::<DECLARED>(&memory);
        assert_eq!(bytes_of(&memory), untouched, "{stage:?}");
        assert_eq!(content(&mut back), lives_on, "{stage:?}");
        for seed in after {
            write(&mut back, *seed);
        }
        lives_on = content(&mut back);
        back.save_legacy(&BACK, memory.clone()).unwrap();
        holds_nothing_but(&memory, &lives_on);
    }
    // It stays there, and goes forward again.
    assert_eq!(content(&mut as_found::<DECLARED>(&memory)), lives_on);
    let (mut store, origin) = Kept::<_, DECLARED>::resume(&AT_ONCE, memory, NOW).unwrap();
    assert!(
        matches!(
            origin,
            Origin::Legacy {
                trailing_bytes: 0,
                ..
            }
        ),
        "{origin:?}"
    );
    assert_eq!(content(&mut store), lives_on);
}

proptest! {
    #[test]
    fn what_was_written_is_in_the_legacy_value_from_wherever_it_goes_back(
        texts in 0u64..60,
        way in prop::collection::vec(
            (stages(), prop::collection::vec(1u64..1_000, 0..12), prop::collection::vec(1u64..1_000, 0..12)),
            1..4,
        ),
    ) {
        there_and_back_and_there::<RIGHT>(texts, &way);
        there_and_back_and_there::<SHARING>(texts, &way);
    }

    #[test]
    fn the_release_of_2023_reads_its_frame_again(
        texts in 0u64..60,
        at_once in any::<bool>(),
        moved in 0u64..70,
        seeds in prop::collection::vec(1u64..1_000, 0..20),
    ) {
        let memory = naive_memory(&sample(texts));
        // What the canister keeps in a memory of its own stays.
        let own = MemoryManager::init(memory.clone()).get(MemoryId::new(9));
        own.grow(1);
        own.write(0, b"its own");
        let plan = if at_once { AT_ONCE } else { PLAN };
        for _ in 0..2 {
            let (mut store, _) = Kept::<_>::resume(&plan, memory.clone(), NOW).unwrap();
            if !at_once {
                steps(&mut store, moved);
            }
            seeds.iter().for_each(|seed| write(&mut store, *seed));
            store.save(&plan, NOW).unwrap();
            let (mut back, _) = Kept::<_>::resume_as_found(&BACK_TO_MEMORY_0, memory.clone(), NOW).unwrap();
            write(&mut back, 99);
            let lives_on = content(&mut back);
            back.save_legacy(&BACK_TO_MEMORY_0, memory.clone()).unwrap();
            prop_assert_eq!(naively_read(&memory), lives_on.clone());
            let manager = MemoryManager::init(memory.clone());
            prop_assert_eq!(manager.get(MemoryId::new(1)).size(), 0);
            let mut kept = [0; 7];
            manager.get(MemoryId::new(9)).read(0, &mut kept);
            prop_assert_eq!(&kept, b"its own");
            let (mut again, _) = Kept::<_>::resume_as_found(&BACK_TO_MEMORY_0, memory.clone(), NOW).unwrap();
            prop_assert_eq!(content(&mut again), lives_on);
        }
    }
}

#[test]
fn an_upgrade_that_skips_pre_upgrade_goes_on_where_the_move_was() {
    for moved in [0, 3, 30, 64] {
        let memory = legacy_memory(&sample(50));
        let lives_on = brought::<RIGHT>(&memory, Stage::Moving(moved), &[1, 2, 3]);
        let mut back = as_found::<RIGHT>(&memory);
        let (mover, state) = back.mover().unwrap().unwrap();
        assert!(!mover.has_work(), "it rests");
        mover.step(state, &|| 0, NOW).unwrap();
        // A map's entry is in stable memory at once; what was not moved yet is written there, too.
        let state = back.state().unwrap();
        state.texts.insert(6, "since".into());
        state.texts.remove(&9);
        let mut there = lives_on;
        there.texts.insert(6, "since".into());
        there.texts.remove(&9);
        let (mut store, _) = Kept::<_>::resume(&PLAN, memory, NOW).unwrap();
        assert_eq!(content(&mut store), there, "after {moved} steps");
        let (mover, state) = store.mover().unwrap().unwrap();
        while mover.has_work() {
            mover.step(state, &|| 0, NOW).unwrap();
        }
        assert_eq!(mover.status(state).phase, crate::Phase::Done);
        assert_eq!(content(&mut store), there);
    }
}

#[test]
fn going_back_starts_from_a_memory_that_nothing_has_written_to() {
    for stage in [
        Stage::Legacy,
        Stage::One,
        Stage::Moving(0),
        Stage::Moving(20),
        Stage::Two,
    ] {
        let memory = legacy_memory(&sample(30));
        let lives_on = brought::<RIGHT>(&memory, stage, &[4, 5]);
        let (mut back, _) =
            Kept::<_>::resume_as_found(&BACK, Rc::new(Untouchable(memory)), NOW).unwrap();
        assert_eq!(content(&mut back), lives_on, "{stage:?}");
    }
}

/// Traps at each write in turn; what was read by then is all that the value is made of.
#[test]
fn a_trap_comes_when_everything_was_read_and_the_next_try_starts_from_the_same_memory() {
    for stage in [Stage::One, Stage::Moving(20), Stage::Two] {
        let start = legacy_memory(&sample(900));
        let lives_on = brought::<RIGHT>(&start, stage, &[4, 5, 6]);
        let before = bytes_of(&start);
        let mut traps = 0;
        loop {
            let memory = Trapping::over(memory_of(&before));
            let (mut back, _) = Kept::<_>::resume_as_found(&BACK, memory.clone(), NOW).unwrap();
            memory.writes_left.set(Some(traps));
            let hook = std::panic::AssertUnwindSafe(|| back.save_legacy(&BACK, memory.clone()));
            let trapped = std::panic::catch_unwind(hook).is_err();
            if trapped && traps == 0 {
                assert_eq!(bytes_of(&memory.memory), before, "{stage:?}");
            }
            if !trapped {
                holds_nothing_but(&memory.memory, &lives_on);
                break;
            }
            traps += 1;
        }
        assert!(traps >= 1, "{stage:?}");
    }
}

#[test]
fn a_memory_that_cannot_grow_is_as_it_was() {
    let memory = Capped {
        memory: legacy_memory(&sample(2)),
        max_pages: 1,
    };
    let (mut back, _) = Kept::<_>::resume_as_found(&BACK, memory.clone(), NOW).unwrap();
    let state = back.state().unwrap();
    state.texts.insert(7, "long".repeat(20_000));
    let before = bytes_of(&memory.memory);
    let error = back.save_legacy(&BACK, memory.clone()).unwrap_err();
    assert_eq!(error.code(), "E403");
    assert_eq!(bytes_of(&memory.memory), before);
}
