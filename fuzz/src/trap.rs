//! Panics that are not this project's: those of a stable map that reads its own nodes, and of a type that reads its own
//! bytes, where these were damaged.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// The package whose panics can be forgiven.
const MAPS: &str = "/ic-stable-structures-";

thread_local! {
    static FORGIVING: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// What `run` gives; none where it panicked in a stable map, as a canister traps. Any other panic fails the target.
pub fn unless_a_map_traps<T>(run: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let fail = take_hook();
        set_hook(Box::new(move |panic| {
            let in_a_map = panic
                .location()
                .is_some_and(|location| location.file().contains(MAPS));
            if !(in_a_map && FORGIVING.get()) {
                fail(panic);
            }
        }));
    });
    FORGIVING.set(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    FORGIVING.set(false);
    result.ok()
}
