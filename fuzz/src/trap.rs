//! Panics that are not this project's: those of a stable map that reads its own nodes, and of a type that reads its own
//! bytes, where these were damaged.

use std::backtrace::Backtrace;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// The package whose panics can be forgiven.
const MAPS: &str = "/ic-stable-structures-";

thread_local! {
    static FORGIVING: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

fn is_in_a_map(panic: &PanicHookInfo) -> bool {
    let location = panic.location();
    location.is_some_and(|location| location.file().contains(MAPS))
}

/// Whether a map followed a damaged address out of its memory, which refuses that as the system's memory does.
fn is_a_map_read_outside(panic: &PanicHookInfo) -> bool {
    let told = panic.to_string();
    let refused = told.contains(" bytes at ") && told.contains(", which has ");
    refused && Backtrace::force_capture().to_string().contains(MAPS)
}

/// What `run` gives; none where it panicked in a stable map, as a canister traps. Any other panic fails the target.
pub fn unless_a_map_traps<T>(run: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let fail = take_hook();
        set_hook(Box::new(move |panic| {
            if !(FORGIVING.get() && (is_in_a_map(panic) || is_a_map_read_outside(panic))) {
                fail(panic);
            }
        }));
    });
    FORGIVING.set(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    FORGIVING.set(false);
    result.ok()
}
