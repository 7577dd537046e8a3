use std::collections::BTreeMap;

use ic_stable_structures::memory_manager::{MemoryId, MemoryManager};
use ic_stable_structures::{Memory, VectorMemory};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::test_images::{TestImage, one_of_each};

/// What a memory holds after a patch, as it is read from the file, and the damages that were told.
fn patch(image: &Rc<Image>, id: u8, content: &[u8]) -> (TempDir, Rc<Image>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("patched");
    let content = TestImage::of(content).image;
    let patch = Patch::plan(image, id, &content).unwrap();
    patch
        .write(File::create_new(&path).unwrap(), &path)
        .unwrap();
    let made = Rc::new(Image::open_plain(&path).unwrap());
    assert_eq!((image.pages(), made.pages()), patch.stable_pages());
    let damages = patch.verify(&made, &path).unwrap();
    (dir, made, damages)
}

fn extracted(image: &Rc<Image>, id: u8) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory");
    extract(image, id, File::create_new(&path).unwrap(), &path, &path).unwrap();
    std::fs::read(path).unwrap()
}

fn bytes(image: &Image) -> Vec<u8> {
    let mut bytes = vec![0; image.bytes() as usize];
    image.read_at(0, &mut bytes).unwrap();
    bytes
}

/// The content of every virtual memory, read through the manager itself.
fn memories(image: &Image) -> BTreeMap<u8, Vec<u8>> {
    let raw: VectorMemory = Rc::new(std::cell::RefCell::new(bytes(image)));
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

/// A manager whose memories have grown in turn, with something in buckets, slack and behind the last bucket.
fn grown(grows: &[(u8, u64)], bucket_pages: u16, dead: usize) -> VectorMemory {
    let raw = VectorMemory::default();
    let manager = MemoryManager::init_with_bucket_size(Rc::clone(&raw), bucket_pages);
    for &(id, pages) in grows {
        manager.get(MemoryId::new(id)).grow(pages);
    }
    let mut all = raw.borrow_mut();
    let end = all.len() + dead * PAGE_BYTES as usize;
    all.resize(end, 0);
    for (at, byte) in all.iter_mut().enumerate().skip(PAGE_BYTES as usize) {
        *byte = (at / 977) as u8;
    }
    drop(all);
    raw
}

#[test]
fn a_memory_that_is_not_there_is_named_with_those_that_are() {
    let image = TestImage::of_memory(&grown(&[(3, 1), (9, 2)], 2, 0)).image;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory");
    let file = File::create_new(&path).unwrap();
    let error = extract(&image, 4, file, &path, &path).unwrap_err();
    let expected = "there is no virtual memory 4: give one of 3, 9";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn what_has_no_manager_or_one_that_does_not_add_up_is_refused() {
    let mut hostile = grown(&[(1, 3)], 1, 0).borrow().clone();
    hostile[2_081] = 9;
    for (bytes, found) in [
        (b"\x81\xa1n\x07".to_vec(), "legacy: one MessagePack value"),
        (Vec::new(), "empty: no page"),
        (hostile, "3 pages for memory 1, which owns 2 buckets"),
    ] {
        let image = TestImage::of(&bytes).image;
        let content = TestImage::of(&[1; 65_536]).image;
        let error = Patch::plan(&image, 1, &content).map(drop).unwrap_err();
        assert!(error.to_string().contains(found), "{error}");
    }
}

#[test]
fn more_buckets_than_a_manager_has_are_refused() {
    let image = TestImage::of_memory(&grown(&[(1, 1)], 1, 0)).image;
    let file = tempfile::tempfile().unwrap();
    file.set_len(32_768 * PAGE_BYTES).unwrap();
    let content = Image::of("content".as_ref(), file).unwrap();
    // Memory 1 can have all buckets, and memory 2 all but one.
    assert!(Patch::plan(&image, 1, &content).is_ok());
    let error = Patch::plan(&image, 2, &content).map(drop).unwrap_err();
    assert!(
        matches!(error, Error::CannotHold { pages: 32_769, .. }),
        "{error}"
    );
}

#[test]
fn what_the_patch_breaks_is_told() {
    let raw = one_of_each(2, 100);
    let image = TestImage::of_memory(&raw).image;
    let mut map = extracted(&image, 1);
    assert_eq!(patch(&image, 1, &map).2, [""; 0]);
    map[12] ^= 1;
    let (_dir, _, damages) = patch(&image, 1, &map);
    assert!(
        damages[0].contains("memory 1: its StableBTreeMap"),
        "{damages:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// A memory that was taken out and put back leaves the very same bytes, slack and what is dead included.
    #[test]
    fn what_is_extracted_and_put_back_changes_nothing(
        grows in prop::collection::vec((0..5u8, 1..4u64), 1..12),
        bucket_pages in 1..5u16,
        dead in 0..3usize,
        which in any::<prop::sample::Index>(),
    ) {
        let image = TestImage::of_memory(&grown(&grows, bucket_pages, dead)).image;
        let memories: Vec<_> = memories(&image).into_iter().collect();
        let (id, content) = which.get(&memories);
        let taken = extracted(&image, *id);
        prop_assert!(taken == *content);
        let (_dir, made, _) = patch(&image, *id, &taken);
        prop_assert!(bytes(&made) == bytes(&image));
    }

    /// Whatever its size becomes: the manager reads the new bytes there, and in every other memory those of before.
    #[test]
    fn a_memory_gets_other_bytes_and_the_others_keep_theirs(
        grows in prop::collection::vec((0..5u8, 1..4u64), 0..12),
        bucket_pages in 1..5u16,
        dead in 0..3usize,
        id in 0..6u8,
        pages in 0..12usize,
    ) {
        let image = TestImage::of_memory(&grown(&grows, bucket_pages, dead)).image;
        let content: Vec<u8> = (0..pages * 65_536).map(|at| (at / 313) as u8 ^ 0x5a).collect();
        let (_dir, made, _) = patch(&image, id, &content);
        let mut expected = memories(&image);
        match pages {
            0 => drop(expected.remove(&id)),
            _ => drop(expected.insert(id, content)),
        }
        prop_assert!(memories(&made) == expected);
    }
}
