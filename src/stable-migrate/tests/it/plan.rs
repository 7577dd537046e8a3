use super::memories::{WITH_LIBRARY, file, legacy, managed, snapshot};
use super::run::{Ran, stable_migrate};

#[test]
fn a_sample_of_snapshots_is_scaled_to_the_fleet() {
    let dir = tempfile::tempdir().unwrap();
    let one = snapshot(dir.path(), "one", WITH_LIBRARY, &managed());
    let two = file(dir.path(), "two", &legacy());
    let arguments = [
        "plan".as_ref(),
        "--canisters".as_ref(),
        "100000".as_ref(),
        one.as_os_str(),
        two.as_os_str(),
    ];
    let text = stable_migrate(arguments).ok();
    assert!(
        text.starts_with("100 000 canisters, reckoned from 2\n"),
        "{text}"
    );
    assert!(
        text.contains(" today                 129.5      790.4 GiB  3 166 T"),
        "{text}"
    );
    let arguments = arguments.into_iter().chain(["--json".as_ref()]);
    let json: serde_json::Value = serde_json::from_str(&stable_migrate(arguments).ok()).unwrap();
    assert_eq!(json["layouts"][0]["pages_per_canister"], 129.5);
    assert_eq!(json["layouts"][1]["pages_per_canister"], 4.0);
}

#[test]
fn a_list_of_sizes_is_reckoned_under_three_layouts() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = file(dir.path(), "sizes", b"130123, 3 # most\n2 MiB\n");
    let arguments = [
        "plan".as_ref(),
        "--canisters".as_ref(),
        "4".as_ref(),
        "--sizes".as_ref(),
        sizes.as_os_str(),
    ];
    let text = stable_migrate(arguments).ok();
    for layout in [
        "legacy value",
        "manager with default buckets",
        "planned buckets",
    ] {
        assert!(text.contains(layout), "{text}");
    }
    assert!(text.contains("129.0"), "{text}");
}

#[test]
fn a_sample_that_cannot_be_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let empty = file(dir.path(), "empty", b"# nobody\n");
    let wrong = file(dir.path(), "wrong", b"1\ntwo\n");
    let plan = |path: &std::path::Path| {
        let fixed = ["plan", "--canisters", "4", "--sizes"].map(AsRef::as_ref);
        stable_migrate(fixed.into_iter().chain([path.as_os_str()])).refusal()
    };
    assert!(plan(&empty).contains("the sample has no canister"));
    assert!(plan(&wrong).contains("line 2: \"two\""));
    let mut table = managed();
    table[4] = 200;
    let damaged = file(dir.path(), "damaged", &table);
    let refusal = plan_of(&damaged).refusal();
    assert!(refusal.contains("leave it out of the sample"), "{refusal}");
}

fn plan_of(memory: &std::path::Path) -> Ran {
    let fixed = ["plan", "--json", "--canisters", "1"].map(AsRef::as_ref);
    stable_migrate(fixed.into_iter().chain([memory.as_os_str()]))
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
        let ran = plan_of(&file(dir.path(), name, &bytes));
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains(what), "{}", ran.stderr);
        assert!(ran.stderr.contains("reckoned as it is"), "{}", ran.stderr);
        let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        for layout in [0, 1] {
            assert_eq!(json["layouts"][layout]["pages_per_canister"], 3.0);
        }
    }
}
