//! A rehearsal in a terminal.

use std::fmt::Write;

use ic_stable_migration::PAGE_BYTES;

use crate::run::{
    Compared, Coverage, Difference, FaultRun, MoveOutcome, Moved, Price, Rehearsed, Room, Upgraded,
};
use crate::table::table_lines;
use crate::units::{bytes_text, count_text, cycles_text, number_text, share_text};

/// Bytes of stable memory that one hook may dirty.
pub const DIRTY_LIMIT: u64 = 8 << 30;

/// The rehearsal of `path` as lines of text.
pub fn rehearsal_text(path: &str, rehearsed: &Rehearsed) -> String {
    let mut text = format!("{path}\n");
    for (title, upgraded, room) in parts(rehearsed) {
        text.push_str(&format!("\n{title}\n{}", lines(upgraded, room)));
    }
    let not_tried = rehearsed.not_tried.iter();
    for module in not_tried {
        text.push_str(&format!("\nnot tried: {module}\n"));
    }
    text.push_str(&format!("\n{}\n", verdict(rehearsed)));
    for failure in &rehearsed.failures {
        text.push_str(&format!("  {failure}\n"));
    }
    for line in coverage_lines(&rehearsed.interface) {
        text.push_str(&format!("{line}\n"));
    }
    text
}

/// The upgrades with a title each, and the last with what is reckoned from it.
pub fn parts(rehearsed: &Rehearsed) -> Vec<(String, &Upgraded, Option<&Room>)> {
    let upgrades = (1..).zip(&rehearsed.upgrades);
    let mut parts: Vec<_> = upgrades
        .map(|(number, upgraded)| {
            (
                format!("upgrade {number}: {}", upgraded.module),
                upgraded,
                None,
            )
        })
        .collect();
    if let Some(again) = &rehearsed.again {
        let title = format!("once more, to what it wrote itself: {}", again.module);
        parts.push((title, again, rehearsed.room.as_ref()));
    }
    parts
}

/// What it comes to.
pub fn verdict(rehearsed: &Rehearsed) -> &'static str {
    match (rehearsed.held, rehearsed.compared) {
        (true, true) => "everything held",
        (true, false) => "every upgrade went through; no answer could be compared",
        (false, _) => "NOT everything held",
    }
}

/// How much of the interface was asked, and what was not.
pub fn coverage_lines(coverage: &Coverage) -> Vec<String> {
    let Coverage {
        questions,
        queries,
        asked,
        not_asked,
    } = coverage;
    let mut lines = vec![format!(
        "{} asked before and after; {} of {} queries of the interface asked",
        count_text(*questions, "question"),
        number_text(*asked),
        number_text(*queries),
    )];
    // Those with one reason in one line.
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for unasked in not_asked {
        match reasons
            .iter_mut()
            .find(|(reason, _)| *reason == unasked.reason)
        {
            Some((_, names)) => names.push(&unasked.query),
            None => reasons.push((&unasked.reason, vec![&unasked.query])),
        }
    }
    for (reason, names) in reasons {
        lines.push(format!("not asked, {reason}: {}", names.join(", ")));
    }
    lines
}

fn lines(upgraded: &Upgraded, room: Option<&Room>) -> String {
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
    for (name, instructions) in [
        ("compile", upgraded.compile_instructions),
        ("together", upgraded.instructions),
    ] {
        let [dirtied, heap, stable] = [(); 3].map(|()| String::new());
        rows.push([
            name.into(),
            number_text(instructions),
            dirtied,
            heap,
            stable,
        ]);
    }
    let header = [
        "hook",
        "instructions",
        "dirtied",
        "heap\npages",
        "stable\npages",
    ];
    let mut text: String = table_lines(header, rows, &[0])
        .iter()
        .map(|line| format!(" {line}\n"))
        .collect();
    for (name, line) in facts(upgraded, room) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:14}{line}");
    }
    text
}

/// What there is to say of an upgrade beside its hooks: a name and a line each.
pub fn facts(upgraded: &Upgraded, room: Option<&Room>) -> Vec<(&'static str, String)> {
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
                share_text(heap, upgraded.heap_limit),
                bytes_text(upgraded.heap_limit),
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
        ("price", price_text(&upgraded.price)),
        (
            "time",
            format!("{} ms here", number_text(upgraded.milliseconds)),
        ),
    ];
    if let Some(failed) = &upgraded.failed {
        let line = match failed.hook {
            Some(hook) => format!("in {hook}: {}", failed.reason),
            None => failed.reason.clone(),
        };
        facts.push((
            "FAILED",
            format!("{line}; the canister is as it was before"),
        ));
    }
    if upgraded.timer.iter().any(Option::is_some) {
        facts.push(("timer", timer_text(upgraded.timer, upgraded.at)));
    }
    if let Some(moved) = upgraded.moved_at_once {
        let entries = count_text(moved, "entry");
        let text =
            format!("done in the upgrade itself: {entries} moved to stable maps and audited");
        facts.push(("migration", text));
    }
    if let Some(moved) = &upgraded.settled {
        facts.push(("migration", moved_text(moved)));
        let refused = moved.calls_refused.iter();
        let line = |call: &String| format!("{call}: a call to another canister, refused here");
        facts.extend(refused.map(|call| ("called", line(call))));
    }
    if let Some(answers) = &upgraded.answers {
        facts.push(("answers", answers_text(answers)));
        let differences = answers.different.iter();
        facts.extend(differences.map(|difference| ("DIFFERENT", difference_text(difference))));
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
    facts.extend(room.map(|room| ("room", room_text(room))));
    facts
}

/// When the global timer was due before and is due after, on a clock that stands `at`.
pub fn timer_text([before, after]: [Option<u64>; 2], at: u64) -> String {
    let told = |timer: Option<u64>| match timer {
        None => "not set".to_owned(),
        Some(due) if due <= at => "due".to_owned(),
        Some(due) => {
            let seconds = (due - at).div_ceil(1_000_000_000);
            format!("due in {}", count_text(seconds, "second"))
        }
    };
    format!("{} before, {} after", told(before), told(after))
}

fn moved_text(moved: &Moved) -> String {
    let how = match moved.outcome {
        MoveOutcome::Done => "done".to_owned(),
        MoveOutcome::Paused => "paused by a controller, and left so".to_owned(),
        MoveOutcome::Unfinished => {
            format!("NOT DONE: {};", moved.reason.as_deref().unwrap_or_default())
        }
    };
    let traps = match moved.traps {
        0 => String::new(),
        traps => format!(", {} of them trapped", number_text(traps)),
    };
    format!(
        "{how} after {} and {}{traps} ({} instructions, the largest {}); {} of heap, {} of stable memory",
        count_text(moved.seconds, "second"),
        count_text(moved.messages, "message"),
        number_text(moved.instructions),
        number_text(moved.largest_message),
        count_text(moved.heap_pages, "page"),
        count_text(moved.stable_pages, "page")
    )
}

/// How answers compare: what is the same is counted apart from what was refused both times.
pub fn answers_text(answers: &Compared) -> String {
    let mut text = format!(
        "{} of {} the same",
        number_text(answers.same),
        number_text(answers.asked)
    );
    for (count, how) in [
        (
            answers.in_other_order,
            "of them with a list in another order",
        ),
        (answers.refused_alike, "refused alike"),
        (answers.trapped_alike, "trapped alike"),
        (answers.different.len() as u64, "DIFFERENT"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {} {how}", number_text(count)));
        }
    }
    text
}

/// One answer that is not the same.
pub fn difference_text(difference: &Difference) -> String {
    let at = match &difference.at[..] {
        "" => "the reply",
        at => at,
    };
    format!(
        "{} at {at}: {} before, {} after",
        difference.question, difference.before, difference.after
    )
}

fn room_text(room: &Room) -> String {
    let cost = match room.fixed_instructions {
        None => format!(
            "{} instructions of the hooks",
            number_text(room.hook_instructions)
        ),
        Some(fixed) => format!(
            "{} instructions of the hooks, of which an empty canister takes {},",
            number_text(room.hook_instructions),
            number_text(fixed)
        ),
    };
    let size = match (room.saved_bytes, room.until_bytes) {
        (Some(now), Some(until)) => {
            format!(", {} instead of {}", bytes_text(until), bytes_text(now))
        }
        _ => String::new(),
    };
    format!(
        "{}{} times the state{size}: {cost} grow as it does, and may take {}",
        if room.at_least { "at least " } else { "" },
        times_text(room.times),
        number_text(room.limit)
    )
}

fn times_text(times: f64) -> String {
    match times {
        ..10.0 => format!("{times:.1}"),
        times => number_text(times as u64),
    }
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
                number_text(faults.tried.saturating_sub(faults.failures.len() as u64))
            )
        }
    }
}

/// What an upgrade costs, and what it leaves behind.
fn price_text(price: &Price) -> String {
    let wait = |rounds: u64| count_text(rounds, "round");
    format!(
        "{} on the first canister of a subnet, {} on every other until the next checkpoint; the next upgrade has to \
         wait {}, and {}",
        cycles_text(price.first_cycles),
        cycles_text(price.other_cycles),
        wait(price.first_rounds),
        wait(price.other_rounds)
    )
}
