//! Stable memories and snapshots for the command to work on.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ic_stable_migration::{
    Application, BucketPlan, Cbor, OpenOptions, Opened, Plan, Stamp, Store, Tier, Tiered, TieredMap,
};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{StableBTreeMap, StableVec, VectorMemory};
use serde::{Deserialize, Serialize};

/// A memory in buckets of 128 pages as this library leaves it: a state in memory 0, a map of 1 000 numbers in
/// memory 1.
pub fn managed() -> Vec<u8> {
    with_map(1_000)
}

/// The same without the map.
pub fn saved() -> Vec<u8> {
    with_map(0)
}

fn with_map(entries: u64) -> Vec<u8> {
    let raw = VectorMemory::default();
    let Opened::Empty(empty) = OpenOptions::new().open(Rc::clone(&raw)) else {
        panic!("it is not empty");
    };
    let manager = empty.format(BucketPlan::for_ceiling(256 << 30)).unwrap();
    let stamp = Stamp {
        release: 2,
        schema: 1,
        now: 1_700_000_000_000_000_000,
        application: Application::NONE,
    };
    manager
        .save::<_, Cbor>(&vec!["state".to_string(); 100], stamp)
        .unwrap();
    if entries > 0 {
        let mut map: StableBTreeMap<u64, u64, _> = StableBTreeMap::init(manager.memory(1).unwrap());
        (0..entries).for_each(|key| {
            map.insert(key, key);
        });
    }
    raw.take()
}

/// A state whose items are a collection.
#[derive(Default, Serialize, Deserialize)]
struct Items {
    next: u64,
    items: TieredMap<u64, String, Raw>,
}

type Raw = Rc<VectorMemory>;

impl From<u64> for Items {
    fn from(next: u64) -> Self {
        Self {
            next,
            ..Self::default()
        }
    }
}

impl Tiered<Raw> for Items {
    type Hot = u64;

    fn hot(&self) -> &u64 {
        &self.next
    }

    fn set_hot(&mut self, next: u64) {
        self.next = next;
    }

    fn collections(&mut self) -> Vec<Tier<'_, Raw>> {
        vec![Tier::new("items", 1, &mut self.items)]
    }
}

/// A memory with a collection `items` of 100 entries in memory 1, and a `StableVec` that the canister keeps by itself
/// in memory 9, if it does.
pub fn collection(with_vec: bool) -> Vec<u8> {
    let plan = Plan::<u64, Cbor>::new(2)
        .application("list")
        .ceiling(32 << 30);
    let raw: Raw = Rc::default();
    let mut store = Store::begin_tiered(&plan, Rc::clone(&raw), Items::default(), 1).unwrap();
    let state = store.state().unwrap();
    for number in 0..100 {
        state.items.insert(number, format!("item {number}"));
    }
    store.save(&plan, 2).unwrap();
    if with_vec {
        let memory = MemoryManager::init(Rc::clone(&raw)).get(MemoryId::new(9));
        StableVec::<u64, _>::init(memory).push(&7);
    }
    raw.borrow().clone()
}

/// A legacy memory of two pages.
pub fn legacy() -> Vec<u8> {
    let mut bytes = b"\x81\xa1n\x07".to_vec();
    bytes.resize(2 * 65_536, 0);
    bytes
}

/// Writes `bytes` as `name` and returns the path.
pub fn file(directory: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// A module that says it uses the library, and that everything it keeps follows.
pub const WITH_LIBRARY: &str = "(module (memory (export \"memory\") 1) (@custom \"ic-stable-migration\" \"layout 1 follows\"))";

/// A module that says it uses the library.
pub const NOT_FOLLOWING: &str =
    "(module (memory (export \"memory\") 1) (@custom \"ic-stable-migration\" \"layout 1\"))";

/// A module that does not.
pub const WITHOUT_LIBRARY: &str = "(module (memory (export \"memory\") 1))";

/// A snapshot directory `name` with this module and stable memory, and a heap of one page.
pub fn snapshot(directory: &Path, name: &str, module: &str, stable: &[u8]) -> PathBuf {
    let path = directory.join(name);
    fs::create_dir(&path).unwrap();
    let module = wat::parse_str(module).unwrap();
    let metadata = format!(
        r#"{{"source": {{"taken_from_canister": null}}, "taken_at_timestamp": 1700000000000000000,
        "wasm_module_size": {}, "globals": [{{"i64": 0}}], "wasm_memory_size": 65536,
        "stable_memory_size": {}, "wasm_chunk_store": [], "canister_version": 3,
        "certified_data": [], "global_timer": "inactive",
        "on_low_wasm_memory_hook_status": "condition_not_satisfied"}}"#,
        module.len(),
        stable.len()
    );
    file(&path, "metadata.json", metadata.as_bytes());
    file(&path, "wasm_module.bin", &module);
    file(&path, "wasm_memory.bin", &[1; 65_536]);
    file(&path, "stable_memory.bin", stable);
    path
}

/// Makes memory 1 of [`managed`] grow by 32 buckets of bytes that have to be copied.
pub fn large(path: &Path) {
    use std::os::unix::fs::FileExt;
    let memory = fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let (buckets, pages) = (2 + 32u16, 128 * 33u64);
    memory.write_all_at(&buckets.to_le_bytes(), 4).unwrap();
    memory.write_all_at(&pages.to_le_bytes(), 40 + 8).unwrap();
    memory.write_all_at(&[1; 32], 2_080 + 2).unwrap();
    let start = (1 + 2 * 128) * 65_536u64;
    let end = start + 32 * 128 * 65_536;
    memory.set_len(end).unwrap();
    for at in (start..end).step_by(4_096) {
        memory.write_all_at(&[7], at).unwrap();
    }
}
