//! Canisters are created, set, asked about and deleted.

use candid::Nat;
use canister_host::{Change, DEFAULT_FREEZING_THRESHOLD, HostConfig, PAGE_SIZE, Prices, Principal};
use ic_management_canister_types::{
    CanisterIdRecord, CanisterInfoArgs, CanisterInfoResult, CanisterMetadataArgs,
    CanisterMetadataResult, CanisterSettings, ChangeDetails, ChangeOrigin, CreateCanisterArgs,
    EnvironmentVariable, UpdateSettingsArgs,
};

use super::support::*;
use crate::support::*;

fn create(it: &mut Orchestra, settings: Option<CanisterSettings>, cycles: u64) -> Principal {
    let args = CreateCanisterArgs {
        settings,
        sender_canister_version: None,
    };
    let created = it.ask_with("create_canister", (args,), cycles);
    let (CanisterIdRecord { canister_id },) = created.unwrap();
    canister_id
}

#[test]
fn a_canister_is_created_with_the_cycles_that_came_along_and_its_creator_as_controller() {
    let mut it = Orchestra::new();
    let before = it.host.cycles(it.id).unwrap();
    let id = create(&mut it, None, 7);
    assert_eq!(it.host.cycles(id).unwrap(), 7);
    assert_eq!(before - it.host.cycles(it.id).unwrap(), 7);
    let status = it.status(id);
    assert_eq!(status.settings.controllers, [it.id]);
    let threshold = Nat::from(DEFAULT_FREEZING_THRESHOLD);
    assert_eq!(status.settings.freezing_threshold, threshold);
    assert_eq!(status.module_hash, None);
    let history = it.host.history(id).unwrap();
    assert_eq!(history[0].by, Some(it.id));
    assert_eq!(history[0].change, Change::Created(vec![it.id]));
}

#[test]
fn creating_a_canister_costs_cycles_where_the_host_has_prices() {
    let mut it = Orchestra::with_config(HostConfig {
        prices: Some(Prices::default()),
        ..Default::default()
    });
    let id = create(&mut it, None, 500_000_000_007);
    assert_eq!(it.host.cycles(id).unwrap(), 7);
    let args = CreateCanisterArgs::default();
    let created = it.ask_with::<()>("create_canister", (args,), 499_999_999_999);
    assert_eq!(created.unwrap_err().0, 4);
}

#[test]
fn settings_are_changed_together_or_not_at_all() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    let version = it.status(id).version;
    let mut args = UpdateSettingsArgs {
        canister_id: id,
        settings: CanisterSettings {
            controllers: Some(vec![it.id, ME]),
            freezing_threshold: Some(5u64.into()),
            wasm_memory_limit: Some(PAGE_SIZE.into()),
            environment_variables: Some(vec![EnvironmentVariable {
                name: "A".to_owned(),
                value: "1".to_owned(),
            }]),
            ..Default::default()
        },
        sender_canister_version: None,
    };
    it.ask::<()>("update_settings", (args.clone(),)).unwrap();
    let status = it.status(id);
    assert_eq!(status.settings.controllers, [it.id, ME]);
    assert_eq!(status.settings.freezing_threshold, Nat::from(5u64));
    assert_eq!(status.settings.wasm_memory_limit, Nat::from(PAGE_SIZE));
    assert_eq!(status.settings.environment_variables[0].name, "A");
    assert_eq!(status.version, version + 1);

    args.settings.controllers = Some(vec![]);
    args.settings.compute_allocation = Some(101u64.into());
    let rejected = it.ask::<()>("update_settings", (args.clone(),));
    assert_eq!(rejected.unwrap_err().0, 5);
    assert_eq!(it.status(id).settings, status.settings);

    args.settings.compute_allocation = None;
    args.settings.controllers = Some(vec![ME; 11]);
    let rejected = it.ask::<()>("update_settings", (args,)).unwrap_err();
    assert!(rejected.1.contains("11 controllers"), "{}", rejected.1);
}

#[test]
fn a_status_tells_what_a_canister_is_and_takes() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    let status = it.status(id);
    let hash = counter().hash();
    assert_eq!(status.module_hash.as_deref(), Some(hash.as_slice()));
    assert_eq!(status.version, 1);
    assert_eq!(status.cycles, Nat::from(it.host.cycles(id).unwrap()));
    let memory = &status.memory_metrics;
    assert_eq!(memory.wasm_memory_size, Nat::from(PAGE_SIZE));
    assert_eq!(memory.stable_memory_size, Nat::from(PAGE_SIZE));
    let all = memory.wasm_memory_size.clone()
        + memory.stable_memory_size.clone()
        + memory.global_memory_size.clone()
        + memory.wasm_binary_size.clone()
        + memory.custom_sections_size.clone()
        + memory.wasm_chunk_store_size.clone()
        + memory.snapshots_size.clone();
    assert_eq!(status.memory_size, all);
    assert_eq!(it.host.memory_usage(id).unwrap(), all);
}

#[test]
fn a_canister_may_ask_for_its_own_status() {
    let mut it = Orchestra::new();
    let me = it.id;
    assert_eq!(it.status(me).settings.controllers, [ME]);
}

#[test]
fn anybody_may_ask_what_was_done_to_a_canister() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    it.ask::<()>("install_code", (upgrade(id, &counter(), &[]),))
        .unwrap();
    let info = |it: &mut Orchestra, num_requested_changes| {
        let args = CanisterInfoArgs {
            canister_id: id,
            num_requested_changes,
        };
        let (info,): (CanisterInfoResult,) =
            manage(&mut it.host, ME, "canister_info", (args,)).unwrap();
        info
    };
    let told = info(&mut it, Some(2));
    assert_eq!(told.total_num_changes, 3);
    assert_eq!(told.controllers, [it.id]);
    assert_eq!(told.recent_changes.len(), 2);
    let last = &told.recent_changes[1];
    assert!(matches!(&last.origin, ChangeOrigin::FromCanister(by) if by.canister_id == it.id));
    let Some(ChangeDetails::CodeDeployment(deployed)) = &last.details else {
        panic!("{last:?}")
    };
    assert_eq!(deployed.module_hash, counter().hash());
    assert_eq!(info(&mut it, None).recent_changes, []);
}

#[test]
fn a_public_section_is_for_everybody_and_a_private_one_for_controllers() {
    let mut it = Orchestra::new();
    let sections =
        r#"(memory 1) (@custom "icp:public a" "for all") (@custom "icp:private b" "for some")"#;
    let id = it.player(&module(sections));
    let controller = it.id;
    let mut read = |caller, name: &str| {
        let args = CanisterMetadataArgs {
            canister_id: id,
            name: name.to_owned(),
        };
        let told = manage(&mut it.host, caller, "canister_metadata", (args,));
        told.map(|(metadata,): (CanisterMetadataResult,)| metadata.value)
            .map_err(|reject| reject.error_code)
    };
    assert_eq!(read(ME, "a"), Ok(b"for all".to_vec()));
    assert_eq!(read(controller, "b"), Ok(b"for some".to_vec()));
    assert_eq!(read(ME, "b"), Err("IC0406"));
    assert_eq!(read(controller, "c"), Err("IC0406"));
}

#[test]
fn a_canister_is_deleted_once_it_has_stopped() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    let controller = it.id;
    let reject = manage::<()>(&mut it.host, controller, "delete_canister", about(id));
    assert_eq!(reject.unwrap_err().error_code, "IC0510");
    it.stop(id);
    it.ask::<()>("delete_canister", about(id)).unwrap();
    assert!(it.host.canisters().all(|other| other != id));
    let rejected = it.ask::<()>("canister_status", about(id)).unwrap_err();
    assert_eq!(rejected.0, 3);
}

#[test]
fn an_argument_that_cannot_be_read_is_rejected() {
    let mut it = Orchestra::new();
    for method in ["stop_canister", "install_code", "create_canister"] {
        let reject = manage::<()>(&mut it.host, ME, method, ("no record",)).unwrap_err();
        assert_eq!(reject.error_code, "IC0408", "{reject}");
    }
    // A record that is not known here, with more to skip than is skipped.
    let rejected = it.ask::<()>("stop_canister", ((vec!["x"; 5_000], 1),));
    assert_eq!(rejected.unwrap_err().0, 4);
    let reject = manage::<()>(&mut it.host, ME, "bitcoin_get_utxos", ()).unwrap_err();
    assert_eq!(reject.error_code, "IC0407");
}
