//! A plan that could not be kept is refused where it is made, with words that say why.

use fleet::{Fleet, Head, Member, ModuleHash, Plan, PlanError, Record, Snapshots, Stage, WayBack};
use ic_principal::Principal;

fn module(number: u8) -> ModuleHash {
    ModuleHash([number; 32])
}

fn stage(name: &str, to: u8, from: &[u8]) -> Stage {
    Stage {
        name: name.to_owned(),
        module: module(to),
        from: from.iter().map(|number| module(*number)).collect(),
        moves: true,
    }
}

fn member(number: u8, wave: u16) -> Member {
    Member {
        id: Principal::from_slice(&[number]),
        subnet: 0,
        wave,
        rehearse: false,
    }
}

fn sound() -> Plan {
    Plan::careful(vec![stage("adopt", 2, &[0, 1]), stage("move", 3, &[7])])
}

#[test]
fn a_sound_plan_finds_the_next_stage_of_every_module_it_names() {
    let plan = sound();
    assert_eq!(plan.check(), Ok(()));
    let next = |number| plan.next_stage(module(number));
    assert_eq!(
        [next(0), next(1), next(2), next(7), next(3)],
        [0, 0, 1, 1, 2].map(Some)
    );
    assert_eq!(next(9), None);
}

#[test]
fn stages_that_leave_the_route_open_are_refused() {
    let refused = |stages| Plan::careful(stages).check().unwrap_err();
    assert_eq!(refused(vec![]), PlanError::Stages(0));
    assert_eq!(
        refused(vec![stage("adopt", 2, &[])]),
        PlanError::NoOrigin("adopt".to_owned())
    );
    assert_eq!(
        refused(vec![stage("adopt", 2, &[0]), stage("again", 2, &[])]),
        PlanError::TwoStages(module(2))
    );
    let two = refused(vec![stage("adopt", 2, &[0]), stage("move", 3, &[0])]);
    assert!(matches!(two, PlanError::TwoRoutes(..)), "{two}");
    let backwards = refused(vec![stage("adopt", 2, &[3]), stage("move", 3, &[])]);
    assert!(matches!(backwards, PlanError::TwoRoutes(..)), "{backwards}");
}

#[test]
fn a_way_back_that_the_plan_does_not_prepare_is_refused() {
    let mut plan = sound();
    plan.snapshots = Snapshots::Never;
    assert_eq!(plan.check(), Err(PlanError::NoSnapshot));
    plan.way_back = WayBack::Releases(Vec::new());
    assert_eq!(plan.check(), Err(PlanError::NoReleaseBack));
    plan.way_back = WayBack::Releases(vec![module(8)]);
    assert_eq!(plan.check(), Ok(()));
}

#[test]
fn limits_of_nothing_are_refused() {
    let mut plan = sound();
    plan.limits.installs_per_subnet = 0;
    assert_eq!(
        plan.check(),
        Err(PlanError::Nothing("installations on a subnet"))
    );
}

#[test]
fn a_list_with_a_canister_twice_or_a_wave_without_canisters_is_refused() {
    let twice = Fleet::new(sound(), vec![member(1, 0), member(1, 0)]);
    assert_eq!(
        twice.unwrap_err(),
        PlanError::Twice(Principal::from_slice(&[1]))
    );
    let gap = Fleet::new(sound(), vec![member(1, 0), member(2, 2)]);
    assert_eq!(gap.unwrap_err(), PlanError::EmptyWave(1));
    let others = Fleet::restore(sound(), vec![member(1, 0)], Vec::new(), Head::default());
    assert_eq!(
        others.unwrap_err(),
        PlanError::Records {
            records: 0,
            members: 1
        }
    );
}

#[test]
fn what_is_kept_of_a_canister_is_small() {
    // A hundred thousand of them are held by a canister.
    assert!(size_of::<Record>() <= 320, "{} bytes", size_of::<Record>());
    assert!(size_of::<Member>() <= 40, "{} bytes", size_of::<Member>());
}
