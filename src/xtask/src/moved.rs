//! What a rehearsal shows of the move to stable maps, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use ic_stable_migration::CollectionStatus;
use serde::Serialize;

use crate::rehearsal::Size;
use crate::table::{Align, Table, grouped};

/// A move that came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// What its steps did.
    pub steps: Steps,
    /// Pages before it.
    pub before: Pages,
    /// Pages after it.
    pub after: Pages,
    /// Each collection, in the order in which they moved.
    pub collections: Vec<MovedCollection>,
}

/// The steps of a move, each a message of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Steps {
    /// Steps that moved or audited something.
    pub done: u64,
    /// Steps that trapped and so did nothing.
    pub undone: u64,
    /// Seconds on the canister's clock.
    pub seconds: u64,
    /// Instructions of all steps that were done.
    pub instructions: u64,
    /// Instructions of the largest.
    pub most_instructions: u64,
    /// The most bytes of heap and stable memory that one dirtied, in pages of 4 KiB.
    pub most_dirty_bytes: u64,
}

/// What a canister takes up, in pages of 64 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pages {
    /// Heap: the high-water mark since the module was installed.
    pub heap: u64,
    /// Stable memory.
    pub stable: u64,
    /// Stable pages that each virtual memory owns, by its id.
    pub memories: BTreeMap<u8, u64>,
}

/// One collection after its move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedCollection {
    /// Its name.
    pub name: String,
    /// The id of its virtual memory, which it may share.
    pub memory: u8,
    /// Entries in its stable map.
    pub entries: u64,
    /// Encoded bytes of those that were moved there.
    pub bytes: u64,
    /// Digest of the content over keys and values, in hex: independent of where the entries are.
    pub digest: String,
    /// Whether the audit read a content of this digest from the stable map.
    pub digest_equal: bool,
}

impl From<Size> for Pages {
    fn from(size: Size) -> Self {
        Self {
            heap: size.heap_pages,
            stable: size.stable_pages,
            memories: size.contents.memories,
        }
    }
}

impl MovedCollection {
    /// A collection of which the canister says this.
    pub fn new(at: &CollectionStatus) -> Self {
        Self {
            name: at.name.clone(),
            memory: at.memory_id,
            entries: at.stable,
            bytes: at.bytes,
            digest: format!("{:016x}", at.digest),
            digest_equal: at.audited && at.difference.is_none(),
        }
    }
}

impl Moved {
    /// The collections that hold anything, as a table.
    fn table(&self) -> Table {
        let mut table = Table::new(&[
            ("collection", Align::Left),
            ("entries", Align::Right),
            ("bytes", Align::Right),
            ("virtual memory", Align::Right),
            ("digest", Align::Left),
        ]);
        for collection in self.collections.iter().filter(|at| at.entries > 0) {
            let equal = match collection.digest_equal {
                true => "equal",
                false => "NOT equal",
            };
            table.row([
                collection.name.clone(),
                grouped(collection.entries),
                grouped(collection.bytes),
                collection.memory.to_string(),
                format!("{} {equal}", collection.digest),
            ]);
        }
        table
    }

    fn digests(&self) -> String {
        let equal = self.collections.iter().filter(|at| at.digest_equal).count();
        format!("{equal} of {} digests equal", self.collections.len())
    }
}

/// The collections as a table, and the rest in sentences.
impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, .. } = self;
        let entries = self.collections.iter().map(|each| each.entries).sum();
        writeln!(f, "{}", self.table())?;
        match steps.done {
            0 => writeln!(
                f,
                "The move, in the upgrade itself: {} entries; {}.",
                grouped(entries),
                self.digests(),
            )?,
            done => writeln!(
                f,
                "The move: {} entries in {} of the timer; {}.",
                grouped(entries),
                counted(done),
                self.digests(),
            )?,
        }
        if steps.undone > 0 {
            let undone = counted(steps.undone);
            writeln!(
                f,
                "Undone and tried again with less: {undone} that trapped."
            )?;
        }
        if steps.done > 0 {
            writeln!(
                f,
                "Largest step: {} instructions, {} bytes of heap and stable memory dirtied.",
                grouped(steps.most_instructions),
                grouped(steps.most_dirty_bytes),
            )?;
        }
        let (before, after) = (&self.before, &self.after);
        writeln!(
            f,
            "Heap pages: {} before, {} after. Stable pages: {} before, {} after: {}.",
            grouped(before.heap),
            grouped(after.heap),
            grouped(before.stable),
            grouped(after.stable),
            after.owners(),
        )
    }
}

impl Pages {
    /// Whose the stable pages are.
    fn owners(&self) -> String {
        let memory_0 = self.memories.get(&0).copied().unwrap_or(0);
        let maps: u64 = self.memories.range(1..).map(|(_, pages)| pages).sum();
        format!(
            "{} of memory 0, {} of {}, {} of the manager or nobody's",
            grouped(memory_0),
            grouped(maps),
            match self.memories.range(1..).count() {
                1 => "1 map".to_owned(),
                maps => format!("{maps} maps"),
            },
            grouped(self.stable.saturating_sub(memory_0 + maps)),
        )
    }
}

fn counted(steps: u64) -> String {
    match steps {
        1 => "1 step".to_owned(),
        _ => format!("{} steps", grouped(steps)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved() -> Moved {
        let collection = |name: &str, memory, entries| MovedCollection {
            name: name.to_owned(),
            memory,
            entries,
            bytes: entries * 10,
            digest: "00000000000000d1".to_owned(),
            digest_equal: true,
        };
        let pages = |heap, stable, memories: &[(u8, u64)]| Pages {
            heap,
            stable,
            memories: memories.iter().copied().collect(),
        };
        Moved {
            steps: Steps {
                done: 3,
                undone: 0,
                seconds: 3,
                instructions: 2_345_678,
                most_instructions: 1_234_567,
                most_dirty_bytes: 8_192,
            },
            before: pages(12, 4, &[(0, 2)]),
            after: pages(13, 8, &[(0, 2), (1, 2), (2, 2)]),
            collections: vec![
                collection("posts", 1, 40),
                collection("likes", 2, 1_200),
                collection("rooms", 3, 0),
            ],
        }
    }

    #[test]
    fn a_move_is_told_in_a_table_and_four_lines() {
        let expected = "\
collection  entries   bytes  virtual memory  digest
──────────  ───────  ──────  ──────────────  ──────────────────────
posts            40     400               1  00000000000000d1 equal
likes         1 200  12 000               2  00000000000000d1 equal

The move: 1 240 entries in 3 steps of the timer; 3 of 3 digests equal.
Largest step: 1 234 567 instructions, 8 192 bytes of heap and stable memory dirtied.
Heap pages: 12 before, 13 after. Stable pages: 4 before, 8 after: 2 of memory 0, 4 of 2 maps, 2 of the manager or nobody's.
";
        assert_eq!(moved().to_string(), expected);
    }

    #[test]
    fn a_move_in_the_upgrade_has_no_steps_to_tell_of() {
        let mut moved = moved();
        moved.steps = Steps::default();
        let text = moved.to_string();
        let told =
            "The move, in the upgrade itself: 1 240 entries; 3 of 3 digests equal.\nHeap pages";
        assert!(text.contains(told), "{text}");
    }

    #[test]
    fn steps_that_trapped_and_digests_that_differ_are_not_hidden() {
        let mut moved = moved();
        moved.steps.undone = 1;
        moved.collections[1].digest_equal = false;
        let text = moved.to_string();
        for part in [
            "1 step that trapped",
            "00000000000000d1 NOT equal",
            "2 of 3 digests equal",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_script_reads_the_same_figures() {
        let json = serde_json::to_value(moved()).unwrap();
        assert_eq!(json["steps"]["most_instructions"], 1_234_567);
        assert_eq!(json["after"]["memories"]["0"], 2);
        assert_eq!(json["collections"][1]["digest_equal"], true);
        assert_eq!(json["collections"][1]["digest"], "00000000000000d1");
    }
}
