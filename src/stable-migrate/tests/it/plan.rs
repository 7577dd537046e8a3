use std::path::Path;

use canister_host::Prices;
use serde_json::Value;

use super::memories::{WITH_LIBRARY, WITHOUT_LIBRARY, file, legacy, managed, snapshot};
use super::releases::{Subject, path_of};
use super::run::{Ran, fixture, stable_migrate};

fn plan<'a>(arguments: impl IntoIterator<Item = &'a Path>) -> Ran {
    stable_migrate(["plan".as_ref()].into_iter().chain(arguments))
}

fn plan_json<'a>(arguments: impl IntoIterator<Item = &'a Path>) -> Value {
    let json = ["plan", "--json"].map(AsRef::as_ref);
    let ran = stable_migrate(json.into_iter().chain(arguments));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_sample_of_snapshots_is_scaled_to_the_fleet() {
    let dir = tempfile::tempdir().unwrap();
    let one = snapshot(dir.path(), "one", WITH_LIBRARY, &managed());
    let two = file(dir.path(), "two", &legacy());
    let canisters = ["--canisters", "100000"].map(AsRef::as_ref);
    let text = plan(canisters.into_iter().chain([&*one, &*two])).ok();
    assert!(
        text.starts_with("100 000 canisters, reckoned from 2: 1 as it is, 1 by a value that was counted; 1 without their modules"),
        "{text}"
    );
    for line in [
        " today ",
        " after stage one ",
        " after stage two ",
        " then compacted ",
        " stage one ",
        " together ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.contains("prices.gib-second"), "{text}");
    assert!(
        text.contains("dfinity/ic, pull request 10292, 2026-05"),
        "{text}"
    );
    let json = plan_json(canisters.into_iter().chain([&*one, &*two]));
    let today = &json["stations"][0];
    assert_eq!(today["average"]["stable_bytes"], (257 + 2) * 65_536 / 2);
    assert_eq!(json["assumptions"][0]["value"], 127_000);
    assert_eq!(json["assumptions"][0]["date"], "2026-11");
}

#[test]
fn a_list_of_sizes_is_reckoned_by_their_length() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = file(dir.path(), "sizes", b"130123, 3 # most\n2 MiB\n");
    let text = plan(["--sizes".as_ref(), &*sizes]).ok();
    let first = "4 canisters, reckoned from 4: 4 by the length of the value; 4 without their modules, which are not counted\n";
    assert!(text.starts_with(first), "{text}");
}

#[test]
fn a_sample_that_cannot_be_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let empty = file(dir.path(), "empty", b"# nobody\n");
    let wrong = file(dir.path(), "wrong", b"1\ntwo\n");
    let refusal = |sizes: &Path| plan(["--sizes".as_ref(), sizes]).refusal();
    assert!(refusal(&empty).contains("the sample has no canister"));
    assert!(refusal(&wrong).contains("line 2: \"two\""));
    let refusal = plan([&*damaged(dir.path())]).refusal();
    assert!(
        refusal.contains("nothing can be reckoned from it"),
        "{refusal}"
    );
    let module = file(dir.path(), "module", b"no module");
    let memory = file(dir.path(), "memory", &legacy());
    let refusal = plan(["--stage-two".as_ref(), &*module, &*memory]).refusal();
    assert!(refusal.contains("not a WebAssembly module"), "{refusal}");
}

/// A memory whose manager contradicts itself.
fn damaged(folder: &Path) -> std::path::PathBuf {
    let mut table = managed();
    table[4] = 200;
    file(folder, "damaged", &table)
}

#[test]
fn a_folder_is_read_some_at_a_time_and_what_is_damaged_left_out_with_a_note() {
    let dir = tempfile::tempdir().unwrap();
    damaged(dir.path());
    file(dir.path(), "notes.txt", b"not a memory");
    for number in 0..9 {
        snapshot(
            dir.path(),
            &format!("snapshot-{number}"),
            WITH_LIBRARY,
            &managed(),
        );
    }
    let arguments = ["--jobs", "3"].map(AsRef::as_ref);
    let ran = plan(arguments.into_iter().chain([dir.path()]));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("9 canisters, reckoned from 9: "),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    assert!(
        ran.stderr.lines().all(|line| line.contains("left out: ")),
        "{}",
        ran.stderr
    );
    let empty = tempfile::tempdir().unwrap();
    let refusal = plan([empty.path()]).refusal();
    assert!(refusal.contains("the sample has no canister"), "{refusal}");
}

#[test]
fn data_of_another_program_is_reckoned_as_it_is_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = 144u64.to_le_bytes().to_vec();
    numbers.extend((0..288u64).flat_map(|i| (i * i).to_le_bytes()));
    numbers.resize(3 * 65_536, 0);
    for (name, bytes, what) in [
        ("numbers", numbers, "not ours: bincode (likely)"),
        ("text", vec![b'?'; 3 * 65_536], "not ours: text (likely)"),
        ("zeros", vec![0; 3 * 65_536], "nothing but zeros"),
    ] {
        let memory = file(dir.path(), name, &bytes);
        let ran = plan(["--json".as_ref(), &*memory]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains(what), "{}", ran.stderr);
        assert!(ran.stderr.contains("reckoned as it is"), "{}", ran.stderr);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        for station in 0..4 {
            let paid = &json["stations"][station]["average"];
            assert_eq!(paid["stable_bytes"], 3 * 65_536);
        }
        assert_eq!(json["migration"]["cycles"], 0);
    }
}

#[test]
fn a_canister_with_nothing_in_stable_memory_is_reckoned_from_its_heap_and_marked() {
    let dir = tempfile::tempdir().unwrap();
    let text = vec![b'?'; 65_536];
    let foreign = snapshot(dir.path(), "foreign", WITHOUT_LIBRARY, &text);
    let ran = plan([&*foreign]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("its state is reckoned from its heap"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout
            .contains("1 by the heap, with nothing in stable memory"),
        "{}",
        ran.stdout
    );
    let Some(mut subject) = Subject::new(0) else {
        return;
    };
    let path = subject.save(dir.path(), "filled");
    let json = plan_json([&*path]);
    assert_eq!(json["bases"][0][0], "heap");
    let heap = json["stations"][0]["average"]["heap_bytes"]
        .as_u64()
        .unwrap();
    let stable = json["stations"][1]["average"]["stable_bytes"]
        .as_u64()
        .unwrap();
    assert!(stable > 65_536 && stable < heap, "{stable} of {heap}");
}

/// The whole of it as it is typed: what `plan` says of a snapshot, against the canister that is then migrated.
#[test]
fn what_is_paid_after_each_stage_and_for_each_is_what_was_forecast_within_a_tenth() {
    let (Some(one), Some(two)) = (path_of("release-1-adopt"), path_of("individual-user")) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let Some(mut subject) = Subject::new(0) else {
        return;
    };
    // Its own upgrade to the same release writes the value.
    subject.upgrade(0);
    let snapshot = subject.save(dir.path(), "legacy");
    let stages = ["--stage-one".as_ref(), &*one, "--stage-two".as_ref(), &*two];
    let json = plan_json(stages.into_iter().chain([&*snapshot]));
    assert_eq!(json["bases"][0][0], "value");
    hold_paid(&json, 0, &subject, 0);
    for stage in 1..=2 {
        let report = subject.upgrade(stage);
        let prices = Prices::default();
        let cycles = [report.cycles_first(&prices), report.cycles_again(&prices)];
        // A page of heap is more than a tenth of so few.
        hold_paid(&json, stage, &subject, 65_536);
        let effort = &json["migration"]["parts"][stage - 1][1];
        if stage == 1 {
            hold_adopted(&mut subject, dir.path(), &two, &json);
        }
        for (forecast, paid) in ["cycles_first", "cycles_again"].into_iter().zip(cycles) {
            near(
                &format!("stage {stage}, {forecast}"),
                &effort[forecast],
                paid.try_into().unwrap(),
                0,
            );
        }
    }
}

/// From what stage one left, the same is forecast of stage two as from the value of before, within a tenth.
fn hold_adopted(subject: &mut Subject, folder: &Path, two: &Path, before: &Value) {
    let snapshot = subject.save(folder, "adopted");
    let json = plan_json(["--stage-two".as_ref(), two, &*snapshot]);
    assert_eq!(json["bases"][0][0], "payload");
    let instructions = |json: &Value| json["migration"]["parts"][1][1]["instructions"].clone();
    let from_value = instructions(before).as_u64().unwrap();
    near("from what was adopted", &instructions(&json), from_value, 0);
    assert_eq!(json["migration"]["parts"][0][1]["instructions"], 0);
}

fn hold_paid(json: &Value, stage: usize, subject: &Subject, spare: u64) {
    let paid = &json["stations"][stage]["bytes"]["median"];
    near(
        &format!("bytes after {stage} stages"),
        paid,
        subject.paid_bytes(),
        spare,
    );
}

fn near(what: &str, forecast: &Value, measured: u64, spare: u64) {
    let forecast = forecast.as_u64().unwrap();
    println!("{what}: {forecast} forecast, {measured} measured");
    let most = (measured / 10).max(spare);
    assert!(
        forecast.abs_diff(measured) <= most,
        "{what}: {forecast}, and it was {measured}"
    );
}

#[test]
fn a_deployed_memory_is_reckoned_with_the_nodes_of_its_subnet() {
    let Some(memory) = fixture("legacy-medium.bin.gz") else {
        return;
    };
    let year = |arguments: &[&str]| {
        let arguments = arguments.iter().map(AsRef::as_ref);
        let json = plan_json(arguments.chain([&*memory]));
        json["stations"][0]["fleet_cycles"].as_u64().unwrap()
    };
    let quoted = year(&[]);
    assert_eq!(year(&["--subnet-nodes", "26"]), 2 * quoted);
    assert!(year(&["--price", "gib-second=317500"]) > quoted);
}

/// As `rehearse` finds it with the releases of the bench: 129 pages before, between and after.
#[test]
fn a_memory_of_2023_keeps_its_pages_through_the_stages_and_gives_them_back_when_compacted() {
    let Some(memory) = fixture("naive-small.bin.gz") else {
        return;
    };
    let json = plan_json([&*memory]);
    let pages = |station: usize| {
        let bytes = &json["stations"][station]["average"]["stable_bytes"];
        bytes.as_u64().unwrap() / 65_536
    };
    assert_eq!([0, 1, 2].map(pages), [129; 3]);
    assert!(pages(3) < 8, "{}", pages(3));
}
