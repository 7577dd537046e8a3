//! Modules are installed by the management canister, whole and from chunks.

use std::time::Duration;

use canister_host::{Change, HostConfig, InstallMode, Prices, Principal};
use ic_management_canister_types::{
    CanisterInstallMode, ChunkHash, InstallChunkedCodeArgs, InstallCodeArgs, UninstallCodeArgs,
    UploadChunkArgs,
};
use sha2::{Digest, Sha256};

use super::support::*;
use crate::support::*;

fn count(it: &mut Orchestra, id: Principal) -> Vec<u8> {
    it.host.update(id, ME, "count", &[]).unwrap().bytes
}

#[test]
fn an_upgrade_keeps_stable_memory_and_begins_a_new_heap() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    assert_eq!(count(&mut it, id), [1, 1]);
    it.ask::<()>("install_code", (upgrade(id, &counter(), &[]),))
        .unwrap();
    assert_eq!(count(&mut it, id), [2, 1]);
    let last = it.host.history(id).unwrap().last().unwrap().clone();
    assert_eq!(last.by, Some(it.id));
    let Change::Installed {
        mode,
        module_hash,
        instructions,
    } = last.change
    else {
        panic!("{last:?}")
    };
    assert_eq!((mode, module_hash), (UPGRADE, counter().hash()));
    assert!(instructions > counter_cost());
}

#[test]
fn a_hook_that_traps_rejects_the_call_and_leaves_the_canister_as_it_was() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    count(&mut it, id);
    let changes = it.host.history(id).unwrap().len();
    let args = upgrade(id, &counter(), &[1]);
    let (code, message) = it.ask::<()>("install_code", (args,)).unwrap_err();
    assert_eq!(code, 5);
    assert!(message.contains("unreachable"), "{message}");
    assert_eq!(count(&mut it, id), [2, 2]);
    assert_eq!(it.host.history(id).unwrap().len(), changes);
}

#[test]
fn what_cannot_be_installed_is_rejected_as_on_the_network() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    let controller = it.id;
    let mut refused = |caller, args: InstallCodeArgs| {
        let rejected = manage::<()>(&mut it.host, caller, "install_code", (args,));
        rejected.unwrap_err().error_code
    };
    let good = upgrade(id, &counter(), &[]);
    assert_eq!(refused(ME, good.clone()), "IC0512");
    let install = InstallCodeArgs {
        mode: CanisterInstallMode::Install,
        ..good.clone()
    };
    assert_eq!(refused(controller, install), "IC0514");
    let no_module = InstallCodeArgs {
        wasm_module: vec![1, 2, 3],
        ..good.clone()
    };
    assert_eq!(refused(controller, no_module), "IC0505");
    let nobody = InstallCodeArgs {
        canister_id: ME,
        ..good
    };
    assert_eq!(refused(controller, nobody), "IC0301");
}

fn upload(it: &mut Orchestra, canister_id: Principal, chunk: &[u8]) -> ChunkHash {
    let chunk = chunk.to_vec();
    let args = UploadChunkArgs { canister_id, chunk };
    let (hash,): (ChunkHash,) = it.ask("upload_chunk", (args,)).unwrap();
    hash
}

#[test]
fn a_module_is_installed_from_the_chunks_of_the_canister_that_asks() {
    let mut it = Orchestra::new();
    let id = it.player(&forwarder());
    let store = it.id;
    let module = counter();
    let (front, back) = module.bytes().split_at(module.bytes().len() / 2);
    let hashes = vec![upload(&mut it, store, front), upload(&mut it, store, back)];
    let (mut stored,): (Vec<ChunkHash>,) = it.ask("stored_chunks", about(store)).unwrap();
    stored.sort_by_key(|chunk| hashes.iter().position(|hash| hash == chunk));
    assert_eq!(stored, hashes);

    let args = InstallChunkedCodeArgs {
        mode: CanisterInstallMode::Reinstall,
        target_canister: id,
        store_canister: Some(store),
        chunk_hashes_list: hashes,
        wasm_module_hash: Sha256::digest(module.bytes()).to_vec(),
        arg: vec![],
        sender_canister_version: None,
    };
    it.ask::<()>("install_chunked_code", (args.clone(),))
        .unwrap();
    assert_eq!(count(&mut it, id), [1, 1]);

    let turned = InstallChunkedCodeArgs {
        chunk_hashes_list: args.chunk_hashes_list.iter().rev().cloned().collect(),
        ..args.clone()
    };
    let elsewhere = InstallChunkedCodeArgs {
        store_canister: None,
        ..args.clone()
    };
    for wrong in [turned, elsewhere] {
        let rejected = it.ask::<()>("install_chunked_code", (wrong,));
        let (code, message) = rejected.unwrap_err();
        assert_eq!(code, 5);
        assert!(message.contains("chunk store"), "{message}");
    }
    it.ask::<()>("clear_chunk_store", about(store)).unwrap();
    it.ask::<()>("install_chunked_code", (args,)).unwrap_err();
}

#[test]
fn an_argument_of_ten_megabytes_is_read() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    let (controller, large) = (it.id, vec![0; 10_000_000]);
    let args = (upgrade(id, &counter(), &large),);
    let rejected = manage::<()>(&mut it.host, controller, "install_code", args);
    assert_eq!(rejected.unwrap_err().error_code, "IC0502", "a hook trapped");
}

#[test]
fn the_chunks_of_a_canister_are_for_itself_and_its_controllers() {
    let mut it = Orchestra::new();
    let (store, id) = (it.id, it.player(&counter()));
    let hash = upload(&mut it, store, counter().bytes());
    let stranger = it.player(&forwarder());
    let args = InstallChunkedCodeArgs {
        mode: CanisterInstallMode::Reinstall,
        target_canister: id,
        store_canister: Some(store),
        chunk_hashes_list: vec![hash.clone()],
        wasm_module_hash: hash.hash,
        arg: vec![],
        sender_canister_version: None,
    };
    it.host.set_controllers(id, vec![stranger]).unwrap();
    let method = "install_chunked_code";
    let reject = manage::<()>(&mut it.host, stranger, method, (args.clone(),)).unwrap_err();
    assert_eq!(reject.error_code, "IC0512");
    it.host.set_controllers(store, vec![stranger]).unwrap();
    manage::<()>(&mut it.host, stranger, method, (args,)).unwrap();
}

#[test]
fn a_chunk_has_a_megabyte_at_most_and_a_store_a_hundred_chunks() {
    let mut it = Orchestra::new();
    let store = it.id;
    let mut try_upload = |chunk: Vec<u8>| {
        let args = UploadChunkArgs {
            canister_id: store,
            chunk,
        };
        manage::<(ChunkHash,)>(&mut it.host, store, "upload_chunk", (args,)).map(|_| ())
    };
    try_upload(vec![0; 1 << 20]).unwrap();
    let reject = try_upload(vec![0; (1 << 20) + 1]).unwrap_err();
    assert_eq!(reject.error_code, "IC0504");
    for n in 1..100 {
        try_upload(vec![n]).unwrap();
    }
    try_upload(vec![1]).unwrap();
    try_upload(vec![100]).unwrap_err();
    assert_eq!(it.host.memory_usage(store).unwrap() >> 20, 104);
}

#[test]
fn a_canister_that_is_uninstalled_is_empty_and_gives_up_its_calls() {
    let mut it = Orchestra::new();
    let id = it.player(&forwarder());
    let held = it.keep_busy(id, 1);
    let cycles = it.host.cycles(id).unwrap();
    let stop = it.begin("stop_canister", about(id));
    let args = UninstallCodeArgs {
        canister_id: id,
        sender_canister_version: None,
    };
    it.ask::<()>("uninstall_code", (args,)).unwrap();
    let reject = it.host.take_answer(held).unwrap().unwrap_err();
    assert!(reject.message.contains("uninstalled"), "{reject}");
    assert_eq!(it.ended(stop), Some(Ok(())), "nothing is left to wait for");
    it.start(id);
    assert_eq!(it.status(id).module_hash, None);
    assert_eq!(it.host.cycles(id).unwrap(), cycles);
    let reject = it.host.update(id, ME, "hold", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0537");
    let last = it.host.history(id).unwrap().last().unwrap();
    assert_eq!(last.change, Change::Uninstalled);
}

#[test]
fn an_installation_leaves_a_debit_for_the_next_one() {
    let mut it = Orchestra::with_config(HostConfig {
        install_rate: Some(1_000),
        ..Default::default()
    });
    let id = it.player(&counter());
    it.host.pass_rounds(1_000_000);
    let args = upgrade(id, &counter(), &[]);
    it.ask::<()>("install_code", (args.clone(),)).unwrap();
    let controller = it.id;
    let reject = manage::<()>(&mut it.host, controller, "install_code", (args.clone(),));
    assert_eq!(reject.unwrap_err().error_code, "IC0209");
    let (code, message) = it.ask::<()>("install_code", (args.clone(),)).unwrap_err();
    assert_eq!(code, 2);
    assert!(
        message.contains("CanisterInstallCodeRateLimited"),
        "{message}"
    );
    let rounds = it.host.rounds_until_install(id).unwrap();
    it.host.pass_rounds(rounds);
    it.ask::<()>("install_code", (args,)).unwrap();
}

#[test]
fn an_installation_wants_the_cycles_for_its_limit() {
    let mut it = Orchestra::with_config(HostConfig {
        prices: Some(Prices::default()),
        ..Default::default()
    });
    let poor = it.host.create_canister(canister_host::CanisterSettings {
        controllers: vec![it.id],
        cycles: 300_000_000_000,
        ..Default::default()
    });
    let args = InstallCodeArgs {
        mode: CanisterInstallMode::Install,
        ..upgrade(poor, &counter(), &[])
    };
    let controller = it.id;
    let reject = manage::<()>(&mut it.host, controller, "install_code", (args.clone(),));
    assert_eq!(reject.unwrap_err().error_code, "IC0207");
    it.ask_with::<()>("deposit_cycles", about(poor), 50_000_000_000)
        .unwrap();
    it.ask::<()>("install_code", (args,)).unwrap();
}

#[test]
fn installations_take_rounds_one_after_the_other_on_a_subnet() {
    let round = Duration::from_secs(1);
    let mut it = Orchestra::with_config(HostConfig {
        round: Some(round),
        // What compiling it takes, four times a second.
        install_rate: Some(counter_cost() / 4),
        ..Default::default()
    });
    let ids = [it.player(&counter()), it.player(&counter())];
    it.host.pass_rounds(1_000_000);
    let calls = ids.map(|id| {
        let args = upgrade(id, &counter(), &[]);
        it.begin("install_code", (args,))
    });
    let mut seconds = [0; 2];
    for second in 1..=12 {
        it.host.advance_time(round);
        it.host.tick();
        for (call, ended) in calls.into_iter().zip(&mut seconds) {
            if it.ended(call).is_some() {
                *ended = second;
            }
        }
    }
    assert!((4..=5).contains(&seconds[0]), "{seconds:?}");
    assert_eq!(seconds[1], 2 * seconds[0]);
}

#[test]
fn a_clock_that_is_set_back_keeps_no_installation_from_being_answered() {
    for round in [None, Some(Duration::from_nanos(1))] {
        let mut it = Orchestra::with_config(HostConfig {
            round,
            ..Default::default()
        });
        let id = it.player(&counter());
        for time in [42, 7] {
            it.host.set_time(time);
            let call = it.begin("install_code", (upgrade(id, &counter(), &[]),));
            let step = Duration::from_secs(1);
            let answer = it.host.run_until_answered(call, step, 1);
            assert!(answer.is_some(), "{round:?} {time}");
        }
    }
}

#[test]
fn a_debit_falls_with_the_clock_once_the_installation_is_over() {
    let round = Duration::from_secs(1);
    let mut it = Orchestra::with_config(HostConfig {
        round: Some(round),
        install_rate: Some(counter_cost() / 4),
        ..Default::default()
    });
    let id = it.player(&counter());
    it.host.pass_rounds(1_000_000);
    let call = it.begin("install_code", (upgrade(id, &counter(), &[]),));
    let rounds = it.host.rounds_until_install(id).unwrap();
    it.host.advance_time(round * rounds as u32);
    it.host.tick();
    assert_eq!(it.ended(call), Some(Ok(())));
    assert_eq!(it.host.rounds_until_install(id).unwrap(), rounds);
    it.host.advance_time(round * (rounds as u32 - 1));
    it.host.tick();
    assert_eq!(it.host.rounds_until_install(id).unwrap(), 1);
    it.host.advance_time(round);
    assert_eq!(it.host.rounds_until_install(id).unwrap(), 0);
}

#[test]
fn the_clock_can_be_moved_until_a_call_is_answered() {
    let round = Duration::from_secs(1);
    let mut it = Orchestra::with_config(HostConfig {
        round: Some(round),
        ..Default::default()
    });
    let id = it.player(&counter());
    let began = it.host.time();
    let call = it.begin("install_code", (upgrade(id, &counter(), &[]),));
    assert_eq!(it.host.run_until_answered(call, round, 0), None);
    let answer = it.host.run_until_answered(call, round, 10).unwrap();
    assert_eq!(answer.unwrap()[0], 0, "it was not rejected");
    assert_eq!(it.host.time() - began, 1_000_000_000);
    assert_eq!(it.host.run_until_answered(call, round, 2), None, "taken");
}

#[test]
fn a_call_that_needs_the_clock_says_so() {
    let mut it = Orchestra::with_config(HostConfig {
        round: Some(Duration::from_secs(1)),
        ..Default::default()
    });
    let id = it.player(&counter());
    let args = candid::encode_args((upgrade(id, &counter(), &[]),)).unwrap();
    let controller = it.id;
    let management = Principal::management_canister();
    let method = "install_code";
    let reject = it.host.call(management, controller, method, &args);
    let reject = reject.unwrap_err();
    assert!(reject.message.contains("clock"), "{reject}");
}

/// The instructions an installation of the counter is charged.
fn counter_cost() -> u64 {
    let mut host = canister_host::Host::new();
    let id = host.create_canister(Default::default());
    let report = host.install(id, InstallMode::Install, &counter(), &[], ME);
    report.unwrap().compile_instructions
}
