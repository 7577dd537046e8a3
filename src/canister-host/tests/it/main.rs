//! The host, driven with small modules written by hand.

mod support;

mod calls;
mod faults;
mod limits;
mod metering;
mod modules;
mod quiet;
mod rollback;
mod snapshots;
mod system;
mod timers;
mod upgrades;
