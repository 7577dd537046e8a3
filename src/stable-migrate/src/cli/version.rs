//! What `--version` says.

/// The version of the package, and the commit that last changed what the tool is made of, where it was built from a
/// repository or a package that knows it.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("STABLE_MIGRATE_COMMIT"));
