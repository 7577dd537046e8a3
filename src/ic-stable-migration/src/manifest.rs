//! What a module says of itself in a custom section, so that it can be held against a canister before anything is stopped.
//!
//! The section is `icp:public ic-stable-migration`: it goes through every tool that shrinks a module, and whoever may read a
//! canister's metadata can ask the network for it. The linker puts there what several statics say, one behind the other and
//! in no certain order: words, each with a space behind it (`layout 1 `, `follows `), and the lines of one manifest, which
//! [`manifest!`](crate::manifest) writes.
//!
//! ```text
//! manifest      1
//! application   NAME                                     where one is said
//! release       NUMBER
//! reads         FORMAT  none | u32 | u64 | cell | own    the value of before: its encoding, and what stands in front of it
//! keeps         value | header                           what the release leaves for the next
//!                                                        the rest where that is `header`:
//! schemas       OLDEST  NEWEST                           of the state, as read; the newest is written
//! memory        ID                                       that of the state
//! ceiling       BYTES
//! budget        INSTRUCTIONS                             of the move in an upgrade; 0 in steps
//! trailing      refuse | discard
//! back          value | memory                           where it goes back: what it leaves is a value, at offset 0 or in MEMORY
//! collections   COUNT                                    the rest where the plan declares its collections:
//! collection    ID  own | MEMORY  KEY  VALUE  OLDEST  NEWEST  NAME  KEY-TYPE  VALUE-TYPE
//! renamed       OLD  NEW
//! retired       NAME
//! end
//! ```
//!
//! Every line begins behind a line feed, and one stands behind `end`; a tab stands between fields, and no field has a control
//! character. Numbers are decimal. A size is `=N` for always N bytes, `<N` for at most N, `*` for any number. Lines come in
//! this order, and a reader takes them in any; it skips those whose first word it does not know.

mod declared;
mod read;
mod source;
mod text;

pub(crate) use declared::Declarations;
pub use declared::Declared;
pub use read::{Collections, DeclaredCollection, HeaderManifest, Manifest, ManifestError};
pub(crate) use source::HeaderTerms;
pub use source::ManifestSource;

/// The version of the text.
const VERSION: u32 = 1;

/// Most collections that it can have: there are no more ids.
const MAX_COLLECTIONS: usize = 254;

/// Most lines of each kind that say what became of collections. Every name is held against all of them.
const MAX_CHANGES: usize = 1_000;

/// Puts the manifest of a plan into the module: what `stable-migrate check` holds against a canister before an upgrade. To be
/// said once, beside the hooks.
///
/// ```
/// use ic_stable_migration::{Declared, MessagePack, Plan, declare, manifest};
///
/// const COLLECTIONS: &[Declared] = &[declare!("posts", 1, u64 => String)];
/// const PLAN: Plan<Vec<String>, MessagePack> = Plan::new(2)
///     .application("todo")
///     .collections(COLLECTIONS);
/// manifest!(PLAN.manifest());
/// ```
#[macro_export]
macro_rules! manifest {
    ($source:expr) => {
        const _: () = {
            const SOURCE: $crate::ManifestSource = $source;
            // Elsewhere it is made, too, so that what no manifest can say does not compile.
            const _: [u8; SOURCE.len()] = SOURCE.bytes();
            #[cfg(target_family = "wasm")]
            #[used]
            #[unsafe(link_section = "icp:public ic-stable-migration")]
            static MANIFEST: [u8; SOURCE.len()] = SOURCE.bytes();
        };
    };
}

#[cfg(test)]
mod tests;
