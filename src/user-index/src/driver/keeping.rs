//! What is kept of every change, in the message that made it.

use fleet::{Event, Fleet};

use super::now;
use crate::state::hot::Logged;
use crate::state::stored::Stored;
use crate::state::{self, KEPT_ERRORS, KEPT_EVENTS, State};

/// Bytes of an error that are kept.
const ERROR_BYTES: usize = 500;

/// Keeps the records that changed, the head, and what happened.
pub fn keep(fleet: &mut Fleet, events: &[Event]) {
    let changed = fleet.take_changed();
    state::with(|state| {
        for place in changed {
            if let Some(record) = fleet.records().get(place as usize) {
                state.records.insert(place, Stored(record.clone()));
            }
        }
        for event in events {
            append(state, event);
        }
        if let Some(run) = &mut state.hot.run {
            run.head.clone_from(fleet.head());
        }
    });
}

/// Adds an event to those that are kept, and drops the oldest if there are too many.
fn append(state: &mut State, event: &Event) {
    let number = state.hot.next_event;
    let text = serde_json::to_string(event).unwrap_or_else(|error| format!("\"{error}\""));
    state.events.insert(number, text);
    if let Some(old) = number.checked_sub(KEPT_EVENTS) {
        state.events.remove(&old);
    }
    state.hot.next_event = number + 1;
}

/// Keeps an error of the index itself. One that is the same as the last is not kept twice.
pub fn note_error(text: String) {
    let at = now().0;
    let end = text.floor_char_boundary(ERROR_BYTES);
    let text = text[..end].to_owned();
    state::with(|state| {
        let errors = &mut state.hot.errors;
        match errors.last_mut() {
            Some(last) if last.text == text => last.at = at,
            _ => errors.push(Logged { at, text }),
        }
        if errors.len() > KEPT_ERRORS {
            errors.remove(0);
        }
    });
}
