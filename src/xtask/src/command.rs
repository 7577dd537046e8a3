//! One module for each command.

pub mod bench;
pub mod build;
pub mod candid;
pub mod demo;
pub mod fleet;
pub mod fuzz;
pub mod icp;
pub mod new;
pub mod pages;
pub mod profile;
pub mod readme;
pub mod schema;
pub mod test;
