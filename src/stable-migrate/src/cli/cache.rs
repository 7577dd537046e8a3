//! Where compiled code is kept from one run to the next.

use std::path::{Path, PathBuf};

use clap::Args;
use stable_migrate::Config;

/// Names the folder of compiled code; the host of every tool here heeds it.
const VARIABLE: &str = "CANISTER_HOST_CACHE";

/// Whether compiled code is kept.
#[derive(Args)]
pub struct CacheArgs {
    /// Compile every module anew. Otherwise compiled code is kept in the folder that CANISTER_HOST_CACHE or the configuration
    /// names, or that the platform has for such things (~/.cache/stable-migrate), 512 MiB at most
    #[arg(long, global = true)]
    no_cache: bool,
}

impl CacheArgs {
    /// Tells the host.
    pub fn apply(&self, config: &Config) {
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        let named = named.or_else(|| config.cache_folder().map(PathBuf::from));
        let place = match (self.no_cache, named) {
            (true, _) => None,
            (false, Some(named)) => Some(named),
            (false, None) => own_folder(),
        };
        canister_host::keep_code_in(place, config.cache_bytes());
    }
}

/// The folder of this program in the user's cache folder, if nobody else can write there: what is in it is run.
fn own_folder() -> Option<PathBuf> {
    let folder = dirs::cache_dir()?.join("stable-migrate");
    let above = folder.ancestors().find(|above| above.exists())?;
    is_private(above).then_some(folder)
}

/// Whether it is the user's own and nobody else may write to it.
#[cfg(unix)]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    const OTHERS_WRITE: u32 = 0o022;
    folder.metadata().is_ok_and(|metadata| {
        metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & OTHERS_WRITE == 0
    })
}

/// Folders of a user are private where there are no modes.
#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    true
}
