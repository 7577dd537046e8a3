//! How to migrate a canister, page by page, and what to look up on the way.
//!
//! | page | |
//! |---|---|
//! | [`stage_one`] | from a value at offset 0 to a state in memory 0: dependency, hooks, what to check |
//! | [`stage_two`] | from a state on the heap to collections in stable maps |
//! | [`with_a_manager`] | a canister that has a `MemoryManager` already |
//! | [`onward`] | releases after the migration: schemas, versions of values, indexes that come later |
//! | [`way_back`] | back to the old module with everything that was written since |
//! | [`before_an_upgrade`] | what can be known before anything is stopped: the manifest, the application's name, `stable-migrate check` |
//! | [`after_an_upgrade`] | timers, certified data, randomness: what is gone, and has to be set again |
//! | [`features`] | Cargo features, versions of `ic-cdk`, and how to do without it |
//! | [`faq`] | what people ask first |
//! | [`errors`] | every error by its code: meaning, cause, remedy |
//! | [`glossary`] | the words |
//!
//! `stable-migrate --help` describes the tool, `migrations/README.md` what an operator types.

mod explain;

pub use explain::explain;

#[doc = include_str!("guide/after_an_upgrade.md")]
pub mod after_an_upgrade {}

#[doc = include_str!("guide/before_an_upgrade.md")]
pub mod before_an_upgrade {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/faq.md")]
pub mod faq {}

#[doc = include_str!("guide/features.md")]
pub mod features {}

#[doc = include_str!("guide/glossary.md")]
pub mod glossary {}

#[doc = include_str!("guide/onward.md")]
pub mod onward {}

#[doc = include_str!("guide/stage_one.md")]
pub mod stage_one {}

#[doc = include_str!("guide/stage_two.md")]
pub mod stage_two {}

#[doc = include_str!("guide/with_a_manager.md")]
pub mod with_a_manager {}

#[doc = include_str!("guide/way_back.md")]
pub mod way_back {}
