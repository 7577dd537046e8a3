//! The bench: this project and its peers on the same memories, side by side.

pub mod chart;
pub mod check;
pub mod contender;
pub mod error;
pub mod figures;
#[cfg(test)]
mod forecast;
pub mod generate;
pub mod glance;
pub mod measure;
pub mod memory;
pub mod prices;
pub mod readme;
pub mod results;
pub mod size;
pub mod table;
