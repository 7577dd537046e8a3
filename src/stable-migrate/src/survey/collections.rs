//! What this library's journal says of the memories, held against what they hold.

use super::content::{Content, JournalSurvey};
use super::managed::MemorySurvey;
use crate::report::content_text;
use crate::structure::Structure;

/// Gives each memory the name of its collection, and notes what is not there as it is written down.
pub fn name(memories: &mut [MemorySurvey], damages: &mut Vec<String>) {
    let journal = memories.iter().find_map(|memory| match &memory.content {
        Content::SavedState(state) => state.journal.clone(),
        _ => None,
    });
    let Some(journal) = journal else { return };
    for memory in &mut *memories {
        let Some(entry) = journal.registered(memory.id) else {
            continue;
        };
        memory.collection = Some(entry.name.clone());
        let other = match &memory.content {
            Content::Structure(Structure::StableBTreeMap(_) | Structure::Newer { .. })
            | Content::Blank => false,
            // What could not be followed was noted already.
            Content::Unknown { .. } => false,
            _ => !entry.retired,
        };
        if other {
            damages.push(format!(
                "memory {}: it is written down as the map of the collection {}, and holds {}",
                memory.id,
                entry.name,
                content_text(&memory.content)
            ));
        }
    }
    damages.extend(lost(memories, &journal));
}

/// The collections whose entries are all in their maps, by the journal, and are not.
fn lost(memories: &[MemorySurvey], journal: &JournalSurvey) -> Vec<String> {
    let complete = journal.collections.iter().filter(|found| found.complete);
    let counted = complete.filter_map(|found| {
        let memory = memories.iter().find(|memory| memory.id == found.memory);
        let entries = match memory.map(|memory| &memory.content) {
            None | Some(Content::Blank) => 0,
            Some(Content::Structure(Structure::StableBTreeMap(map))) => map.entries,
            // Noted already.
            Some(_) => return None,
        };
        (entries != found.entries).then(|| {
            format!(
                "memory {}: the collection {} has {} entries by the journal, and its map {entries}",
                found.memory, found.name, found.entries
            )
        })
    });
    counted.collect()
}
