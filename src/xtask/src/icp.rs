//! The runbook, run as an operator types it, with the real `icp` client.
//!
//! `migrations/README.md` is the one place where the commands stand: its fenced blocks are what
//! is run, so that the text cannot drift from what was tried. Between them, at the stages that the
//! blocks name, the canister is asked everything it has an answer to, and the answers are compared
//! with those before the first upgrade.

mod canister;
pub mod client;
pub mod endpoint;
pub mod error;
pub mod fleet;
pub mod network;
pub mod project;
mod proxy;
pub mod record;
pub mod run;
pub mod runbook;
mod script;
pub mod stage;
