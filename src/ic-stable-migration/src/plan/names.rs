//! What a plan says of its application and its collections, and the manifest that is made of it.

use super::Plan;
use crate::application::Application;
use crate::codec::Codec;
use crate::manifest::{Declared, HeaderTerms, ManifestSource};
use crate::registry::Changes;

impl<L, C> Plan<L, C> {
    /// The name of the application, of 1 to 32 bytes: the same in all its releases. It is written into the header, and a
    /// memory that has another is refused ([`Error::OtherApplication`](crate::Error::OtherApplication)). One that has none
    /// gets it in `post_upgrade`; a plan that says none is refused by a memory that has one.
    ///
    /// # Panics
    /// For a name that is empty, longer, or has a control character in it: in a `const`, a compile error.
    ///
    /// ```compile_fail
    /// use ic_stable_migration::{Cbor, Plan};
    ///
    /// const PLAN: Plan<u64, Cbor> = Plan::new(1).application("a name that does not fit into a header");
    /// ```
    pub const fn application(mut self, name: &str) -> Self {
        self.application = Application::named(name);
        self
    }

    /// The collections of the state, for the [manifest](Plan::manifest): those that
    /// [`Tiered::collections`](crate::Tiered::collections) lists. The hooks hold one against the other, and refuse a plan that
    /// says something else ([`OwnershipError::NotAsDeclared`](crate::OwnershipError::NotAsDeclared)).
    ///
    /// ```
    /// use ic_stable_migration::{Cbor, Declared, Plan, declare};
    ///
    /// const COLLECTIONS: &[Declared] = &[
    ///     declare!("posts", 1, u64 => String),
    ///     declare!("tags", 2, String => ()),
    /// ];
    /// const PLAN: Plan<Vec<String>, Cbor> = Plan::new(2).collections(COLLECTIONS);
    /// ```
    pub const fn collections(mut self, declared: &'static [Declared]) -> Self {
        self.declarations.collections = Some(declared);
        self
    }

    /// What became of earlier collections, for the [manifest](Plan::manifest): what
    /// [`Tiered::changes`](crate::Tiered::changes) says. To be said where [`Plan::collections`] is.
    pub const fn changes(mut self, changes: Changes) -> Self {
        self.declarations.changes = changes;
        self
    }

    /// What the plan says of the release, to be put into the module with [`manifest!`](crate::manifest).
    pub const fn manifest(&self) -> ManifestSource
    where
        C: Codec<L>,
    {
        ManifestSource::of_value::<L, C>(self.release)
            .of(self.application)
            .behind_header(HeaderTerms {
                schemas: (self.oldest_schema, self.schema),
                memory: self.memory,
                ceiling: self.ceiling,
                move_budget: self.move_budget.instructions,
                trailing: self.trailing,
                back: None,
                declarations: self.declarations,
            })
    }
}

#[cfg(test)]
mod tests;
