//! In what two snapshots differ, in a terminal.

use crate::diff::{Both, EntriesDiff, MemoryDiff, ProgramDiff, SnapshotDiff};
use crate::table::table_lines;
use crate::units::{bytes_text, count_text, number_text, shortened};

/// Characters of a hash that are shown where the whole is in the JSON.
const HASH: usize = 16;

/// The comparison of two snapshots of these names, as lines of text.
pub fn diff_text(names: Both<&str>, diff: &SnapshotDiff) -> String {
    let mut text = format!("{} -> {}\n", names[0], names[1]);
    let mut line = |name: &str, what: &str| text.push_str(&format!("  {name:14} {what}\n"));
    line(
        "stable memory",
        &match (diff.bytes_changed, diff.stable_pages) {
            (0, [before, after]) if before == after => "the same".into(),
            (changed, pages) => format!("{}, {}", pages_text(pages), changed_text(changed)),
        },
    );
    line(
        "layout",
        &before_and_after(diff.layout.each_ref().map(String::as_str)),
    );
    if let Some(program) = &diff.program {
        for (name, what) in program_lines(program) {
            line(name, &what);
        }
    }
    for (which, damages) in ["before", "after"].iter().zip(&diff.damages) {
        for damage in damages {
            line("DAMAGED", &format!("{which}: {damage}"));
        }
    }
    if diff.bytes_changed > 0 {
        text.push_str(&memories_table(&diff.memories));
    }
    if diff.is_same {
        text.push_str("\nboth are the same\n");
    }
    text
}

fn program_lines(program: &ProgramDiff) -> Vec<(&'static str, String)> {
    let short = |hash: &String| hash.chars().take(HASH).collect::<String>();
    let [before, after] = program.module_hash.each_ref().map(short);
    let heap = match (program.heap_bytes_changed, program.heap_pages) {
        (0, [before, after]) if before == after => "the same".into(),
        (changed, pages) => format!("{}, {}", pages_text(pages), changed_text(changed)),
    };
    let mut lines = vec![
        ("module", before_and_after([&before, &after])),
        ("heap", heap),
    ];
    lines.extend(program.fields.iter().map(|field| {
        let [before, after] = field.values.each_ref().map(ToString::to_string);
        let name = match field.name {
            "certified_data" => "certified data",
            "global_timer" => "timer",
            "on_low_wasm_memory_hook_status" => "hook",
            "wasm_chunk_store" => "chunks",
            name => name,
        };
        (name, shortened(&before_and_after([&before, &after])))
    }));
    lines
}

fn memories_table(memories: &[MemoryDiff]) -> String {
    let changed = memories
        .iter()
        .filter(|memory| memory.bytes_changed > 0 || memory.pages[0] != memory.pages[1]);
    let rows = changed.map(|memory| {
        [
            memory.memory.map_or("all".into(), |id| id.to_string()),
            pages_text(memory.pages),
            bytes_text(memory.bytes_changed),
            what_text(memory),
        ]
    });
    let lines = table_lines(["memory", "pages", "changed", "what"], rows, &[3]);
    match lines.len() {
        0 | 1 => {
            "\n  no virtual memory differs: only where they lie, or what is between them\n".into()
        }
        _ => format!("\n {}\n", lines.join("\n ")),
    }
}

fn what_text(memory: &MemoryDiff) -> String {
    let what = match (&memory.entries, &memory.not_compared, &memory.content) {
        (Some(entries), _, _) => entries_text(entries),
        (None, Some(why), _) => format!("entries not compared: {why}"),
        (None, None, content) => {
            let content = content.each_ref().map(|content| content.as_deref());
            before_and_after(content.map(|content| content.unwrap_or("not there")))
        }
    };
    match &memory.collection {
        Some(name) => format!("{name}: {what}"),
        None => what,
    }
}

fn entries_text(entries: &EntriesDiff) -> String {
    format!(
        "entries: {} added, {} removed, {} changed, {} the same",
        number_text(entries.added),
        number_text(entries.removed),
        number_text(entries.changed),
        number_text(entries.same)
    )
}

fn before_and_after([before, after]: Both<&str>) -> String {
    match before == after {
        true => format!("the same: {before}"),
        false => format!("{before} -> {after}"),
    }
}

fn pages_text([before, after]: Both<u64>) -> String {
    match before == after {
        true => count_text(before, "page"),
        false => format!("{} -> {}", number_text(before), count_text(after, "page")),
    }
}

fn changed_text(bytes: u64) -> String {
    format!("{} changed", bytes_text(bytes))
}
