//! Fleets on this machine: canisters that are run through an orchestrator, and ones that are modelled from figures of the
//! bench.

pub mod mix;
pub mod modelled;
pub mod origin;
pub mod print;
pub mod real;
