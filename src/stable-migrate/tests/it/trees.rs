//! The library's finished trees, seen by the tool's own walk over maps.

use std::rc::Rc;

use ic_stable_migration::tree::{TreeBuilder, page_size};
use ic_stable_migration::{Application, BucketPlan, Cbor, OpenOptions, Opened, Size, Stamp};
use ic_stable_structures::VectorMemory;

use super::memories::file;
use super::run::stable_migrate;

/// A memory with a state and, in memory 1, a tree of two runs; its entries, nodes and overflow pages.
fn with_tree(entries: u64) -> (Vec<u8>, [u64; 3]) {
    let raw = VectorMemory::default();
    let Opened::Empty(empty) = OpenOptions::new().open(Rc::clone(&raw)) else {
        panic!("it is not empty");
    };
    let manager = empty.format(BucketPlan::for_ceiling(4 << 30)).unwrap();
    let stamp = Stamp {
        release: 2,
        schema: 1,
        now: 1_700_000_000_000_000_000,
        application: Application::NONE,
    };
    manager.save::<u64, Cbor>(&7, stamp).unwrap();
    let (key, value) = (Size::Exactly(8), Size::Unbounded);
    let page = page_size::choose(key, value, (0..300).map(|i| (8, i)));
    let mut builder = TreeBuilder::new(manager.memory(1).unwrap(), key, value, page).unwrap();
    let mut runs = [builder.run(), builder.run()];
    for i in 0..entries {
        let value = vec![7; i as usize % 300];
        let run = &mut runs[usize::from(i >= entries / 3)];
        builder.push(run, &i.to_be_bytes(), &value).unwrap();
    }
    let built = builder.finish(runs).unwrap();
    let facts = [built.entries, built.nodes, built.overflow_pages];
    drop(built);
    (raw.take(), facts)
}

#[test]
fn a_finished_tree_is_a_map_without_a_flaw() {
    let dir = tempfile::tempdir().unwrap();
    for entries in [1, 13, 1_000, 5_000] {
        let (bytes, facts) = with_tree(entries);
        let path = file(dir.path(), &format!("memory-{entries}"), &bytes);
        let text = stable_migrate(["inspect".as_ref(), path.as_os_str(), "--json".as_ref()]).ok();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let map = &json["layout"]["memories"][1]["content"];
        let walk = &map["walk"];
        let told = [&map["entries"], &walk["nodes"], &walk["overflow_pages"]];
        assert_eq!(told.map(|number| number.as_u64().unwrap()), facts);
        assert_eq!(walk["free_chunks"], 0);
        assert_eq!(walk["unreachable_chunks"], 0);
        assert!(
            entries < 1_000 || walk["node_use_percent"].as_f64() > Some(95.0),
            "{walk}"
        );
    }
}
