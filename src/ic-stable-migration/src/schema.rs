//! Versions of a type, one after the other: how what an old release wrote becomes what this one reads.
//!
//! ```text
//! V1 ── step ──→ V2 ── step ──→ V3     each a type of its own, which is never changed again
//! ```
//!
//! Whatever is read in one of them is taken through the steps that are missing, at once. [`Versioned`] does that for a
//! value in serde's form: the hot state of a canister, read in `post_upgrade`. [`Record`] does it for the values of a
//! collection, each when it is read; the mover [writes them anew](crate::Tier::versions) behind the scenes.

use serde::{Deserialize, Serialize};

mod record;
mod versioned;

pub use record::{Record, RecordChain};
pub use versioned::{Chain, Versioned};

/// One version of a type, and the step to it from the version before.
///
/// A version is a type of its own, with its number; what is in use is the last. A type that has been released is not changed:
/// the next version is a copy under another name. `cargo xtask schema` keeps such files from being edited.
///
/// ```
/// use ic_stable_migration::{Schema, Versioned, first_schema};
///
/// mod v1 {
///     #[derive(serde::Serialize, serde::Deserialize)]
///     pub struct Settings {
///         pub owner: String,
///     }
/// }
///
/// mod v2 {
///     #[derive(serde::Serialize, serde::Deserialize)]
///     pub struct Settings {
///         pub owners: Vec<String>,
///     }
/// }
///
/// first_schema!(v1::Settings);
///
/// impl Schema for v2::Settings {
///     const NUMBER: u32 = 2;
///     type Before = v1::Settings;
///
///     fn step(before: v1::Settings) -> Result<Self, String> {
///         Ok(Self { owners: vec![before.owner] })
///     }
/// }
///
/// // What release 1 has written, release 2 reads.
/// let written = serde_json::to_string(&Versioned::new(v1::Settings { owner: "ann".into() }))?;
/// let read: Versioned<v2::Settings> = serde_json::from_str(&written)?;
/// assert_eq!(read.owners, ["ann"]);
/// assert_eq!(read.report().number, 2);
/// assert_eq!((read.report().steps[0].from, read.report().steps[0].to), (1, 2));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// A chain with a gap does not compile where it is read.
pub trait Schema: Sized {
    /// Its number: one more than that of [`Schema::Before`], or any but 0 where nothing is before.
    const NUMBER: u32;

    /// The version before; [`Oldest`] where there is none, or where it is not read any more.
    type Before: Schema;

    /// The oldest version that is read. Follows from the others; leave it as it is.
    const OLDEST: u32 = if Self::Before::NUMBER == 0 {
        Self::NUMBER
    } else {
        Self::Before::OLDEST
    };

    /// Makes a value of the version before into one of this.
    ///
    /// # Errors
    /// Why it cannot be made. In a hook that refuses the upgrade, and nothing was written.
    fn step(before: Self::Before) -> Result<Self, String>;
}

/// What is before the first version: nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oldest {}

impl Schema for Oldest {
    const NUMBER: u32 = 0;
    type Before = Self;
    const OLDEST: u32 = 0;

    fn step(before: Self) -> Result<Self, String> {
        match before {}
    }
}

/// Says that a type is the first version of a chain: number 1, with nothing before it. See [`Schema`].
#[macro_export]
macro_rules! first_schema {
    ($type:ty) => {
        impl $crate::Schema for $type {
            const NUMBER: u32 = 1;
            type Before = $crate::Oldest;

            fn step(before: $crate::Oldest) -> Result<Self, String> {
                match before {}
            }
        }
    };
}

/// Refuses, while compiling, a version whose number does not follow that of the version before.
const fn assert_follows<T: Schema>() {
    assert!(
        T::NUMBER > 0 && (T::Before::NUMBER == 0 || T::NUMBER == T::Before::NUMBER + 1),
        "Schema::NUMBER has to be one more than that of the version before"
    );
}

/// A step that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct SchemaStep {
    /// The version before.
    pub from: u32,
    /// The version after.
    pub to: u32,
    /// What it took, in instructions; 0 where nothing counts them, outside of a canister or without the feature `cdk`.
    pub instructions: u64,
}

/// Which version of a chain is in use, and which steps led to it when the value was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "candid", derive(candid::CandidType))]
pub struct SchemaReport {
    /// The number of the last version.
    pub number: u32,
    /// The steps, in order; none where the value was of that version.
    pub steps: Vec<SchemaStep>,
}

/// Takes one step, and notes what it took.
///
/// # Errors
/// That of the step, and which step it was.
fn take<T: Schema>(before: T::Before, steps: &mut Vec<SchemaStep>) -> Result<T, String> {
    let (from, to) = (T::Before::NUMBER, T::NUMBER);
    let start = instructions();
    let value = T::step(before)
        .map_err(|reason| format!("the step from schema {from} to {to} failed: {reason}"))?;
    steps.push(SchemaStep {
        from,
        to,
        instructions: instructions().saturating_sub(start),
    });
    Ok(value)
}

/// Instructions that this message has used, where somebody counts them.
fn instructions() -> u64 {
    #[cfg(all(feature = "cdk", target_family = "wasm"))]
    return ic_cdk::api::performance_counter(0);
    #[cfg(not(all(feature = "cdk", target_family = "wasm")))]
    0
}

/// Why a value of version `number` is not read by a chain that ends with `T`.
fn unread<T: Schema>(number: u32) -> String {
    let (oldest, newest) = (T::OLDEST, T::NUMBER);
    if number > newest {
        return format!(
            "it has schema {number}, and this release knows schemas up to {newest}: install the release that wrote it, or a later one"
        );
    }
    format!(
        "it has schema {number}, and this release reads schemas from {oldest} to {newest}: install a release that reads it first"
    )
}

#[cfg(test)]
mod tests;
