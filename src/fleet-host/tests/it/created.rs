//! Users that the index creates, and the survey that deals them out.

use canister_host::{HostConfig, Principal};
use canister_scenario::init_args;
use fleet_host::plan;
use serde_bytes::ByteBuf;
use user_index::api::plan::{Deal, Members, SurveyOf, SurveyStatus};
use user_index::api::users::{CreateUsers, UserInfo};

use crate::support::{LEGACY, TODAY, Twelve};

fn wanted(count: u32) -> CreateUsers {
    CreateUsers {
        count,
        module: plan::hash(&LEGACY),
        argument: ByteBuf::from(init_args()),
        cycles: 3_000_000_000_000,
        controllers: Vec::new(),
    }
}

#[test]
fn users_are_created_surveyed_and_brought_through() {
    let mut twelve = Twelve::uploaded(HostConfig::default());
    let fleet = &mut twelve.fleet;
    assert!(
        fleet
            .command::<Vec<Result<Principal, String>>>("create_users", (wanted(2),))
            .is_err()
    );
    fleet.upload("legacy", LEGACY.bytes()).unwrap();
    let created: Vec<Result<Principal, String>> =
        fleet.command("create_users", (wanted(9),)).unwrap();
    let created: Vec<Principal> = created.into_iter().map(|result| result.unwrap()).collect();
    let users: Vec<UserInfo> = fleet.query("users", (0u32, 100u32)).unwrap();
    let listed: Vec<Principal> = users.iter().map(|user| user.canister).collect();
    assert_eq!(listed, created);
    assert_eq!(users[3].module, Some(plan::hash(&LEGACY)));
    let page: Vec<UserInfo> = fleet.query("users", (4u32, 2u32)).unwrap();
    assert_eq!(page, &users[4..6]);
    for id in &created {
        assert_eq!(fleet.host.cycles(*id).unwrap(), 3_000_000_000_000);
        assert_eq!(fleet.host.module(*id).unwrap().hash(), LEGACY.hash());
    }

    let _: () = fleet.command("survey", (SurveyOf::Users,)).unwrap();
    let surveyed = |fleet: &mut fleet_host::FleetOnHost| {
        let status: SurveyStatus = fleet.query("survey_status", ())?;
        Ok(status.asked == status.canisters)
    };
    fleet.run_until(surveyed).unwrap();
    let deal = Deal {
        waves: vec![2],
        seed: 1,
        rehearsed: 0,
    };
    let plan = twelve.plan();
    twelve
        .fleet
        .set_plan(plan, Members::Surveyed(deal))
        .unwrap();
    twelve.fleet.begin().unwrap();
    let status = twelve.fleet.run_to_end().unwrap();
    let migrated: Vec<u32> = status.waves.iter().map(|wave| wave.migrated).collect();
    assert_eq!(migrated, [2, 7]);
    for id in &created {
        assert_eq!(twelve.fleet.host.module(*id).unwrap().hash(), TODAY.hash());
    }
}

#[test]
fn a_user_that_cannot_be_installed_is_in_the_list_and_told() {
    let mut twelve = Twelve::uploaded(HostConfig::default());
    let fleet = &mut twelve.fleet;
    fleet.upload("legacy", LEGACY.bytes()).unwrap();
    let mut bad = wanted(3);
    bad.argument = ByteBuf::from(b"DIDL\0\x01\x71\x02no");
    let created: Vec<Result<Principal, String>> = fleet.command("create_users", (bad,)).unwrap();
    assert_eq!(created.len(), 1);
    let error = created[0].clone().unwrap_err();
    assert!(error.contains("was created, and is empty"), "{error}");
    let users: Vec<UserInfo> = fleet.query("users", (0u32, 10u32)).unwrap();
    assert_eq!((users.len(), &users[0].module), (1, &None));
}
