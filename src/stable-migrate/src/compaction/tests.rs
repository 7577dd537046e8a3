use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use ic_stable_migration::{Application, Cbor, Empty, OpenOptions, Stamp};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, StableBTreeMap, VectorMemory};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::survey::{Content, Layout, MemorySurvey};
use crate::test_images::{TestImage, fixture, one_of_each, with_naive_frame};

/// Compacts and verifies; the image of the result.
fn compact(image: &Rc<Image>, choice: BucketChoice) -> (TempDir, Rc<Image>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("compacted");
    let compaction = Compaction::plan(image, choice).unwrap();
    let (mut copied, mut verified) = (0, 0);
    compaction
        .write(File::create_new(&path).unwrap(), &path, &mut |n| {
            copied += n
        })
        .unwrap();
    let made = Rc::new(Image::open(&path).unwrap());
    compaction.verify(&made, &mut |n| verified += n).unwrap();
    assert_eq!(copied, compaction.memory_bytes());
    assert_eq!(verified, compaction.memory_bytes());
    assert_eq!(made.pages(), compaction.stable_pages().1);
    (dir, made)
}

fn refused(bytes: &[u8], choice: BucketChoice) -> String {
    match Compaction::plan(&TestImage::of(bytes).image, choice) {
        Ok(_) => panic!("it was planned"),
        Err(error) => error.to_string(),
    }
}

/// The content of every virtual memory, read through the manager itself.
fn memories(image: &Image) -> BTreeMap<u8, Vec<u8>> {
    let mut bytes = vec![0; image.bytes() as usize];
    image.read_at(0, &mut bytes).unwrap();
    let raw: VectorMemory = Rc::new(std::cell::RefCell::new(bytes));
    let manager = MemoryManager::init(raw);
    let memories = (0..255).map(|id| (id, manager.get(MemoryId::new(id))));
    memories
        .filter(|(_, memory)| memory.size() > 0)
        .map(|(id, memory)| {
            let mut content = vec![0; (memory.size() * PAGE_BYTES) as usize];
            memory.read(0, &mut content);
            (id, content)
        })
        .collect()
}

fn formatted() -> (VectorMemory, Managed<VectorMemory>) {
    formatted_for(0)
}

/// One that has its state in virtual memory `home`.
fn formatted_for(home: u8) -> (VectorMemory, Managed<VectorMemory>) {
    let raw = VectorMemory::default();
    let Opened::Empty(empty) = OpenOptions::new().memory(home).open(Rc::clone(&raw)) else {
        panic!("not empty");
    };
    let managed = Empty::format(empty, BucketPlan::for_ceiling(256 << 30)).unwrap();
    (raw, managed)
}

#[test]
fn the_naive_fixture_becomes_five_pages_at_most() {
    let Some(path) = fixture("naive-small.bin.gz") else {
        return;
    };
    let image = Rc::new(Image::open(&path).unwrap());
    assert_eq!(image.pages(), 129);
    let (_dir, made) = compact(&image, BucketChoice::RightSize);
    assert!(made.pages() <= 5, "{}", made.pages());
    assert_eq!(memories(&image), memories(&made));
}

#[test]
fn every_structure_is_found_again_in_smaller_buckets() {
    let raw = one_of_each(128, 300);
    with_naive_frame(&raw, b"\xa1\x61a\x01");
    let before = TestImage::of_memory(&raw);
    let (_dir, made) = compact(&before.image, BucketChoice::Pages(1));
    assert_eq!(memories(&before.image), memories(&made));
    assert!(made.pages() < 30, "{}", made.pages());
    let table = BucketTable::read(&*made).unwrap().unwrap();
    assert_eq!(table.owners[0], 0);
    assert!(table.owners.is_sorted());
}

#[test]
fn a_canister_goes_on_where_it_was() {
    goes_on(0);
}

#[test]
fn so_does_one_whose_state_is_not_in_memory_0() {
    goes_on(9);
}

fn goes_on(home: u8) {
    let (raw, managed) = formatted_for(home);
    if home != 0 {
        let mut map = StableBTreeMap::init(managed.memory(0).unwrap());
        map.insert(1u64, 2u64);
    }
    let mut map: StableBTreeMap<u64, u64, _> = StableBTreeMap::init(managed.memory(7).unwrap());
    for key in 0..5_000 {
        map.insert(key, key * 3);
    }
    let stamp = Stamp {
        release: 2,
        schema: 1,
        now: 9,
        application: Application::NONE,
    };
    let saved = managed.save::<_, Cbor>(&vec![1u64, 2, 3], stamp).unwrap();

    let before = TestImage::of_memory(&raw);
    assert_state_is_in(&before.image, home);
    let (_dir, made) = compact(&before.image, BucketChoice::Ceiling(4 << 30));

    assert_state_is_in(&made, home);
    let mut bytes = vec![0; made.bytes() as usize];
    made.read_at(0, &mut bytes).unwrap();
    let raw: VectorMemory = Rc::new(std::cell::RefCell::new(bytes));
    let Opened::Managed(managed) = open(raw) else {
        panic!("not managed");
    };
    let Memory0Content::Saved(header) = managed.content().unwrap() else {
        panic!("no header");
    };
    let generation = saved.generation + 1;
    assert_eq!(
        header,
        Header {
            generation,
            ..saved
        }
    );
    assert_eq!(managed.load::<Vec<u64>, Cbor>().unwrap(), [1, 2, 3]);
    let mut map: StableBTreeMap<u64, u64, _> = StableBTreeMap::init(managed.memory(7).unwrap());
    assert_eq!(map.len(), 5_000);
    for key in 5_000..20_000 {
        map.insert(key, key * 3);
    }
    assert!((0..20_000).all(|key| map.get(&key) == Some(key * 3)));
}

fn assert_state_is_in(image: &Rc<Image>, home: u8) {
    let survey = Survey::of(image, Depth::Everything, &mut |_| {}).unwrap();
    let Layout::Managed(managed) = survey.layout else {
        panic!("not managed");
    };
    assert_eq!(managed.home, home);
    let of_state = |memory: &MemorySurvey| matches!(memory.content, Content::SavedState(_));
    for memory in &managed.memories {
        assert_eq!(of_state(memory), memory.id == home, "{memory:?}");
    }
    assert_eq!(survey.damages, [""; 0]);
}

#[test]
fn pages_of_memory_0_behind_the_journal_are_cut() {
    let (raw, managed) = formatted();
    let stamp = Stamp {
        release: 2,
        schema: 1,
        now: 9,
        application: Application::NONE,
    };
    managed
        .save::<_, Cbor>(&vec![7u64; 1 << 20], stamp)
        .unwrap();
    managed.save::<_, Cbor>(&vec![7u64; 9], stamp).unwrap();
    let before = TestImage::of_memory(&raw);
    let compaction = Compaction::plan(&before.image, BucketChoice::RightSize).unwrap();
    assert_eq!(compaction.pages_cut(), 16);
    let (_dir, made) = compact(&before.image, BucketChoice::Pages(1));
    assert_eq!(made.pages(), 2);
    let memory0 = &memories(&before.image)[&0][HEADER_BYTES as usize..65_536];
    assert_eq!(memory0, &memories(&made)[&0][HEADER_BYTES as usize..]);
}

#[test]
fn slack_and_dead_pages_are_left_out() {
    let raw = one_of_each(16, 10);
    let used = raw.borrow().len();
    raw.borrow_mut()[used - 1] = 7;
    raw.borrow_mut().resize(used + 10 * 65_536, 7);
    let before = TestImage::of_memory(&raw);
    let (_dir, made) = compact(&before.image, BucketChoice::Pages(16));
    assert_eq!(made.bytes() as usize, used);
    let mut last = [1];
    made.read_at(made.bytes() - 1, &mut last).unwrap();
    assert_eq!(last, [0]);
}

#[test]
fn a_manager_without_memories_is_one_page() {
    let (raw, _) = formatted();
    let (_dir, made) = compact(&TestImage::of_memory(&raw).image, BucketChoice::RightSize);
    assert_eq!(made.pages(), 1);
    assert!(
        BucketTable::read(&*made)
            .unwrap()
            .unwrap()
            .owners
            .is_empty()
    );
}

#[test]
fn holes_stay_holes() {
    use std::os::unix::fs::{FileExt, MetadataExt};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sparse");
    let raw = one_of_each(128, 10);
    fs::write(&path, &*raw.borrow()).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    // Memory 8 owns the last bucket; give it 10 000 more, 78 GiB of nothing, and a byte in the last page.
    let buckets = raw.borrow().len() as u64 / (128 * 65_536) + 10_000;
    file.set_len(65_536 + buckets * 128 * 65_536).unwrap();
    file.write_all_at(&(buckets as u16).to_le_bytes(), 4)
        .unwrap();
    let pages = 10_001 * 128u64;
    file.write_all_at(&pages.to_le_bytes(), 40 + 8 * 8).unwrap();
    file.write_all_at(&[8; 10_000], 2_080 + buckets - 10_000)
        .unwrap();
    file.write_all_at(b"end", 65_536 + buckets * 128 * 65_536 - 3)
        .unwrap();
    let image = Rc::new(Image::open(&path).unwrap());
    assert!(image.bytes() > 78 << 30);

    let (_dir, made) = compact(&image, BucketChoice::Ceiling(128 << 30));

    let written = fs::metadata(made.path()).unwrap().blocks() * 512;
    assert!(written < 8 << 20, "{written}");
    let mut end = [0; 3];
    made.read_at(made.bytes() - 3, &mut end).unwrap();
    assert_eq!(&end, b"end");
}

#[test]
fn what_has_no_manager_is_refused() {
    let error = refused(b"\x81\xa1n\x07", BucketChoice::RightSize);
    assert!(error.contains("legacy: one MessagePack value"), "{error}");
    let error = refused(b"", BucketChoice::RightSize);
    assert!(error.contains("empty: no page"), "{error}");
    let error = refused(b"nothing known", BucketChoice::RightSize);
    assert!(error.contains("not ours: text"), "{error}");
    let hostile = one_of_each(1, 10);
    hostile.borrow_mut()[2_085] = 200;
    let error = refused(&hostile.borrow(), BucketChoice::RightSize);
    assert!(error.contains("pages for memory"), "{error}");
}

#[test]
fn buckets_that_cannot_hold_it_are_refused() {
    let raw = one_of_each(1, 10);
    let error = refused(&raw.borrow(), BucketChoice::Pages(0));
    assert!(error.contains("buckets of 0 pages"), "{error}");

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large");
    fs::write(&path, &*raw.borrow()).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    enlarge(&file, &path);
    let image = Rc::new(Image::open(&path).unwrap());
    let error = match Compaction::plan(&image, BucketChoice::Pages(1)) {
        Ok(_) => panic!("it was planned"),
        Err(error) => error.to_string(),
    };
    assert!(
        error.contains("more than 32768 buckets of 1 pages"),
        "{error}"
    );
    assert!(Compaction::plan(&image, BucketChoice::Pages(2)).is_ok());
}

/// Makes it a manager with one memory of 40 000 pages in buckets of 2.
fn enlarge(file: &File, path: &Path) {
    use std::os::unix::fs::FileExt;
    let mut page = vec![0; 65_536];
    File::open(path).unwrap().read_exact(&mut page).unwrap();
    page[4..6].copy_from_slice(&20_000u16.to_le_bytes());
    page[6..8].copy_from_slice(&2u16.to_le_bytes());
    page[40..2_080].fill(0);
    page[40..48].copy_from_slice(&40_000u64.to_le_bytes());
    page[2_080..].fill(255);
    page[2_080..22_080].fill(0);
    file.write_all_at(&page, 0).unwrap();
    file.set_len(40_001 * 65_536).unwrap();
}

#[test]
fn a_difference_is_found_wherever_it_is() {
    let before = TestImage::of_memory(&one_of_each(4, 100));
    let (_dir, made) = compact(&before.image, BucketChoice::Pages(1));
    let compaction = Compaction::plan(&before.image, BucketChoice::Pages(1)).unwrap();
    let mut bytes = fs::read(made.path()).unwrap();
    for at in [70_000, 65_536 + 3, bytes.len() - 1] {
        bytes[at] ^= 1;
        let changed = TestImage::of(&bytes);
        let error = compaction.verify(&changed.image, &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains("differs at byte"), "{error}");
        bytes[at] ^= 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Memories that grow in any order, with anything in them, in buckets of any size.
    #[test]
    fn every_virtual_memory_is_the_same_byte_for_byte(
        from in 1..6u16,
        to in 1..6u16,
        grows in prop::collection::vec((0..254u8, 1..4u64, any::<u8>()), 0..24),
        dead in 0..3usize,
    ) {
        let raw = VectorMemory::default();
        let manager = MemoryManager::init_with_bucket_size(Rc::clone(&raw), from);
        for (id, pages, fill) in grows {
            let memory = manager.get(MemoryId::new(id));
            let start = memory.size() * PAGE_BYTES;
            memory.grow(pages);
            memory.write(start + 17, &vec![fill; 100_000.min(pages as usize * 65_536 - 17)]);
        }
        let length = raw.borrow().len() + dead * 65_536;
        raw.borrow_mut().resize(length, 9);
        let before = TestImage::of_memory(&raw);
        let (_dir, made) = compact(&before.image, BucketChoice::Pages(to));
        prop_assert_eq!(memories(&before.image), memories(&made));
    }
}
