//! What a release asks for, whether it says so while it runs or in its manifest.

use ic_stable_structures::Memory;

use super::{Changes, Registered};
use crate::mover::Tier;

/// The collections that a release claims, and what it says became of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    pub collections: Vec<Registered>,
    /// Old and new names.
    pub renamed: Vec<(String, String)>,
    pub retired: Vec<String>,
}

impl Claims {
    pub fn of<M: Memory>(tiers: &[Tier<'_, M>], changes: &Changes) -> Self {
        let renamed = changes.renamings().iter();
        let retired = changes.retirements().iter();
        Self {
            collections: tiers.iter().map(Registered::declared).collect(),
            renamed: renamed
                .map(|&(old, new)| (old.into(), new.into()))
                .collect(),
            retired: retired.map(|&name| name.into()).collect(),
        }
    }

    /// The name that a collection has now, if it had `old` before.
    pub fn new_name(&self, old: &str) -> Option<&str> {
        new_name(&self.renamed, old)
    }

    /// Whether a collection that is written down under `old` is the one that has this name now.
    pub fn is_now(&self, old: &str, name: &str) -> bool {
        self.new_name(old).unwrap_or(old) == name
    }

    /// The names under which a collection may be written down that has this one now.
    pub fn old_names(&self, name: &str) -> Vec<String> {
        let older = self.renamed.iter().map(|(old, _)| old);
        let older = older.filter(|old| self.new_name(old) == Some(name));
        older.cloned().chain([name.into()]).collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.collections.iter().any(|entry| entry.name == name)
    }

    pub fn retires(&self, name: &str) -> bool {
        self.retired.iter().any(|retired| retired == name)
    }

    /// The name of the collection that asks for an id.
    pub fn name_of(&self, id: u8) -> Option<String> {
        let mut collections = self.collections.iter();
        collections
            .find(|entry| entry.id == id)
            .map(|entry| entry.name.clone())
    }
}

/// The name that a collection has after renamings, if it had `old` before. A chain of them is followed to its end.
pub(crate) fn new_name<'a>(renamed: &'a [(String, String)], old: &str) -> Option<&'a str> {
    let mut name = None;
    for (from, to) in renamed {
        if from == name.unwrap_or(old) {
            name = Some(&to[..]);
        }
    }
    name
}
