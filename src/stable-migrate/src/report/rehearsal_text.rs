//! A rehearsal in a terminal.

use std::fmt::Write;

use ic_stable_migration::PAGE_BYTES;

use crate::run::{Compared, FaultRun, Rehearsed, Settled, Upgraded};
use crate::table::table_lines;
use crate::units::{bytes_text, count_text, number_text, share_text};

/// The heap that a canister may have by default.
pub const HEAP_LIMIT: u64 = 3 << 30;

/// Bytes of stable memory that one hook may dirty.
pub const DIRTY_LIMIT: u64 = 8 << 30;

/// The rehearsal of `path` as lines of text.
pub fn rehearsal_text(path: &str, rehearsed: &Rehearsed) -> String {
    let mut text = format!("{path}\n");
    for (number, upgraded) in (1..).zip(&rehearsed.upgrades) {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\nupgrade {number}: {}\n{}",
            upgraded.module,
            lines(upgraded)
        );
    }
    let left_out = match &rehearsed.left_out[..] {
        [] => String::new(),
        names => format!("; not asked: {}", names.join(", ")),
    };
    let _ = writeln!(
        text,
        "\n{}; {} asked before and after{left_out}",
        verdict(rehearsed),
        count_text(rehearsed.questions, "question")
    );
    text
}

/// What it comes to.
pub fn verdict(rehearsed: &Rehearsed) -> &'static str {
    match rehearsed.held {
        true => "everything held",
        false => "NOT everything held",
    }
}

fn lines(upgraded: &Upgraded) -> String {
    let mut rows: Vec<[String; 5]> = upgraded
        .hooks
        .iter()
        .map(|hook| {
            [
                hook.name.to_owned(),
                number_text(hook.instructions),
                bytes_text(hook.dirty_bytes),
                number_text(hook.heap_pages),
                number_text(hook.stable_pages),
            ]
        })
        .collect();
    let empty = String::new;
    let compile = number_text(upgraded.compile_instructions);
    rows.push(["compile".into(), compile, empty(), empty(), empty()]);
    let all = number_text(upgraded.instructions);
    rows.push(["together".into(), all, empty(), empty(), empty()]);
    let header = [
        "hook",
        "instructions",
        "dirtied",
        "heap pages",
        "stable pages",
    ];
    let mut text: String = table_lines(header, rows, &[0])
        .iter()
        .map(|line| format!(" {line}\n"))
        .collect();
    for (name, line) in facts(upgraded) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:14}{line}");
    }
    text
}

/// What there is to say of an upgrade beside its hooks: a name and a line each.
pub fn facts(upgraded: &Upgraded) -> Vec<(&'static str, String)> {
    let heap = upgraded.heap_high_water * PAGE_BYTES;
    let dirtied = upgraded.hooks.iter().map(|hook| hook.dirty_bytes).max();
    let dirtied = dirtied.unwrap_or(0);
    let mut facts = vec![
        (
            "instructions",
            format!(
                "{} of the limit of {}",
                share_text(upgraded.instructions, upgraded.instructions_limit),
                number_text(upgraded.instructions_limit)
            ),
        ),
        (
            "heap",
            format!(
                "{} at most, {} of {}; {} when it was over",
                count_text(upgraded.heap_high_water, "page"),
                share_text(heap, HEAP_LIMIT),
                bytes_text(HEAP_LIMIT),
                count_text(upgraded.heap_pages, "page")
            ),
        ),
        (
            "dirtied",
            format!(
                "{} at most in one hook, {} of {}",
                bytes_text(dirtied),
                share_text(dirtied, DIRTY_LIMIT),
                bytes_text(DIRTY_LIMIT)
            ),
        ),
        (
            "time",
            format!("{} ms here", number_text(upgraded.milliseconds)),
        ),
    ];
    facts.extend(
        upgraded
            .settled
            .as_ref()
            .map(|settled| ("migration", settled_text(settled))),
    );
    if let Some(answers) = &upgraded.answers {
        facts.push(("answers", answers_text(answers)));
        facts.extend(answers.different.iter().map(|difference| {
            let line = format!(
                "{} at {}: {} before, {} after",
                difference.question,
                match &difference.at[..] {
                    "" => "the reply",
                    at => at,
                },
                difference.before,
                difference.after
            );
            ("DIFFERENT", line)
        }));
    }
    if let Some(faults) = &upgraded.faults {
        facts.push(("traps", faults_text(faults)));
        facts.extend(
            faults
                .failures
                .iter()
                .map(|failure| ("NOT UNDONE", failure.clone())),
        );
    }
    facts
}

fn settled_text(settled: &Settled) -> String {
    format!(
        "done after {} and {} ({} instructions, the largest {}); {} of heap, {} of stable memory",
        count_text(settled.seconds, "second"),
        count_text(settled.messages, "message"),
        number_text(settled.instructions),
        number_text(settled.largest_message),
        count_text(settled.heap_pages, "page"),
        count_text(settled.stable_pages, "page")
    )
}

fn answers_text(answers: &Compared) -> String {
    let same = answers.asked - answers.different.len() as u64;
    let order = match answers.in_other_order {
        0 => String::new(),
        count => format!(", {} with a list in another order", number_text(count)),
    };
    format!(
        "{} of {} the same{order}",
        number_text(same),
        number_text(answers.asked)
    )
}

fn faults_text(faults: &FaultRun) -> String {
    match faults.stable_writes {
        0 => "none: the upgrade writes nothing to stable memory".into(),
        writes => {
            let at = match faults.every {
                1 => "at each".to_owned(),
                every => format!("at one in {every}"),
            };
            format!(
                "{} {at} of {}: {} undone; then the upgrade worked",
                count_text(faults.tried, "trap"),
                count_text(writes, "stable write"),
                number_text(faults.tried - faults.failures.len() as u64)
            )
        }
    }
}
