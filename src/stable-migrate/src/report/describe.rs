//! What a memory holds, in a line.

use ic_stable_migration::PAGE_BYTES;

use crate::recognition::{Certainty, Kind};
use crate::structure::{BTree, Slots, Structure};
use crate::survey::{
    Behind, Content, Forecast, JournalSurvey, Layout, LegacySurvey, MemorySurvey, MoveVerdict,
    SavedState, ValueSurvey, WorkSurvey,
};
use crate::units::{bytes_text, count_text, instructions_text, number_text};

/// A layout, in a line.
pub fn layout(layout: &Layout) -> String {
    match layout {
        Layout::Empty => "empty: no page".into(),
        Layout::Zeros => "nothing but zeros: pages were added and never written to".into(),
        Layout::Legacy(legacy) => self::legacy(legacy),
        Layout::Managed(managed) => format!(
            "memory manager, {} of {} ({}), room to grow to {}",
            count_text(managed.buckets, "bucket"),
            count_text(managed.bucket_pages.into(), "page"),
            bytes_text(u64::from(managed.bucket_pages) * PAGE_BYTES),
            bytes_text(managed.ceiling_bytes)
        ),
        Layout::NotOurs(foreign) => match foreign.kind {
            Kind::Unknown => format!("not ours: {}", foreign.what),
            // It may be a state of ours, but too little of it is there to say so.
            Kind::Cbor | Kind::MessagePack if foreign.certainty == Certainty::Possible => {
                format!("not known: perhaps {}", foreign.what)
            }
            _ => format!("not ours: {} ({})", foreign.what, foreign.certainty),
        },
        Layout::Damaged { first_bytes } => format!("damaged: starts with {first_bytes}"),
    }
}

fn legacy(legacy: &LegacySurvey) -> String {
    let codec = match legacy.codec {
        "messagepack" => "MessagePack",
        "candid" => "Candid",
        _ => "CBOR",
    };
    let front = match legacy.length_in_front {
        0 => String::new(),
        bytes => format!(" behind a length of {bytes} bytes"),
    };
    let entries = match legacy.entries {
        Some(entries) => format!(" of {}", count_text(entries, "entry")),
        None => String::new(),
    };
    format!(
        "legacy: one {codec} value{entries} from offset 0{front} ({})",
        legacy.certainty
    )
}

/// What lies behind a legacy value.
pub fn behind(legacy: &LegacySurvey) -> String {
    let all = format!("{} bytes", number_text(legacy.trailing_bytes));
    match legacy.behind {
        Behind::Zeros => format!("{all}, all zero"),
        Behind::OlderTail { bytes } => format!(
            "{all}, the first {} the end of an older, longer value, which adopting overwrites",
            number_text(bytes)
        ),
        Behind::Unexplained { bytes } => format!(
            "{all}, the first {} not zero and not explained: adopting refuses them unless the plan says to discard them",
            number_text(bytes)
        ),
        Behind::Apart { from, to } => format!(
            "{all}, with data of the canister's own from byte {} to {}: adopting refuses it unless the plan says to discard it",
            number_text(from),
            number_text(to)
        ),
    }
}

/// How a state will move.
pub fn forecast(forecast: Forecast) -> String {
    let instructions = instructions_text(forecast.instructions);
    let limit = instructions_text(forecast.limit);
    match forecast.verdict {
        MoveVerdict::InTheUpgrade => format!(
            "in the upgrade itself, with the default budget: about {instructions} instructions, limit {limit}"
        ),
        MoveVerdict::InSteps => format!(
            "goes on in steps, with the default budget: the upgrade that begins it takes about {instructions} instructions, limit {limit}"
        ),
        MoveVerdict::TooLarge => format!(
            "too large for one message: decoding takes about {instructions} instructions, limit {limit}"
        ),
    }
}

fn value(value: &ValueSurvey) -> String {
    let entries = match value.entries {
        Some(entries) => format!(" of {}", count_text(entries, "entry")),
        None => String::new(),
    };
    format!(
        "{}{entries}{}, {} bytes ({})",
        value.format,
        value.frame.text(),
        number_text(value.bytes),
        value.certainty
    )
}

/// What a memory holds, behind the name of its collection.
pub fn memory(memory: &MemorySurvey) -> String {
    let holds = content(&memory.content);
    match &memory.collection {
        Some(name) => format!("{name}: {holds}"),
        None => holds,
    }
}

/// The name of the content and, behind a colon, what is known of it.
pub fn content(content: &Content) -> String {
    match content {
        Content::SavedState(state) => saved_state(state),
        Content::NaiveFrame { payload_bytes } => {
            let bytes = number_text(*payload_bytes);
            format!("frame of 2023: u32 length, {bytes} bytes of CBOR")
        }
        Content::Value(value) => self::value(value),
        Content::Blank => "nothing but zeros".into(),
        Content::Unknown { first_bytes } => format!("unknown: starts with {first_bytes}"),
        Content::Structure(found) => structure(found),
    }
}

fn saved_state(state: &SavedState) -> String {
    let codec = match state.codec {
        "messagepack" => "MessagePack",
        _ => "CBOR",
    };
    let checked = match state.payload_verified {
        Some(true) => ", checksum right",
        Some(false) => ", checksum WRONG",
        None => "",
    };
    let journal = match (&state.journal, state.journal_bytes) {
        (_, 0) => "no journal".into(),
        (None, bytes) => format!("journal of {} bytes", number_text(bytes.into())),
        (Some(journal), bytes) => format!(
            "journal of {} bytes: {}",
            number_text(bytes.into()),
            journal_text(journal)
        ),
    };
    let application = state.application.as_ref();
    let application = application.map_or_else(String::new, |name| format!(" of {name:?}"));
    format!(
        "state of release {}{application}: {} bytes of {codec}{checked}, {journal}, generation {}",
        state.release,
        number_text(state.payload_bytes),
        state.generation
    )
}

fn journal_text(journal: &JournalSurvey) -> String {
    let entries = journal.collections.iter().map(|found| found.entries).sum();
    let moved: u64 = journal.collections.iter().map(|found| found.moved).sum();
    let paused = if journal.paused { ", paused" } else { "" };
    let how = match (journal.phase, journal.steps) {
        ("done", 0) if moved > 0 => "in an upgrade".to_owned(),
        (_, steps) => format!("after {}", count_text(steps, "step")),
    };
    let mut text = format!(
        "move {}{paused} {how}, {} in {}, {} moved",
        journal.phase,
        count_text(entries, "entry"),
        count_text(journal.collections.len() as u64, "collection"),
        number_text(moved)
    );
    for work in journal.work.iter().filter(|work| !work.finished) {
        text.push_str("; ");
        text.push_str(&work_text(work));
    }
    text
}

fn work_text(work: &WorkSurvey) -> String {
    let (name, entries) = (&work.name, number_text(work.entries));
    match (work.version, work.left) {
        (Some(version), left) => {
            let left =
                left.map_or_else(String::new, |left| format!(", {} left", number_text(left)));
            format!("values of {name} to version {version}: {entries} looked at{left}")
        }
        (None, _) => format!(
            "job {name}: {} looked at",
            count_text(work.entries, "entry")
        ),
    }
}

fn structure(structure: &Structure) -> String {
    match structure {
        Structure::StableBTreeMap(map) => btree(map),
        Structure::StableCell { value_bytes } => {
            format!("StableCell: {} bytes", number_text(*value_bytes))
        }
        Structure::StableLogIndex {
            entries,
            data_bytes,
        } => format!(
            "StableLog, index: {} of {} bytes together",
            count_text(*entries, "entry"),
            number_text(*data_bytes)
        ),
        Structure::StableLogData { index_memory } => match index_memory {
            Some(index) => format!("StableLog, data: entries of the log in memory {index}"),
            None => "StableLog, data".into(),
        },
        Structure::StableVec(found) => slots("StableVec", found),
        Structure::StableMinHeap(found) => slots("StableMinHeap", found),
        Structure::Newer { name, layout } => {
            format!("{name} in layout {layout}, which is newer than this release")
        }
    }
}

fn slots(name: &str, slots: &Slots) -> String {
    format!(
        "{name}: {} of {} bytes",
        count_text(slots.entries, "entry"),
        slots.slot_bytes
    )
}

fn btree(map: &BTree) -> String {
    let mut text = format!("StableBTreeMap: {}", count_text(map.entries, "entry"));
    let Some(walk) = &map.walk else {
        return text;
    };
    if walk.nodes > 0 {
        text.push_str(&format!(
            " in {} of {}, {} % full",
            count_text(walk.nodes, "node"),
            bytes_text(map.node_bytes),
            walk.node_use_percent
        ));
    }
    for (count, thing) in [
        (walk.overflow_pages, "overflow page"),
        (walk.free_chunks, "free node"),
        (walk.unreachable_chunks, "unreachable node"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {}", count_text(count, thing)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_says_what_it_takes_and_what_there_is() {
        let text = |verdict| {
            forecast(Forecast {
                verdict,
                instructions: 4_600_000_000,
                limit: 300_000_000_000,
            })
        };
        let takes = "about 4.6 B instructions, limit 300 B";
        for (verdict, start) in [
            (MoveVerdict::InTheUpgrade, "in the upgrade itself"),
            (MoveVerdict::InSteps, "goes on in steps"),
            (MoveVerdict::TooLarge, "too large for one message"),
        ] {
            let text = text(verdict);
            assert!(text.starts_with(start) && text.ends_with(takes), "{text}");
        }
    }
}
