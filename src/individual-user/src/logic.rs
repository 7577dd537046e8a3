//! What the endpoints do, as functions of the state and of the [call](context::Context): no system call is made
//! here, so that everything can be tested natively. A function that returns an error has changed nothing.

pub mod access;
pub mod bets;
pub mod context;
pub mod error;
pub mod follows;
pub mod http;
pub mod memory;
pub mod metrics;
pub mod overview;
pub mod pagination;
pub mod posts;
pub mod profile;
pub mod scores;
pub mod tokens;

#[cfg(test)]
mod tests;
