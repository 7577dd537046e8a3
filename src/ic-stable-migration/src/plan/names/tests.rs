use ic_stable_structures::VectorMemory;

use crate::application::Application;
use crate::codec::MessagePack;
use crate::error::Error;
use crate::mover::testing::*;
use crate::open::{Opened, open};
use crate::plan::Plan;
use crate::test_memory::bytes_of;

type State = crate::mover::testing::State<VectorMemory, RIGHT>;

const UNNAMED: Plan<Legacy, MessagePack> = Plan::new(3).ceiling(4 << 30);
const TODO: Plan<Legacy, MessagePack> = Plan::new(3).ceiling(4 << 30).application("todo");
const WALLET: Plan<Legacy, MessagePack> = Plan::new(3).ceiling(4 << 30).application("wallet");

fn resumed(plan: &Plan<Legacy, MessagePack>, memory: &VectorMemory) -> Result<State, Error> {
    let (state, mover, _) = plan.resume_tiered::<State, _>(memory.clone(), NOW)?;
    drop(mover);
    Ok(state)
}

fn name_in(memory: &VectorMemory) -> Application {
    let Opened::Managed(managed) = open(memory.clone()) else {
        panic!("no manager");
    };
    managed.memory0().header().unwrap().application
}

#[test]
fn a_module_of_another_application_refuses_the_memory_in_every_hook() {
    let memory = legacy_memory(&sample(20));
    resumed(&TODO, &memory).unwrap();
    assert_eq!(name_in(&memory).name(), Some("todo"));
    let before = bytes_of(&memory);
    for plan in [WALLET, UNNAMED] {
        let tiered = resumed(&plan, &memory).err();
        let stage_one = plan.resume::<State, _>(memory.clone(), NOW).err();
        for error in [tiered, stage_one] {
            assert_eq!(error.unwrap().code(), "E306");
        }
    }
    assert!(bytes_of(&memory) == before, "written after all");
    resumed(&TODO, &memory).unwrap();
}

#[test]
fn a_state_that_is_still_in_memory_0_is_refused_too() {
    let memory = legacy_memory(&sample(20));
    let adopted = TODO.resume::<State, _>(memory.clone(), NOW).unwrap();
    assert_eq!(name_in(&memory).name(), Some("todo"));
    TODO.save(&adopted.managed, &adopted.state, NOW).unwrap();
    for error in [
        resumed(&WALLET, &memory).err(),
        WALLET.resume::<State, _>(memory.clone(), NOW).err(),
    ] {
        let text = error.unwrap().to_string();
        let told = "E306: the memory is that of the application \"todo\", and this is a release of \"wallet\"";
        assert!(text.starts_with(told), "{text}");
    }
    resumed(&TODO, &memory).unwrap();
}

#[test]
fn a_memory_without_a_name_takes_the_plans_and_keeps_it() {
    let memory = legacy_memory(&sample(20));
    resumed(&UNNAMED, &memory).unwrap();
    assert_eq!(name_in(&memory), Application::NONE);
    for _ in 0..2 {
        let (state, mut mover, _) = TODO.resume_tiered::<State, _>(memory.clone(), NOW).unwrap();
        assert_eq!(name_in(&memory).name(), Some("todo"));
        mover.save(&state, TODO.stamp(NOW)).unwrap();
        assert_eq!(name_in(&memory).name(), Some("todo"));
    }
}

#[test]
fn a_new_canister_has_the_name_from_the_start() {
    let memory = VectorMemory::default();
    TODO.begin_tiered(memory.clone(), &mut State::default(), NOW)
        .unwrap();
    assert_eq!(name_in(&memory).name(), Some("todo"));
}
