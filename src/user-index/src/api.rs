//! The endpoints, for the controllers of the index alone; `/metrics` is for everybody.
//!
//! Each that can fail answers `Err` with a sentence, and has changed nothing then.

pub mod commands;
// A program that links two canisters can have this of one only.
#[cfg(target_family = "wasm")]
pub mod http;
pub mod modules;
pub mod plan;
pub mod status;
pub mod users;
pub mod views;

/// Refuses everybody but a controller.
///
/// # Errors
/// A sentence.
fn controller() -> Result<(), String> {
    if ic_cdk::api::is_controller(&ic_cdk::api::msg_caller()) {
        return Ok(());
    }
    Err("only a controller of this canister may do this".to_owned())
}

/// The part of a list that a page has.
fn page(limit: u32) -> usize {
    limit.min(crate::limits::MAX_PAGE) as usize
}
