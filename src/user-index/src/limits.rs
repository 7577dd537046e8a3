//! How much a caller may ask for at once.

/// Canisters of a plan or a survey.
pub const MAX_CANISTERS: usize = 200_000;
/// Entries of a page.
pub const MAX_PAGE: u32 = 200;
/// Users created by one call.
pub const MAX_CREATED: u32 = 50;
/// Modules that are kept.
pub const MAX_MODULES: usize = 40;
/// Chunks of all modules: what a canister's chunk store holds.
pub const MAX_CHUNKS: usize = 100;
/// Bytes of a chunk.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;
/// Bytes of a name, of a module or a stage.
pub const MAX_NAME_BYTES: usize = 100;
/// Bytes of the argument of upgrades.
pub const MAX_ARGUMENT_BYTES: usize = 100_000;
/// Queries that are asked to verify a canister.
pub const MAX_CHECKS: usize = 16;
/// Open calls: a canister may have 500 to the management canister, and as many to itself.
pub const MAX_CALLS: u32 = 400;

/// Refuses a text that is too long.
///
/// # Errors
/// A sentence.
pub fn name(text: &str, what: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > MAX_NAME_BYTES {
        return Err(format!(
            "{what} has 1 to {MAX_NAME_BYTES} bytes, this one {}",
            text.len()
        ));
    }
    Ok(())
}
