use std::ffi::OsString;
use std::path::{Path, PathBuf};

use canister_scenario::upgrade_args;
use stable_migrate::{Content, Depth, Layout, SnapshotDir, Survey};

use super::programs::{FORGETS, KEEPS, module_file, snapshot};
use super::releases::{Subject, TINY, built, module_path, path_of};
use super::run::{Ran, names, stable_migrate};

fn revert(from: &Path, to: &Path, layout: &str, modules: &[&Path], options: &[&str]) -> Ran {
    let mut arguments: Vec<OsString> = vec!["revert".into(), from.into(), "-o".into(), to.into()];
    arguments.extend(["--to".into(), layout.into()]);
    for module in modules {
        arguments.extend(["--wasm".into(), module.into()]);
    }
    arguments.extend(options.iter().map(OsString::from));
    stable_migrate(arguments)
}

fn layout(path: &Path) -> Layout {
    let directory = SnapshotDir::open(path).unwrap();
    let survey = Survey::of(directory.stable(), Depth::Everything, &mut |_| {}).unwrap();
    assert_eq!(survey.damages, [""; 0]);
    survey.layout
}

/// The releases that go back, to offset 0 and to memory 0, and release 0.
fn modules() -> Option<[PathBuf; 3]> {
    let [back, to_memory_0] = ["release-back", "release-back-memory-0"].map(path_of);
    Some([back?, to_memory_0?, module_path(0)?])
}

#[track_caller]
fn same_answers(one: &mut Subject, other: &mut Subject) {
    let later = one.lone.host.time().max(other.lone.host.time());
    one.lone.host.set_time(later);
    other.lone.host.set_time(later);
    let interview = one.interview();
    let answers = one.answers(&interview);
    assert_eq!(answers.first_difference(&other.answers(&interview)), None);
}

#[test]
fn a_canister_goes_back_with_what_was_written_since_also_from_the_middle_of_a_move() {
    let (Some([back, _, old]), Some(_)) = (modules(), Subject::new(0)) else {
        return;
    };
    for release in [1, 2, TINY] {
        let mut never_migrated = Subject::new(0).unwrap();
        let mut subject = Subject::new(1).unwrap();
        if release > 1 {
            subject.upgrade(release);
        }
        for canister in [&mut never_migrated, &mut subject] {
            canister.pass_seconds(10);
            canister.use_it(60);
        }
        let dir = tempfile::tempdir().unwrap();
        let from = subject.save(dir.path(), "snapshot");
        let to = dir.path().join("back");
        let text = revert(&from, &to, "legacy", &[&back, &old], &["--canister", "me"]).ok();
        for part in [
            "the release that goes back: ",
            "the old module: ",
            "legacy: one MessagePack value of 12 entries from offset 0",
            "the same after the old module",
            "the same of what was written",
            "CANISTER=me FROM=",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(matches!(layout(&to), Layout::Legacy(_)));
        let mut there = Subject::restored(&to);
        same_answers(&mut never_migrated, &mut there);
        // It goes on, and forward again.
        there.use_it(20);
        there.upgrade(0);
        let asked = there.interview();
        let before = there.answers(&asked);
        there.upgrade(2);
        assert_eq!(before.first_difference(&there.answers(&asked)), None);
    }
}

/// What release 3 added goes with it: the index and its method, whose answers are not looked for in release 0.
#[test]
fn release_3_goes_back_also_from_the_middle_of_its_job() {
    let (Some([back, _, old]), Some(_)) = (modules(), Subject::new(0)) else {
        return;
    };
    for (name, steps) in [("release-3-hashtags", 10), ("tiny-budget-3", 1)] {
        let Some(three) = built(name) else {
            return;
        };
        let mut never_migrated = Subject::new(0).unwrap();
        let mut subject = Subject::new(2).unwrap();
        subject
            .lone
            .upgrade(&three, &upgrade_args(), false)
            .unwrap();
        for canister in [&mut never_migrated, &mut subject] {
            canister.pass_seconds(steps);
            canister.use_it(60);
        }
        let dir = tempfile::tempdir().unwrap();
        let from = subject.save(dir.path(), "snapshot");
        let to = dir.path().join("back");
        let text = revert(&from, &to, "legacy", &[&back, &old], &[]).ok();
        for part in [
            "legacy: one MessagePack value of 12 entries from offset 0",
            "the same after the old module",
            "the same of what was written",
            "not in the modules of the way back: get_posts_with_hashtag",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let mut there = Subject::restored(&to);
        same_answers(&mut never_migrated, &mut there);
        there.use_it(20);
        let asked = there.interview();
        let before = there.answers(&asked);
        there.lone.upgrade(&three, &upgrade_args(), false).unwrap();
        assert_eq!(before.first_difference(&there.answers(&asked)), None);
    }
}

#[test]
fn without_the_old_module_the_release_that_goes_back_runs_on() {
    let (Some([back, _, _]), Some(mut subject)) = (modules(), Subject::new(2)) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let from = subject.save(dir.path(), "snapshot");
    let to = dir.path().join("back");
    let json = revert(&from, &to, "legacy", &[&back], &["--json"]).ok();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["held"], true);
    assert_eq!(json["upgrades"][1][0], "going back");
    assert!(
        json["layout"].as_str().unwrap().starts_with("legacy: "),
        "{json}"
    );
    let mut there = Subject::restored(&to);
    same_answers(&mut subject, &mut there);
    there.use_it(20);
    let asked = there.interview();
    let before = there.answers(&asked);
    there.upgrade(0);
    assert_eq!(before.first_difference(&there.answers(&asked)), None);
}

#[test]
fn a_value_goes_back_to_memory_0_and_the_layout_is_looked_at() {
    let (Some([_, to_memory_0, _]), Some(mut subject)) = (modules(), Subject::new(2)) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let from = subject.save(dir.path(), "snapshot");
    let to = dir.path().join("back");
    let told = revert(&from, &to, "legacy", &[&to_memory_0], &[]);
    assert_eq!(told.status, 1);
    let failure = "stable memory was to have a value at offset 0, and has: memory manager";
    assert!(told.stderr.contains(failure), "{}", told.stderr);
    assert_eq!(names(dir.path()), ["snapshot"]);
    revert(&from, &to, "memory0", &[&to_memory_0], &[]).ok();
    let Layout::Managed(managed) = layout(&to) else {
        panic!("the manager stays");
    };
    let [state] = &managed.memories[..] else {
        panic!("the collections are gone");
    };
    assert!(
        matches!(state.content, Content::NaiveFrame { .. }),
        "{state:?}"
    );
    same_answers(&mut subject, &mut Subject::restored(&to));
}

#[test]
fn nothing_is_written_if_an_answer_is_lost_or_there_are_too_many_modules() {
    let dir = tempfile::tempdir().unwrap();
    let from = snapshot(dir.path());
    let [keeps, forgets] = [("keeps.wasm", KEEPS), ("forgets.wasm", FORGETS)]
        .map(|(name, text)| module_file(dir.path(), name, text));
    let to = dir.path().join("back");
    let ran = revert(&from, &to, "legacy", &[&keeps, &forgets], &[]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("DIFFERENT"), "{}", ran.stdout);
    assert!(ran.stderr.contains("nothing was written"), "{}", ran.stderr);
    let refusal = revert(&from, &to, "legacy", &[&keeps, &keeps, &keeps], &[]).refusal();
    assert!(refusal.contains("the old module at most"), "{refusal}");
    assert_eq!(
        names(dir.path()),
        ["forgets.wasm", "keeps.wasm", "snapshot"]
    );
}
