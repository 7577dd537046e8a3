//! The modules that `cargo xtask build` has written, each compiled once.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use canister_host::Module;

/// Release 0, as deployed.
pub static RELEASE_0: LazyLock<Module> = LazyLock::new(|| load("release-0-legacy"));

/// Release 1, which adopts.
pub static RELEASE_1: LazyLock<Module> = LazyLock::new(|| load("release-1-adopt"));

/// Release 2, today's.
pub static RELEASE_2: LazyLock<Module> = LazyLock::new(|| load("individual-user"));

/// Release 3, which finds posts by their hashtags.
pub static RELEASE_3: LazyLock<Module> = LazyLock::new(|| load("release-3-hashtags"));
/// The release that goes back to release 0.
pub static BACK: LazyLock<Module> = LazyLock::new(|| load("release-back"));

/// The release that goes back to the frame of 2023 in memory 0.
pub static BACK_TO_MEMORY_0: LazyLock<Module> = LazyLock::new(|| load("release-back-memory-0"));

/// Release 2 with steps of three entries.
pub static TINY: LazyLock<Module> = LazyLock::new(|| load("tiny-budget"));

/// Release 3 with steps of three entries.
pub static TINY_3: LazyLock<Module> = LazyLock::new(|| load("tiny-budget-3"));

/// The module of a name in `target/canisters`.
///
/// # Panics
/// If it has not been built: the tests are of the modules, so there is nothing to test without them.
pub fn load(name: &str) -> Module {
    Module::new(&bytes(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The same, not compiled.
///
/// # Panics
/// As [`load`] does.
pub fn bytes(name: &str) -> Vec<u8> {
    let path = target().join("canisters").join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; run `cargo xtask build` first", path.display())
    })
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::env::var("CARGO_TARGET_DIR").map_or_else(|_| beside(), Into::into)
}
