use serde_json::Value;

use super::memories::{collection, file, legacy, managed};
use super::run::stable_migrate;

#[test]
fn waste_is_told_by_size_with_what_gives_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "memory", &managed());
    let text = stable_migrate(["inspect".as_ref(), path.as_os_str()]).ok();
    let parts = [
        "  waste          ",
        "memory 0: slack: in its buckets, behind its last page",
        "memory 0: behind the state and its journal, to its last page",
        "memory 1: room in ",
        "  gives back     compact 252 pages (15.8 MiB)",
    ];
    let places = parts.map(|part| text.find(part).unwrap_or_else(|| panic!("{part}\n{text}")));
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn what_is_used_and_what_is_wasted_are_all_there_is() {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("managed", managed()),
        ("collection", collection(true)),
        ("legacy", legacy()),
        ("zeros", vec![0; 65_536]),
        ("empty", Vec::new()),
    ] {
        let path = file(dir.path(), name, &bytes);
        let json = stable_migrate(["inspect".as_ref(), path.as_os_str(), "--json".as_ref()]).ok();
        let json: Value = serde_json::from_str(&json).unwrap();
        let waste = &json["waste"];
        let number = |value: &Value| value.as_u64().unwrap();
        let parts = waste["parts"].as_array().unwrap();
        let of_parts: u64 = parts.iter().map(|part| number(&part["bytes"])).sum();
        assert_eq!(of_parts, number(&waste["wasted_bytes"]), "{name}");
        assert_eq!(
            number(&waste["used_bytes"]) + of_parts,
            number(&json["stable_bytes"]),
            "{name}"
        );
    }
}
