//! The command as it is typed: what it prints, what it writes, and the status it ends with.

mod cache;
mod check;
mod compact;
mod diff;
mod fleet;
mod help;
mod hostile;
mod inspect;
mod memories;
mod moves;
mod next_steps;
mod output;
mod own_settings;
mod patch;
mod plan;
mod programs;
mod questions;
mod rehearse;
mod releases;
mod revert;
mod run;
mod trees;
mod upgrade;
mod waste;
mod wide;
