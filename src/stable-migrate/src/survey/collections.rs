//! What this library's journal says of the memories, held against what they hold.

use ic_stable_migration::{MoveJournal, Size};

use super::content::Content;
use super::journal::{JournalSurvey, RegisteredSurvey};
use super::managed::MemorySurvey;
use crate::report::content_text;
use crate::structure::Structure;

/// The size of the keys in the map of a memory, by what is written down of its collections; none where nothing is.
pub fn key_size(journal: &MoveJournal, memory: u8) -> Option<Size> {
    let mut registry = journal.registry.iter();
    let owner = registry.find(|entry| entry.memory_id() == memory)?;
    Some(match owner.shape.kind.shared_memory() {
        Some(_) => Size::Unbounded,
        None => owner.shape.key,
    })
}

/// Gives each memory the name of its collection, and notes what is not there as it is written down.
pub fn name(memories: &mut [MemorySurvey], damages: &mut Vec<String>) {
    let journal = memories.iter().find_map(|memory| match &memory.content {
        Content::SavedState(state) => state.journal.clone(),
        _ => None,
    });
    let Some(journal) = journal else { return };
    for memory in &mut *memories {
        let entries: Vec<_> = journal.registered(memory.id).collect();
        if entries.is_empty() {
            continue;
        }
        let names = names(&journal, &entries);
        let other = match &memory.content {
            Content::Structure(Structure::StableBTreeMap(_) | Structure::Newer { .. })
            | Content::Blank => false,
            // What could not be followed was noted already.
            Content::Unknown { .. } => false,
            _ => entries.iter().any(|entry| !entry.retired),
        };
        if other {
            let owner = match entries.len() {
                1 => "the collection",
                _ => "the collections",
            };
            damages.push(format!(
                "memory {}: it is written down as the map of {owner} {names}, and holds {}",
                memory.id,
                content_text(&memory.content)
            ));
        }
        memory.collection = Some(names);
    }
    damages.extend(lost(memories, &journal));
}

/// The names of a memory's collections; of several that share it, of those that have entries.
fn names(journal: &JournalSurvey, entries: &[&RegisteredSurvey]) -> String {
    let has_entries = |entry: &&&RegisteredSurvey| journal.entries_of(entry.id) > 0;
    let filled: Vec<_> = entries.iter().filter(has_entries).collect();
    let told = if filled.is_empty() {
        entries.iter().collect()
    } else {
        filled
    };
    let names: Vec<_> = told.iter().map(|entry| entry.name.as_str()).collect();
    names.join(", ")
}

/// The maps that should hold all entries of their collections, by the journal, and do not.
fn lost(memories: &[MemorySurvey], journal: &JournalSurvey) -> Vec<String> {
    let mut ids: Vec<_> = journal.collections.iter().map(|at| at.memory).collect();
    ids.sort_unstable();
    ids.dedup();
    let counted = ids.into_iter().filter_map(|id| {
        let mut sharing = journal.collections.iter().filter(|at| at.memory == id);
        if !sharing.clone().all(|at| at.complete) {
            return None;
        }
        let expected: u64 = sharing.clone().map(|at| at.entries).sum();
        let memory = memories.iter().find(|memory| memory.id == id);
        let entries = match memory.map(|memory| &memory.content) {
            None | Some(Content::Blank) => 0,
            Some(Content::Structure(Structure::StableBTreeMap(map))) => map.entries,
            // Noted already.
            Some(_) => return None,
        };
        let first = sharing.next()?;
        let owner = match sharing.count() {
            0 => format!("the collection {} has", first.name),
            others => format!("the collection {} and {others} others have", first.name),
        };
        (entries != expected).then(|| {
            format!("memory {id}: {owner} {expected} entries by the journal, and its map {entries}")
        })
    });
    counted.collect()
}
