//! Where the move stands: as a whole, what holds it up, and by collection.

use ic_stable_migration::{CollectionStatus, Hindrance, MoveStatus, Pace, Stuck, WorkStatus};
use page::{Html, Tone};

use super::ago;
use super::words::{duration, grouped, size, tenths};
use crate::domain::memory::MigrationStatus;

/// Bytes of a key that are shown.
const SHOWN_KEY: usize = 40;

/// Nothing in a release that does not move.
pub fn html(status: &MigrationStatus, now: u64) -> Html {
    let (Some(moving), Some(pace)) = (&status.move_status, &status.pace) else {
        return Html::default();
    };
    let mut all = whole(pace);
    if let Some(hindrance) = &pace.hindrance {
        all.push(held_up(hindrance, moving));
    }
    all.push(moving.collections.iter().filter_map(difference).collect());
    all.push(Html::heading("Collections"));
    all.push(moving.collections.iter().map(collection).collect());
    if !moving.work.is_empty() {
        all.push(Html::heading("After the move"));
        all.push(moving.work.iter().map(work).collect());
    }
    all.push(facts(moving, now));
    all
}

fn whole(pace: &Pace) -> Html {
    let mut text = format!("{} %", pace.percent);
    if let Some(rate) = &pace.rate {
        text += &format!(
            ", {} entries and {} a second in the last {}",
            tenths(rate.entries_per_second),
            size(rate.bytes_per_second as u64),
            duration(rate.nanoseconds),
        );
    }
    if let Some(left) = pace.nanoseconds_left.filter(|left| *left > 0) {
        text += &format!(", {} left", duration(left));
    }
    let mut whole = Html::progress("Whole move", pace.percent.into(), 100, &text);
    if pace.percent < 100 {
        whole.push(Html::note(
            "An entry counts twice: when it is in stable memory, and when the audit has read it there.",
        ));
    }
    whole
}

fn held_up(hindrance: &Hindrance, moving: &MoveStatus) -> Html {
    let card = |tone, heading: &str, text: &str| Html::card(tone, heading, Html::paragraph(text));
    match (hindrance, &moving.stuck) {
        (
            Hindrance::Stuck,
            Some(Stuck {
                collection,
                key,
                reason,
            }),
        ) => {
            let heading = format!("Stuck in {collection}");
            let text = format!("At the key {}: {reason}", hex(key));
            card(Tone::Bad, &heading, &text)
        }
        (Hindrance::Trapped { reason, halvings }, _) => {
            let heading =
                format!("A step has trapped; the budget of the next is halved {halvings} times");
            card(Tone::Waiting, &heading, reason)
        }
        (Hindrance::NotCalled { reason }, _) => {
            card(Tone::Waiting, "The last step could not be called", reason)
        }
        // What the page begins with says it all.
        (Hindrance::Paused | Hindrance::GoesBack | Hindrance::Stuck | Hindrance::Differs, _) => {
            Html::default()
        }
    }
}

fn difference(of: &CollectionStatus) -> Option<Html> {
    let difference = of.difference?;
    let heading = format!("{} differs", of.name);
    let text = format!(
        "It had to hold {} entries of digest {:016x}; the audit found {} of digest {:016x}.",
        grouped(difference.expected_count),
        difference.expected_sum,
        grouped(difference.found_count),
        difference.found_sum,
    );
    Some(Html::card(Tone::Bad, &heading, Html::paragraph(&text)))
}

fn collection(of: &CollectionStatus) -> Html {
    let all = of.stable.saturating_add(of.left);
    let mut text = match of.left {
        0 => format!("{} entries, in memory {}", grouped(all), of.memory_id),
        left => format!(
            "{} of {}, {} on the heap",
            grouped(of.stable),
            grouped(all),
            grouped(left)
        ),
    };
    if of.audited {
        text += ", audited";
    }
    Html::progress(&of.name, of.stable, all, &text)
}

fn work(of: &WorkStatus) -> Html {
    let looked_at = grouped(of.entries);
    match (of.finished, of.left) {
        (Some(_), _) => Html::progress(&of.name, 1, 1, &format!("{looked_at} looked at, finished")),
        (None, Some(left)) => {
            let all = of.entries.saturating_add(left);
            let text = format!("{looked_at} of {} looked at", grouped(all));
            Html::progress(&of.name, of.entries, all, &text)
        }
        (None, None) => Html::progress(&of.name, 0, 1, &format!("{looked_at} looked at")),
    }
}

fn facts(moving: &MoveStatus, now: u64) -> Html {
    let times = [
        ("Begun", Some(moving.started)),
        ("Done", moving.finished),
        ("Last found to hold", moving.verified),
    ];
    let times = times
        .into_iter()
        .filter_map(|(name, at)| Some((name, ago(at?, now))));
    let steps = [
        ("Steps", grouped(moving.steps)),
        ("Instructions of all steps", grouped(moving.instructions)),
        (
            "Instructions of the largest step",
            grouped(moving.largest_step),
        ),
    ];
    let facts = times.chain(steps.into_iter().filter(|_| moving.steps > 0));
    Html::facts(facts.map(|(name, value)| (Html::text(name), Html::text(&value))))
}

/// The beginning of a key, in hexadecimal digits.
fn hex(key: &[u8]) -> String {
    let shown = key.iter().take(SHOWN_KEY);
    let mut hex: String = shown.map(|byte| format!("{byte:02x}")).collect();
    if key.len() > SHOWN_KEY {
        hex.push('…');
    }
    hex
}
