//! The host, driven with small modules written by hand.

mod support;

mod calls;
mod deadlines;
mod faults;
mod hostile;
mod interface;
mod limits;
mod management;
mod memory_access;
mod metering;
mod modules;
mod money;
mod profiles;
mod quiet;
mod rollback;
mod rules;
mod snapshots;
mod system;
mod timers;
mod upgrades;
mod wide;
