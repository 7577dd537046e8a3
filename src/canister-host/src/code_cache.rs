//! Compiled code kept in a directory from one process to the next.
//!
//! Compiling a canister of some MiB takes seconds, reading its code back milliseconds. If the
//! program says where ([`keep_code_in`]) or the environment variable `CANISTER_HOST_CACHE`
//! names a directory, code of modules worth it is kept there, under the hash of the module and
//! of everything the code depends on. Each file starts with the hash of the rest, so that a
//! damaged one is compiled anew. Code that is read back is run: the directory must be one that
//! only those can write to whose code may run here anyway, as cargo's target directory.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use wasmtime::{Engine, Module};

/// The environment variable that names the directory.
const VARIABLE: &str = "CANISTER_HOST_CACHE";

/// Smaller modules compile faster than a file is worth, in bytes.
const WORTH_IT: usize = 128 << 10;

/// How many files are kept, of a few MiB each; the oldest go first.
const MOST_FILES: usize = 48;

/// How many bytes of compiled code are kept, whatever the number of files, unless the program says otherwise.
pub const MOST_CODE_BYTES: u64 = 512 << 20;

/// Where the program wants code kept, and how many bytes of it, if it has said so.
static PLACE: OnceLock<(Option<PathBuf>, u64)> = OnceLock::new();

const HASH: usize = 32;

/// Keeps compiled code in this directory from now on, or nowhere, whatever the environment says.
/// It is made when there is something to keep. Up to 48 files of together `most_bytes` are kept in
/// it, the newest; what else is in it may be removed. Code that is found there is run: nobody else may
/// be able to write to it.
///
/// A program says so once, before its first module. False if it was said before; then nothing
/// changes.
///
/// ```
/// use canister_host::{MOST_CODE_BYTES, keep_code_in};
///
/// assert!(keep_code_in(None, MOST_CODE_BYTES));
/// assert!(!keep_code_in(Some("elsewhere".into()), MOST_CODE_BYTES));
/// ```
pub fn keep_code_in(directory: Option<PathBuf>, most_bytes: u64) -> bool {
    PLACE.set((directory, most_bytes)).is_ok()
}

/// Compiles a module, or finds its code in the directory for it.
pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Module> {
    let (directory, most_bytes) = match PLACE.get() {
        Some(place) => place.clone(),
        None => (
            std::env::var_os(VARIABLE).map(PathBuf::from),
            MOST_CODE_BYTES,
        ),
    };
    let directory =
        directory.filter(|place| wasm.len() >= WORTH_IT && !place.as_os_str().is_empty());
    match directory {
        Some(directory) => compile_in(&directory, most_bytes, engine, wasm),
        None => Module::new(engine, wasm),
    }
}

fn compile_in(
    directory: &Path,
    most_bytes: u64,
    engine: &Engine,
    wasm: &[u8],
) -> wasmtime::Result<Module> {
    let path = directory.join(format!("{}.code", name(engine, wasm)));
    if let Some(module) = read(&path).and_then(|code| load(engine, &code)) {
        return Ok(module);
    }
    let module = Module::new(engine, wasm)?;
    // What cannot be kept is compiled again next time.
    let _ = module
        .serialize()
        .map(|code| keep(directory, most_bytes, &path, &code));
    Ok(module)
}

/// The hash of the module and of the compiler and its settings, in hex.
fn name(engine: &Engine, wasm: &[u8]) -> String {
    let mut compiler = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compiler);
    let hash = Sha256::new()
        .chain_update(compiler.finish().to_le_bytes())
        .chain_update(wasm);
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The code in a file, if it is whole.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut file = fs::read(path).ok()?;
    if file.len() < HASH {
        return None;
    }
    let code = file.split_off(HASH);
    (Sha256::digest(&code).as_slice() == file).then_some(code)
}

fn load(engine: &Engine, code: &[u8]) -> Option<Module> {
    // SAFETY: the code is what `serialize` gave for an engine with the same settings, by its
    // name, and undamaged, by its hash; who else may write there is the caller's promise.
    unsafe { Module::deserialize(engine, code) }.ok()
}

/// Writes the file beside its place first, so that nobody reads a part of it.
fn keep(directory: &Path, most_bytes: u64, path: &Path, code: &[u8]) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    drop_oldest(directory, most_bytes)?;
    let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
    let mut file = Sha256::digest(code).to_vec();
    file.extend_from_slice(code);
    fs::write(&unfinished, file)?;
    fs::rename(&unfinished, path)
}

/// Makes room for one more.
fn drop_oldest(directory: &Path, most_bytes: u64) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        files.push((metadata.modified()?, entry.path(), metadata.len()));
    }
    files.sort();
    let mut bytes = 0;
    for (newer, (_, path, length)) in files.iter().rev().enumerate() {
        bytes += length;
        if newer + 1 >= MOST_FILES || bytes > most_bytes {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &[u8] = b"\0asm\x01\0\0\0";

    fn files(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn code_is_kept_found_again_and_compiled_anew_when_it_is_damaged() {
        let engine = Engine::default();
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        compile_in(directory, MOST_CODE_BYTES, &engine, MODULE).unwrap();
        let [path] = &files(directory)[..] else {
            panic!("one file")
        };
        let good = fs::read(path).unwrap();
        assert!(read(path).and_then(|code| load(&engine, &code)).is_some());

        let mut damaged = good.clone();
        damaged[good.len() / 2] ^= 1;
        for wrong in [&damaged[..], &good[..good.len() / 2], b""] {
            fs::write(path, wrong).unwrap();
            assert!(read(path).is_none());
            compile_in(directory, MOST_CODE_BYTES, &engine, MODULE).unwrap();
            assert!(read(path).is_some(), "it was written anew");
        }
    }

    #[test]
    fn other_settings_are_other_code() {
        let mut config = wasmtime::Config::new();
        let other = Engine::new(config.consume_fuel(true)).unwrap();
        assert_ne!(name(&Engine::default(), MODULE), name(&other, MODULE));
        assert_eq!(name(&other, MODULE), name(&other, MODULE));
    }

    #[test]
    fn old_code_makes_room() {
        let engine = Engine::default();
        let directory = tempfile::tempdir().unwrap();
        for n in 0..MOST_FILES + 3 {
            fs::write(directory.path().join(n.to_string()), b"").unwrap();
        }
        compile_in(directory.path(), MOST_CODE_BYTES, &engine, MODULE).unwrap();
        assert_eq!(files(directory.path()).len(), MOST_FILES);
    }

    #[test]
    fn no_more_bytes_are_kept_than_the_program_says() {
        let engine = Engine::default();
        let directory = tempfile::tempdir().unwrap();
        for n in 0..4 {
            fs::write(directory.path().join(n.to_string()), [0; 100]).unwrap();
        }
        compile_in(directory.path(), 250, &engine, MODULE).unwrap();
        assert_eq!(
            files(directory.path()).len(),
            3,
            "two of before, and its own"
        );
    }

    #[test]
    fn a_directory_that_cannot_be_is_no_reason_to_fail() {
        let nowhere = Path::new("/dev/null/no/directory");
        assert!(compile_in(nowhere, MOST_CODE_BYTES, &Engine::default(), MODULE).is_ok());
    }
}
