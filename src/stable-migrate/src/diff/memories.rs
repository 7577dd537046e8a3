//! In what the virtual memories of two stable memories differ.

use std::rc::Rc;

use ic_stable_migration::BucketTable;
use serde::Serialize;

use super::Both;
use super::entries::{self, EntriesDiff};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::report::{content_text, layout_text};
use crate::structure::{KeyField, Structure};
use crate::survey::{Content, Layout, ManagedSurvey, MemorySurvey, Survey};
use crate::virtual_memory::{Flaw, VirtualMemory};

/// In what one virtual memory differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct MemoryDiff {
    /// Its id; absent for a whole stable memory that no manager divides.
    pub memory: Option<u8>,
    /// The collections that are written down for it.
    pub collection: Option<String>,
    /// Its pages of 64 KiB; 0 where it is not there.
    pub pages: Both<u64>,
    /// Bytes in which it differs. A shorter one counts as if zeros followed.
    pub bytes_changed: u64,
    /// What it holds, in words; absent where it is not there.
    pub content: Both<Option<String>>,
    /// In what the entries of its map differ; absent where it is no map, or they could not be compared.
    pub entries: Option<EntriesDiff>,
    /// Why the entries of its map could not be compared.
    pub not_compared: Option<String>,
}

/// All of them.
///
/// # Errors
/// [`Error::Io`].
pub fn of(images: Both<&Rc<Image>>, surveys: &Both<Survey>) -> Result<Vec<MemoryDiff>> {
    let [before, after] = surveys;
    match (&before.layout, &after.layout) {
        (Layout::Managed(before), Layout::Managed(after)) => managed(images, [before, after]),
        (before, after) => {
            let memories = images.map(|image| VirtualMemory::whole(image));
            Ok(vec![MemoryDiff {
                memory: None,
                collection: None,
                pages: images.map(|image| image.pages()),
                bytes_changed: memories[0].changed_bytes(&memories[1])?,
                content: [before, after].map(|layout| Some(layout_text(layout))),
                entries: None,
                not_compared: None,
            }])
        }
    }
}

fn managed(images: Both<&Rc<Image>>, surveys: Both<&ManagedSurvey>) -> Result<Vec<MemoryDiff>> {
    let [before, after] = images.map(table);
    let tables = [before?, after?];
    let all = surveys.into_iter().flat_map(|survey| &survey.memories);
    let mut ids: Vec<u8> = all.map(|memory| memory.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter()
        .map(|id| {
            let found = surveys.map(|survey| survey.memories.iter().find(|found| found.id == id));
            let memories = [0, 1].map(|at| VirtualMemory::of(images[at], &tables[at], id));
            one(id, found, &memories)
        })
        .collect()
}

/// The bucket table of an image in which a manager was found.
fn table(image: &Rc<Image>) -> Result<BucketTable> {
    let table = BucketTable::read(&**image);
    image.check()?;
    let contradicts = |damage| Error::Contradicts {
        path: image.path().to_owned(),
        damage,
    };
    let table = table.map_err(contradicts)?;
    table.ok_or_else(|| contradicts("it has no memory manager".into()))
}

fn one(
    id: u8,
    found: Both<Option<&MemorySurvey>>,
    memories: &Both<VirtualMemory>,
) -> Result<MemoryDiff> {
    let [before, after] = memories;
    let (entries, not_compared) = match compared(found, memories) {
        Ok(entries) => (entries, None),
        Err(Flaw::Damaged(why)) => (None, Some(why)),
        Err(Flaw::Unreadable(error)) => return Err(error),
    };
    let collections = found.map(|found| found.and_then(|found| found.collection.clone()));
    let [earlier, later] = collections;
    Ok(MemoryDiff {
        memory: Some(id),
        collection: later.or(earlier),
        pages: found.map(|found| found.map_or(0, |found| found.pages)),
        bytes_changed: before.changed_bytes(after)?,
        content: found.map(|found| Some(content_text(&found?.content))),
        entries,
        not_compared,
    })
}

/// The entries of two maps; none where one is something else.
fn compared(
    found: Both<Option<&MemorySurvey>>,
    memories: &Both<VirtualMemory>,
) -> std::result::Result<Option<EntriesDiff>, Flaw> {
    let sides = found.map(side);
    let [Some(before), Some(after)] = sides else {
        return Ok(None);
    };
    let is_map = |side: &Held| matches!(side, Held::Map(..));
    if !is_map(&before) && !is_map(&after) {
        return Ok(None);
    }
    let keys = |side: &Held| match side {
        Held::Map(keys) => *keys,
        Held::Nothing => None,
    };
    let keys = match (keys(&before), keys(&after)) {
        (Some(before), Some(after)) if before != after => {
            return Err(Flaw::Damaged("its keys are of other types".into()));
        }
        (before, after) => before.or(after),
    };
    let Some(keys) = keys else {
        return Err(Flaw::Damaged(
            "how large its keys are is not written down and does not follow".into(),
        ));
    };
    let memories = [(&before, &memories[0]), (&after, &memories[1])];
    entries::compare(
        memories.map(|(side, memory)| is_map(side).then_some(memory)),
        keys,
    )
    .map(Some)
}

/// What can be compared entry by entry.
enum Held {
    /// A map, and how its keys stand in its nodes, if that is known.
    Map(Option<KeyField>),
    /// No memory, or one that nothing was written to.
    Nothing,
}

fn side(found: Option<&MemorySurvey>) -> Option<Held> {
    match found.map(|found| &found.content) {
        None | Some(Content::Blank) => Some(Held::Nothing),
        Some(Content::Structure(Structure::StableBTreeMap(map))) => {
            Some(Held::Map(map.walk.as_ref().and_then(|walk| walk.keys)))
        }
        Some(_) => None,
    }
}
