use std::ffi::OsString;
use std::path::{Path, PathBuf};

use canister_host::{Host, HostConfig, LoneCanister, Module, Principal};
use stable_migrate::{
    Content, Depth, Layout, NO_ARGUMENT, STEP_METHOD, SnapshotDir, Survey, of_directory,
    write_snapshot,
};

use super::programs::{FORGETS, KEEPS, TRAPS, module_file, snapshot};
use super::releases::{Subject, TINY, built, module_path};
use super::run::{Ran, names, stable_migrate};

fn upgrade(from: &Path, to: &Path, module: &Path, options: &[&str]) -> Ran {
    let mut arguments: Vec<OsString> = vec!["upgrade".into(), from.into(), "-o".into(), to.into()];
    arguments.extend(["--wasm".into(), module.into()]);
    arguments.extend(options.iter().map(OsString::from));
    stable_migrate(arguments)
}

fn compact(from: &Path, to: &Path) -> String {
    stable_migrate([
        "compact".as_ref(),
        from.as_os_str(),
        "-o".as_ref(),
        to.as_os_str(),
    ])
    .ok()
}

fn survey(path: &Path) -> Survey {
    let directory = SnapshotDir::open(path).unwrap();
    let survey = Survey::of(directory.stable(), Depth::Everything, &mut |_| {}).unwrap();
    assert_eq!(survey.damages, [""; 0]);
    survey
}

fn stable_pages(path: &Path) -> u64 {
    survey(path).stable_pages
}

/// The collections of a canister that has moved them, with their digests.
fn collections(path: &Path) -> Vec<(u8, u64, String)> {
    let Layout::Managed(managed) = survey(path).layout else {
        panic!("there is no manager");
    };
    let Content::SavedState(state) = &managed.memories[0].content else {
        panic!("there is no header");
    };
    let journal = state.journal.as_ref().unwrap();
    assert_eq!(journal.phase, "done");
    let told = journal.collections.iter();
    told.map(|found| (found.memory, found.entries, found.digest.clone()))
        .collect()
}

#[test]
fn a_snapshot_that_is_restored_and_taken_again_is_the_same() {
    for release in 0..3 {
        let Some(mut subject) = Subject::new(release) else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let first = subject.save(dir.path(), "first");
        let mut again = Subject::restored(&first);
        let second = again.save(dir.path(), "second");
        for name in ["wasm_module.bin", "wasm_memory.bin", "stable_memory.bin"] {
            let bytes = |path: &PathBuf| std::fs::read(path.join(name)).unwrap();
            assert!(
                bytes(&first) == bytes(&second),
                "{name} of release {release}"
            );
        }
        let one = of_directory(&SnapshotDir::open(&first).unwrap()).unwrap();
        let two = of_directory(&SnapshotDir::open(&second).unwrap()).unwrap();
        assert_eq!(one.globals, two.globals);
        assert_eq!(one.global_timer, two.global_timer);
        assert_eq!(one.certified_data, two.certified_data);
    }
}

#[test]
fn a_compacted_canister_goes_on_as_if_nothing_had_happened() {
    for release in [1, 2] {
        let Some(mut subject) = Subject::new(release) else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let from = subject.save(dir.path(), "snapshot");
        let to = dir.path().join("compact");
        compact(&from, &to);
        assert!(stable_pages(&to) <= stable_pages(&from));

        let mut compacted = Subject::restored(&to);
        let interview = subject.interview();
        assert_eq!(
            subject
                .answers(&interview)
                .first_difference(&compacted.answers(&interview)),
            None
        );
        for canister in [&mut subject, &mut compacted] {
            canister.use_it(60);
            canister.pass_a_minute();
            canister.upgrade(2);
            canister.use_it(61);
            canister.pass_a_minute();
            canister.upgrade(2);
        }
        let interview = subject.interview();
        assert_eq!(
            subject
                .answers(&interview)
                .first_difference(&compacted.answers(&interview)),
            None
        );
    }
}

/// A canister of release 2 whose collections moved in steps of three entries and were written to since: its map has nodes
/// that are half empty. What the heap has is saved.
fn loose() -> Option<Subject> {
    module_path(TINY)?;
    let mut subject = Subject::new(1)?;
    subject.upgrade(TINY);
    subject.pass_seconds(600);
    subject.use_it(700);
    subject.upgrade(2);
    Some(subject)
}

/// Uses both canisters, upgrades them on the way, and compares what they say in the end.
fn assert_they_go_on_alike(one: &mut Subject, other: &mut Subject) {
    for canister in [&mut *one, &mut *other] {
        canister.use_it(80);
        canister.pass_a_minute();
        canister.upgrade(2);
        canister.use_it(81);
    }
    let interview = one.interview();
    assert_eq!(
        one.answers(&interview)
            .first_difference(&other.answers(&interview)),
        None
    );
}

#[test]
fn a_canister_whose_maps_were_written_anew_answers_and_writes_as_before() {
    let (Some(mut subject), Some(module)) = (loose(), module_path(2)) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let from = subject.save(dir.path(), "snapshot");
    let to = dir.path().join("repacked");
    let repack = |options: &[&str]| {
        let fixed = ["compact".as_ref(), from.as_os_str(), "-o".as_ref()];
        let fixed = fixed
            .into_iter()
            .chain([to.as_os_str(), "--repack".as_ref()]);
        stable_migrate(fixed.chain(options.iter().map(AsRef::as_ref)))
    };
    let refusal = repack(&[]).refusal();
    assert!(refusal.contains("upgrade --repack"), "{refusal}");
    let text = repack(&["--skip-pre-upgrade"]).ok();
    assert!(text.contains("memory 100     written anew, "), "{text}");
    assert!(stable_pages(&to) < stable_pages(&from));
    assert_eq!(collections(&to), collections(&from));

    let mut repacked = Subject::restored(&to);
    let module = Module::new(&std::fs::read(module).unwrap()).unwrap();
    let without_pre_upgrade = true;
    repacked
        .lone
        .upgrade(
            &module,
            &canister_scenario::upgrade_args(),
            without_pre_upgrade,
        )
        .unwrap();
    assert_they_go_on_alike(&mut subject, &mut repacked);
}

#[test]
fn an_offline_upgrade_writes_maps_anew_where_it_is_asked_to() {
    let (Some(mut subject), Some(module)) = (loose(), module_path(2)) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let from = subject.save(dir.path(), "snapshot");
    let to = dir.path().join("repacked");
    let options = ["--arg", "(record {})", "--repack"];
    upgrade(&from, &to, &module, &options).ok();
    assert!(stable_pages(&to) < stable_pages(&from));
    assert_eq!(collections(&to), collections(&from));
    subject.upgrade(2);
    let mut offline = Subject::restored(&to);
    offline.lone.host.set_time(subject.lone.host.time());
    assert_they_go_on_alike(&mut subject, &mut offline);
}

#[test]
fn a_canister_in_the_middle_of_its_migration_is_compacted_too() {
    let (Some(mut subject), Some(_)) = (Subject::new(1), module_path(TINY)) else {
        return;
    };
    subject.upgrade(TINY);
    subject.pass_seconds(10);
    subject.use_it(20);
    let dir = tempfile::tempdir().unwrap();
    let from = subject.save(dir.path(), "snapshot");
    let to = dir.path().join("compact");
    compact(&from, &to);
    let mut compacted = Subject::restored(&to);
    for canister in [&mut subject, &mut compacted] {
        canister.use_it(30);
        canister.pass_seconds(10);
        canister.upgrade(TINY);
        canister.use_it(31);
        // Far more than the rest of the move takes in steps of three entries.
        canister.pass_seconds(600);
    }
    let on_chain = collections(&subject.save(dir.path(), "end"));
    let from_compacted = collections(&compacted.save(dir.path(), "end-of-compacted"));
    assert_eq!(on_chain, from_compacted);
    let interview = subject.interview();
    assert_eq!(
        subject
            .answers(&interview)
            .first_difference(&compacted.answers(&interview)),
        None
    );
}

#[test]
fn an_offline_upgrade_gives_the_answers_of_one_on_chain() {
    let Some(module) = module_path(2) else { return };
    for release in [0, 1] {
        let Some(mut subject) = Subject::new(release) else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let from = subject.save(dir.path(), "snapshot");
        let to = dir.path().join("upgraded");
        let text = upgrade(
            &from,
            &to,
            &module,
            &["--arg", "(record {})", "--canister", "me"],
        )
        .ok();
        for part in [
            "the same after the upgrade",
            "the same after an upgrade after compacting",
            "the same of what was written",
            "CANISTER=me FROM=",
            "dfx canister snapshot load \"$CANISTER\" \"$UPLOADED\"",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        subject.upgrade(2);
        subject.pass_a_minute();
        let mut offline = Subject::restored(&to);
        offline.lone.host.set_time(subject.lone.host.time());
        let interview = subject.interview();
        assert_eq!(
            subject
                .answers(&interview)
                .first_difference(&offline.answers(&interview)),
            None
        );
        let on_chain = subject.save(dir.path(), "on-chain");
        let digests = collections(&on_chain);
        assert!(
            digests.iter().any(|(_, entries, _)| *entries > 0),
            "{digests:?}"
        );
        assert_eq!(digests, collections(&to));
        assert!(stable_pages(&to) <= stable_pages(&on_chain));
        assert_eq!(names(dir.path()), ["on-chain", "snapshot", "upgraded"]);
        for canister in [&mut subject, &mut offline] {
            canister.use_it(50);
            canister.upgrade(2);
        }
        let interview = subject.interview();
        assert_eq!(
            subject
                .answers(&interview)
                .first_difference(&offline.answers(&interview)),
            None
        );
    }
}

#[test]
fn a_canister_without_a_manager_is_upgraded_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path());
    let keeps = module_file(dir.path(), "keeps.wasm", KEEPS);
    let to = dir.path().join("upgraded");
    let text = upgrade(&from, &to, &keeps, &[]).ok();
    assert!(
        text.contains("1 of 1 the same of what was written"),
        "{text}"
    );
    assert!(!text.contains("buckets"), "{text}");
    assert_eq!(names(dir.path()), ["keeps.wasm", "snapshot", "upgraded"]);
}

#[test]
fn nothing_is_written_if_an_answer_is_lost_or_the_upgrade_fails() {
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path());
    let forgets = module_file(dir.path(), "forgets.wasm", FORGETS);
    let traps = module_file(dir.path(), "traps.wasm", TRAPS);
    let to = dir.path().join("upgraded");
    let ran = upgrade(&from, &to, &forgets, &[]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("DIFFERENT"), "{}", ran.stdout);
    assert!(ran.stderr.contains("nothing was written"), "{}", ran.stderr);
    let trapped = upgrade(&from, &to, &traps, &["--json"]);
    assert_eq!(trapped.status, 1);
    let json: serde_json::Value = serde_json::from_str(&trapped.stdout).unwrap();
    let upgrade_of = &json["upgrades"][0][1];
    assert_eq!(upgrade_of["failed"]["hook"], "post_upgrade");
    assert_eq!(upgrade_of["hooks"][0]["name"], "pre_upgrade");
    assert_eq!(
        names(dir.path()),
        ["forgets.wasm", "snapshot", "traps.wasm"]
    );
    std::fs::create_dir(&to).unwrap();
    assert!(
        upgrade(&from, &to, &traps, &[])
            .refusal()
            .contains("exists already")
    );
}

#[test]
fn a_module_with_the_library_has_a_method_for_one_step_of_its_move() {
    let (Some(old), Some(new)) = (built("todo-release-0"), built("todo-release-2")) else {
        return;
    };
    let me = Principal::anonymous();
    let mut lone =
        LoneCanister::install(HostConfig::default(), None, me, &old, NO_ARGUMENT).unwrap();
    let milk = candid::encode_args(("milk",)).unwrap();
    lone.update(me, "add", &milk).unwrap();
    lone.upgrade(&new, NO_ARGUMENT, false).unwrap();
    let LoneCanister { mut host, id, .. } = lone;
    let stranger = Principal::management_canister();
    let refused = host.call(id, stranger, STEP_METHOD, NO_ARGUMENT);
    let refused = refused.unwrap_err().message;
    assert!(refused.contains("only a controller"), "{refused}");

    let before = host.take_snapshot(id).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let phase = |host: &mut Host, name: &str| {
        let path = dir.path().join(name);
        write_snapshot(&host.take_snapshot(id).unwrap(), &path).unwrap();
        let Layout::Managed(managed) = survey(&path).layout else {
            panic!("there is no manager");
        };
        let Content::SavedState(state) = &managed.memories[0].content else {
            panic!("there is no header");
        };
        state.journal.as_ref().map(|journal| journal.phase)
    };
    // A step after which nothing is left, or half a budget less for each trap until nothing is tried any more.
    let trapped = candid::encode_args((Some("no room"),)).unwrap();
    host.call(id, id, STEP_METHOD, NO_ARGUMENT).unwrap();
    assert_eq!(phase(&mut host, "done"), Some("done"));
    host.load_snapshot(id, &before).unwrap();
    if phase(&mut host, "begun") != Some("done") {
        for _ in 0..40 {
            host.call(id, id, STEP_METHOD, &trapped).unwrap();
        }
        assert_eq!(phase(&mut host, "stuck"), Some("stuck"));
    }
}

#[test]
fn a_snapshot_with_a_float_that_json_cannot_hold_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let from = SnapshotDir::open(&snapshot(dir.path())).unwrap();
    let mut taken = of_directory(&from).unwrap();
    taken.globals[0] = canister_host::GlobalValue::F32(f32::NAN.to_bits());
    let error = write_snapshot(&taken, &dir.path().join("new")).unwrap_err();
    assert!(error.to_string().contains("not a number"), "{error}");
    assert_eq!(names(dir.path()), ["snapshot"]);
}
