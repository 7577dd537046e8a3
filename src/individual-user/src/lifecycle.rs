//! What the hooks of all releases have in common. A release adds how it reads and writes stable memory, and says
//! so with [`stable::set`](crate::stable::set).

use candid::candid_method;

use crate::args::IndividualUserTemplateInitArgs;
use crate::state::{self, State};

#[cfg(all(feature = "hooks", target_family = "wasm"))]
mod hooks;

/// How large all virtual memories together may become: what a heap could hold, so that no state that was ever on
/// one is refused.
pub const CEILING: u64 = 4 << 30;

/// Begins with an empty state: what every `init` does. Its argument is the one the interface declares.
#[candid_method(init)]
pub fn begin(args: IndividualUserTemplateInitArgs) {
    resume(State::default(), args);
}

/// Goes on with `state`, and with what the upgrade's argument changes in it: what every `post_upgrade` does.
pub fn resume(mut state: State, args: IndividualUserTemplateInitArgs) {
    args.apply(&mut state.hot);
    state::replace(state);
}
