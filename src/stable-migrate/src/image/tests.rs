use std::fs;
use std::io::Write;
use std::rc::Rc;

use flate2::Compression;
use flate2::write::GzEncoder;
use ic_stable_migration::{Opened, open};
use tempfile::TempDir;

use super::*;

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn file(directory: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn pages(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count * PAGE_BYTES as usize];
    bytes[0] = 0x81;
    bytes[1..4].copy_from_slice(b"\xa1n\x07");
    bytes
}

fn error_of(path: &Path) -> String {
    match Image::open(path) {
        Ok(image) => panic!("{} pages were opened", image.pages()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_plain_and_a_packed_memory_read_the_same() {
    let dir = directory();
    let bytes = pages(3);
    for path in [
        file(&dir, "plain", &bytes),
        file(&dir, "packed", &gzip(&bytes)),
    ] {
        let image = Image::open(&path).unwrap();
        assert_eq!(image.pages(), 3);
        let mut read = vec![1; bytes.len()];
        image.read_at(0, &mut read).unwrap();
        assert!(read == bytes);
    }
}

#[test]
fn the_library_opens_an_image_and_writes_nothing() {
    let dir = directory();
    let image = Rc::new(Image::open(&file(&dir, "memory", &pages(1))).unwrap());
    assert!(matches!(open(Rc::clone(&image)), Opened::Legacy(_)));
    image.check().unwrap();
}

#[test]
fn a_read_that_fails_is_remembered() {
    let dir = directory();
    let path = file(&dir, "memory", &pages(2));
    let image = Image::open(&path).unwrap();
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(10)
        .unwrap();
    let mut read = [1; 8];
    image.read(PAGE_BYTES, &mut read);
    assert_eq!(read, [0; 8]);
    assert!(image.check().unwrap_err().to_string().contains("memory"));
}

#[test]
fn a_write_is_not_done_and_is_remembered() {
    let dir = directory();
    let path = file(&dir, "memory", &pages(1));
    let image = Image::open(&path).unwrap();
    image.write(0, b"x");
    assert_eq!(image.grow(1), -1);
    assert!(image.check().is_err());
    assert!(fs::read(&path).unwrap() == pages(1));
}

#[test]
fn what_is_not_whole_pages_is_refused() {
    let dir = directory();
    let error = error_of(&file(&dir, "short", &pages(1)[..65_000]));
    assert!(error.contains("65000 bytes are not whole pages"), "{error}");
    let error = error_of(&file(&dir, "packed", &gzip(b"hello")));
    assert!(error.contains("5 bytes are not whole pages"), "{error}");
}

#[test]
fn a_packed_memory_cut_short_is_refused() {
    let dir = directory();
    let packed = gzip(&pages(2));
    let error = error_of(&file(&dir, "cut", &packed[..packed.len() - 9]));
    assert!(error.contains("cannot be expanded"), "{error}");
}

#[test]
fn a_file_larger_than_any_stable_memory_is_refused() {
    let dir = directory();
    let path = file(&dir, "large", b"");
    let large = fs::File::options().write(true).open(&path).unwrap();
    large.set_len(MAX_BYTES + PAGE_BYTES).unwrap();
    let error = error_of(&path);
    assert!(
        error.contains("more than the 536870912000 bytes"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = error_of(Path::new("no/such/memory.bin"));
    assert!(error.starts_with("no/such/memory.bin: "), "{error}");
}

#[test]
fn the_chunks_of_a_sparse_memory_hold_all_of_its_data() {
    let dir = directory();
    let path = file(&dir, "sparse", b"");
    let sparse = fs::File::options().write(true).open(&path).unwrap();
    sparse.set_len(100 << 30).unwrap();
    let written = [(5, b"one"), (70 << 30, b"two"), ((100 << 30) - 3, b"end")];
    for (at, bytes) in written {
        sparse.write_all_at(bytes, at).unwrap();
    }
    let image = Image::open(&path).unwrap();

    let (mut visited, mut found) = (0, Vec::new());
    image
        .for_each_chunk(6, 100 << 30, |at, chunk| {
            visited += chunk.len() as u64;
            let nonzero = chunk.iter().enumerate().filter(|(_, byte)| **byte != 0);
            found.extend(nonzero.map(|(i, byte)| (at + i as u64, *byte)));
            Ok(())
        })
        .unwrap();

    let expected: Vec<(u64, u8)> = written
        .into_iter()
        .flat_map(|(at, bytes)| bytes.iter().zip(at..).map(|(&byte, at)| (at, byte)))
        .filter(|(at, _)| *at >= 6)
        .collect();
    assert_eq!(found, expected);
    assert!(visited < 10 << 20, "{visited}");
}
