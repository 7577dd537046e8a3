//! What the index refuses, and that it costs little to ask for it.

use canister_host::HostConfig;
use fleet_host::{FleetError, plan, waves};
use serde_bytes::ByteBuf;
use user_index::api::plan::{Deal, GivenMember, Members, SurveyOf};
use user_index::api::status::CanisterStatus;
use user_index::api::views::{LimitsArg, PlanArgs, WayBackArg};

use crate::support::{Twelve, USERS};

fn words<T: std::fmt::Debug>(result: Result<T, FleetError>) -> String {
    match result {
        Err(FleetError::Refused(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn refused(change: impl FnOnce(&mut PlanArgs, &mut Members)) -> String {
    let mut twelve = Twelve::uploaded(HostConfig::default());
    let mut plan = twelve.plan();
    let mut members = waves(&twelve.users, &[1]);
    change(&mut plan, &mut members);
    words(twelve.fleet.set_plan(plan, members))
}

#[test]
fn a_plan_that_cannot_be_run_is_refused_in_words() {
    let rehearsed = refused(|_, members| {
        if let Members::Given(given) = members {
            given[0].rehearse = true;
        }
    });
    assert!(rehearsed.contains("stable-migrate fleet"), "{rehearsed}");
    let dealt = refused(|_, members| {
        *members = Members::Surveyed(Deal {
            waves: vec![],
            seed: 0,
            rehearsed: 3,
        });
    });
    assert_eq!(dealt, rehearsed);
    let unknown = refused(|plan, _| plan.stages[1].module = "ab".repeat(32));
    assert!(unknown.contains("upload it first"), "{unknown}");
    let no_hash = refused(|plan, _| plan.stages[1].module = "release 2".to_owned());
    assert!(no_hash.contains("64 hexadecimal digits"), "{no_hash}");
    let back = refused(|plan, _| plan.way_back = Some(WayBackArg::Releases(vec![])));
    assert!(back.contains("list of releases"), "{back}");
    let calls = refused(|plan, _| {
        plan.limits = Some(LimitsArg {
            open: 1_000,
            stopped_per_subnet: 9,
            installs_per_subnet: 9,
            calls: 500,
        });
    });
    assert!(calls.contains("400"), "{calls}");
    let twice = refused(|_, members| {
        if let Members::Given(given) = members {
            given[1] = GivenMember { ..given[0].clone() };
        }
    });
    assert!(twice.contains("twice"), "{twice}");
    let no_survey = refused(|_, members| {
        *members = Members::Surveyed(Deal {
            waves: vec![1],
            seed: 0,
            rehearsed: 0,
        });
    });
    assert!(no_survey.contains("no survey"), "{no_survey}");
}

#[test]
fn commands_that_do_not_fit_are_refused_and_change_nothing() {
    let mut twelve = Twelve::uploaded(HostConfig::default());
    let fleet = &mut twelve.fleet;
    assert!(words(fleet.begin()).contains("no plan"));
    assert!(words(fleet.control("pause")).contains("no plan"));
    let plan = twelve.plan();
    twelve.set(plan.clone());
    let fleet = &mut twelve.fleet;
    let unknown = words(fleet.control_one("exclude", fleet.index));
    assert!(unknown.contains("not in the plan"), "{unknown}");
    let class = words(fleet.command::<()>("retry_class", ("unlucky",)));
    assert!(class.contains("no class"), "{class}");
    fleet.begin().unwrap();
    assert!(words(fleet.begin()).contains("already"));
    let members = waves(&twelve.users, &[]);
    assert!(words(twelve.fleet.set_plan(plan, members)).contains("under way"));
    let cleared = words(twelve.fleet.command::<()>("clear_modules", ()));
    assert!(cleared.contains("under way"), "{cleared}");
    twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.there(), USERS);
    let _: () = twelve.fleet.command("clear_modules", ()).unwrap();
}

#[test]
fn a_module_is_what_was_uploaded_or_nothing() {
    let mut twelve = Twelve::uploaded(HostConfig::default());
    let fleet = &mut twelve.fleet;
    let mut upload = |number: u32, bytes: &[u8]| {
        fleet.command::<u32>("upload_module_chunk", (number, ByteBuf::from(bytes)))
    };
    assert_eq!(upload(0, b"one").unwrap(), 1);
    assert!(words(upload(2, b"three")).contains("1 is the next"));
    assert!(words(upload(1, &[])).contains("1 to"));
    assert!(words(upload(1, &vec![0; (1 << 20) + 1])).contains("1 to"));
    assert_eq!(upload(1, b"two").unwrap(), 2);
    let named = |fleet: &mut fleet_host::FleetOnHost, hash: &str| {
        fleet.command::<user_index::api::modules::ModuleInfo>("finish_module", ("a", hash))
    };
    assert!(words(named(fleet, &"00".repeat(32))).contains("6 bytes"));
    let hash = fleet::ModuleHash::of(b"onetwo").to_string();
    let module = named(fleet, &hash).unwrap();
    assert_eq!((module.bytes, module.chunks, &module.hash), (6, 2, &hash));
    assert!(words(named(fleet, &hash)).contains("0 bytes"));
}

#[test]
fn pages_and_lists_are_bounded() {
    let mut twelve = Twelve::planned();
    let fleet = &mut twelve.fleet;
    let all: Vec<CanisterStatus> = fleet.query("canisters", (0u32, u32::MAX)).unwrap();
    assert_eq!(all.len(), USERS);
    let none: Vec<CanisterStatus> = fleet.query("canisters", (u32::MAX, u32::MAX)).unwrap();
    assert!(none.is_empty());
    let empty = SurveyOf::Canisters(Vec::new());
    assert!(words(fleet.command::<()>("survey", (empty,))).contains("1 to"));
    assert_eq!(plan::hash(&crate::support::LEGACY).len(), 64);
}
