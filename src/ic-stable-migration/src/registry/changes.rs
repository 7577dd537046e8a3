//! What a release says of its collections beyond their names and ids.

/// What a release changes in collections that an earlier one had. Said for ever: a canister may have missed the
/// release that said it first.
///
/// ```
/// use ic_stable_migration::Changes;
///
/// // `hearts` were `likes` once, and `drafts` are no more.
/// const CHANGES: Changes = Changes::new()
///     .renamed(&[("likes", "hearts")])
///     .retired(&["drafts"]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    renamed: &'static [(&'static str, &'static str)],
    retired: &'static [&'static str],
}

impl Changes {
    /// None.
    pub const fn new() -> Self {
        Self {
            renamed: &[],
            retired: &[],
        }
    }

    /// Collections by their old and their new name; each keeps its memory.
    pub const fn renamed(mut self, names: &'static [(&'static str, &'static str)]) -> Self {
        self.renamed = names;
        self
    }

    /// Collections that are given up. Their memories stay as they are, and their ids stay reserved. A collection can
    /// be given up once its move is done.
    pub const fn retired(mut self, names: &'static [&'static str]) -> Self {
        self.retired = names;
        self
    }

    pub(crate) const fn renamings(&self) -> &'static [(&'static str, &'static str)] {
        self.renamed
    }

    pub(crate) const fn retirements(&self) -> &'static [&'static str] {
        self.retired
    }
}
