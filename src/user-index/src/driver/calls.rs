//! Which calls somebody waits for, in this heap. An upgrade forgets them all, as it forgets those who wait.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use fleet::Time;

/// Seconds in which a message to itself must have come.
const SEND_LIMIT: u64 = 60;
/// Seconds that the longest call may take: two calls to the management canister, one after the other, of 5 minutes each, and a
/// good deal more, since an answer that comes later is not used any more.
const CALL_LIMIT: u64 = 900;

#[derive(Clone, Copy)]
struct Open {
    token: u64,
    since: Time,
    made: bool,
}

thread_local! {
    static OPEN: RefCell<BTreeMap<u32, Open>> = const { RefCell::new(BTreeMap::new()) };
    static TOKENS: Cell<u64> = const { Cell::new(0) };
}

/// Calls of the old module are open, whose answers the new one could not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} calls are open, and their answers would be lost: stop the canister first (`icp canister stop`, at most 5 minutes), \
     upgrade it, and start it again"
)]
pub struct OpenCallsError(usize);

/// A call was decided, and a message sent that is to make it. Returns the token by which the message is known.
pub fn sent(place: u32, since: Time) -> u64 {
    let token = TOKENS.get() + 1;
    TOKENS.set(token);
    let open = Open {
        token,
        since,
        made: false,
    };
    OPEN.with_borrow_mut(|calls| calls.insert(place, open));
    token
}

/// The call is made now. False if it is not to be made any more.
pub fn made(place: u32, token: u64) -> bool {
    OPEN.with_borrow_mut(|calls| match calls.get_mut(&place) {
        Some(open) if open.token == token && !open.made => {
            open.made = true;
            true
        }
        _ => false,
    })
}

/// The call has its answer. False if it was given up before.
pub fn ended(place: u32, token: u64) -> bool {
    OPEN.with_borrow_mut(|calls| {
        let waits = calls.get(&place).is_some_and(|open| open.token == token);
        if waits {
            calls.remove(&place);
        }
        waits
    })
}

/// Nobody is to wait any more.
pub fn forget(place: u32) {
    OPEN.with_borrow_mut(|calls| calls.remove(&place));
}

/// Whether an answer can come no more.
pub fn is_lost(place: u32, now: Time) -> bool {
    OPEN.with_borrow(|calls| match calls.get(&place) {
        None => true,
        Some(open) => {
            let limit = if open.made { CALL_LIMIT } else { SEND_LIMIT };
            now.since(open.since) > limit
        }
    })
}

/// Refuses if an answer may come.
///
/// # Errors
/// How many may.
pub fn refuse_open() -> Result<(), OpenCallsError> {
    let open = OPEN.with_borrow(|calls| calls.values().filter(|open| open.made).count());
    match open {
        0 => Ok(()),
        open => Err(OpenCallsError(open)),
    }
}

/// Held by whoever waits for an answer. Dropped by a trap, it says that nobody does.
pub struct Waiting {
    /// The canister.
    pub place: u32,
    /// The call.
    pub token: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        ended(self.place, self.token);
    }
}
