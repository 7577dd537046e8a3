//! Memories of deployed canisters, in `shared/fixtures` beside the checkout.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// The path of a fixture, or none where the folder is not there; then a sentence says so.
pub fn path(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures");
    if folder.is_dir() {
        return Some(folder.join(name));
    }
    eprintln!("skipped: ../shared/fixtures is not there, so nothing is tested on {name}");
    None
}

/// The stable memory of a deployed canister.
///
/// # Panics
/// If the folder is there and the fixture cannot be read.
pub fn memory(name: &str) -> Option<Vec<u8>> {
    let path = path(&format!("{name}.bin.gz"))?;
    let file = std::fs::File::open(&path).expect("the fixture can be opened");
    let mut bytes = Vec::new();
    GzDecoder::new(file)
        .read_to_end(&mut bytes)
        .expect("the fixture is gzip");
    Some(bytes)
}
