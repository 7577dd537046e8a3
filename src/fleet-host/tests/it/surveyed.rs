//! What a survey finds out beside a canister's status.

use candid::Encode;
use canister_host::{CanisterSettings, HostConfig, InstallMode, Module, Principal};
use user_index::api::plan::{SurveyOf, SurveyStatus};

use crate::support::Twelve;

/// A registry that knows two subnets: canisters with an even number before the last byte of their ids are on the first.
fn registry() -> Module {
    #[derive(candid::CandidType)]
    struct Told {
        subnet_id: Option<Principal>,
    }
    let told = |subnet: u8| {
        let told = Told {
            subnet_id: Some(Principal::from_slice(&[subnet; 29])),
        };
        Encode!(&Ok::<_, String>(told)).unwrap()
    };
    let replies = [told(1), told(2)];
    let text =
        |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("\\{byte:02x}")).collect() };
    let length = replies[0].len();
    assert_eq!(length, replies[1].len());
    let wat = format!(
        r#"(module
          (import "ic0" "msg_arg_data_size" (func $size (result i32)))
          (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
          (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
          (import "ic0" "msg_reply" (func $reply))
          (memory 1)
          (data (i32.const 0) "{}")
          (data (i32.const 512) "{}")
          (func (export "canister_query get_subnet_for_canister")
            (call $copy (i32.const 1024) (i32.sub (call $size) (i32.const 3)) (i32.const 1))
            (call $append
              (i32.mul (i32.and (i32.load8_u (i32.const 1024)) (i32.const 1)) (i32.const 512))
              (i32.const {length}))
            (call $reply)))"#,
        text(&replies[0]),
        text(&replies[1]),
    );
    Module::new(&wat::parse_str(wat).unwrap()).unwrap()
}

fn surveyed(twelve: &mut Twelve) -> SurveyStatus {
    let of = SurveyOf::Canisters(twelve.users.clone());
    let fleet = &mut twelve.fleet;
    let _: () = fleet.command("survey", (of,)).unwrap();
    let status =
        |fleet: &mut fleet_host::FleetOnHost| fleet.query::<SurveyStatus>("survey_status", ());
    fleet
        .run_until(|fleet| status(fleet).map(|status| status.asked == status.canisters))
        .unwrap();
    status(fleet).unwrap()
}

#[test]
fn the_subnets_are_those_of_the_registry() {
    let mut twelve = Twelve::uploaded(HostConfig::default());
    let id = Principal::from_text("rwlgt-iiaaa-aaaaa-aaaaa-cai").unwrap();
    let host = &mut twelve.fleet.host;
    host.create_canister_with_id(id, CanisterSettings::default())
        .unwrap();
    host.install(
        id,
        InstallMode::Install,
        &registry(),
        &[],
        Principal::anonymous(),
    )
    .unwrap();
    let status = surveyed(&mut twelve);
    assert_eq!((status.failed, status.subnets), (0, 2));
}

#[test]
fn without_a_registry_all_are_taken_to_be_on_one() {
    let mut twelve = Twelve::uploaded(HostConfig::default());
    let status = surveyed(&mut twelve);
    assert_eq!(
        (status.canisters, status.failed, status.subnets),
        (12, 0, 0)
    );
}
