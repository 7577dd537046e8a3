//! What a rejection means for a canister: the class by which the engine decides what to do about it.
//!
//! The network says a reject code, to its agents since 2023 an error code with it (`IC0512`), and words. The error code decides
//! where it is known; else the words, as far as they are known to be of one kind; else the reject code. Canisters learn no error
//! code, so that for them the words decide.

use crate::call::{Answer, Call};
use crate::cause::{Cause, Class};

/// What was said instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The code of the network's interface, from 1, a fatal error of the system, to 5, an error of the canister; 6 where the
    /// outcome is unknown, and anything else where there was none.
    pub code: u8,
    /// The number in `IC0512`, where there is one.
    pub error_code: Option<u16>,
    /// In words.
    pub text: String,
}

/// The code of a reject that says that the outcome is not known.
const UNKNOWN_OUTCOME: u8 = 6;

/// Error codes and what they mean, whatever was called.
const CODES: &[(u16, Class)] = &[
    (101, Class::Transient),        // the subnet is oversubscribed
    (102, Class::Transient),        // the subnet has as many canisters as it may
    (201, Class::Transient),        // output queue full
    (202, Class::Transient),        // the message expired before it was executed
    (203, Class::Transient),        // queue not empty
    (204, Class::Transient),        // ingress history full
    (206, Class::DoesNotStop),      // stop timed out
    (207, Class::TooFewCycles),     // out of cycles
    (208, Class::Transient),        // certified state unavailable
    (209, Class::RateLimited),      // the debit of the installation before
    (210, Class::RateLimited),      // the canister wrote much a moment ago
    (301, Class::NotFound),         // canister not found
    (302, Class::WrongAnswers),     // method not found, as it was called before 2024
    (305, Class::Interfered),       // snapshot not found
    (402, Class::Refused),          // memory allocation
    (405, Class::NotFound),         // not hosted by this subnet
    (406, Class::Refused),          // the canister rejected the message
    (407, Class::Refused),          // unknown method of the management canister
    (408, Class::Refused),          // the management canister cannot read the argument
    (409, Class::Refused),          // snapshot cannot be read or written
    (501, Class::TooFewCycles),     // out of cycles, as it was called before 2024
    (502, Class::Trapped),          // trapped
    (503, Class::Trapped),          // called trap
    (504, Class::Trapped),          // broke the rules of the system's interface
    (505, Class::Refused),          // not a module that the network runs
    (506, Class::Trapped),          // did not reply
    (507, Class::Trapped),          // out of memory
    (508, Class::Interfered),       // stopped, when it should run
    (509, Class::Interfered),       // stopping, when it should not
    (510, Class::Interfered),       // running, when it should be stopped
    (511, Class::Transient),        // the stop was cancelled by a start
    (512, Class::NotController),    // not a controller
    (514, Class::Refused),          // not empty
    (520, Class::TooFewCycles),     // fewer than the call carries
    (521, Class::Trapped),          // the engine failed on it
    (522, Class::Trapped),          // too many instructions
    (524, Class::Trapped),          // too much memory touched
    (532, Class::TooFewCycles),     // for memory that grows
    (533, Class::ReservationLimit), // in an allocation
    (534, Class::ReservationLimit), // in growing
    (535, Class::TooFewCycles),     // for memory, in a message
    (536, Class::WrongAnswers),     // method not found
    (537, Class::NoModule),         // no module
    (539, Class::Trapped),          // soft limit on the heap
    (601, Class::Transient),        // deadline passed before it was executed
];

/// Words that say more than their error code does.
const MORE: &[(u16, &str, Class)] = &[
    (402, "snapshot", Class::SnapshotsFull),
    (408, "snapshots", Class::SnapshotsFull),
];

/// Words, all in lower case, for rejections without a code. Of those in a text the first there decides: what a canister says of
/// itself stands behind the words of the network.
const WORDS: &[(&str, Class)] = &[
    ("rate limited", Class::RateLimited),
    ("previous install_code messages", Class::RateLimited),
    ("out of cycles", Class::TooFewCycles),
    ("insufficient cycles", Class::TooFewCycles),
    ("not enough cycles", Class::TooFewCycles),
    ("reserved_cycles_limit", Class::ReservationLimit),
    ("reserved cycles limit", Class::ReservationLimit),
    ("frozen", Class::TooFewCycles),
    ("top up", Class::TooFewCycles),
    ("only controllers", Class::NotController),
    ("only the controllers", Class::NotController),
    ("only a controller", Class::NotController),
    ("obeys its controllers alone", Class::NotController),
    ("is not controlled", Class::NotController),
    ("not a controller", Class::NotController),
    ("canister not found", Class::NotFound),
    ("does not exist", Class::NotFound),
    ("no wasm module", Class::NoModule),
    ("maximum number of snapshots", Class::SnapshotsFull),
    ("snapshot limit", Class::SnapshotsFull),
    ("number of snapshots", Class::SnapshotsFull),
    ("snapshots, and may not have more", Class::SnapshotsFull),
    ("did not stop", Class::DoesNotStop),
    ("stop timed out", Class::DoesNotStop),
    ("stop canister request timed out", Class::DoesNotStop),
    ("is not running", Class::Interfered),
    ("is stopped", Class::Interfered),
    ("is stopping", Class::Interfered),
    ("no query method", Class::WrongAnswers),
    ("no update method", Class::WrongAnswers),
    ("called `ic0.trap`", Class::Trapped),
    ("trapped", Class::Trapped),
    ("violated contract", Class::Trapped),
    ("exceeded", Class::Trapped),
    ("instruction limit", Class::Trapped),
    ("injected fault", Class::Trapped),
];

impl Reject {
    /// The number in `IC0512`.
    pub fn number(error_code: &str) -> Option<u16> {
        error_code.strip_prefix("IC")?.parse().ok()
    }

    /// The class of the rejection of a call.
    pub fn class(&self, call: &Call) -> Class {
        let words = self.text.to_lowercase();
        let class = self
            .by_error_code(call, &words)
            .or_else(|| by_words(&words))
            .unwrap_or(match (self.code, call) {
                (2 | UNKNOWN_OUTCOME, _) => Class::Transient,
                (3, _) => Class::NotFound,
                (1 | 4, _) => Class::Refused,
                // A module that was refused.
                (5, Call::Upgrade { .. } | Call::GoBack { .. }) => Class::Refused,
                _ => Class::Other,
            });
        // A trap of a query or of a step is not that of an upgrade.
        match (class, call) {
            (Class::Trapped, Call::Verify | Call::Progress) => Class::WrongAnswers,
            (class, _) => class,
        }
    }

    /// The rejection as the answer of a call. One that only reads is simply made again where its outcome is not known.
    pub fn answer(&self, call: &Call) -> Answer {
        if self.code == UNKNOWN_OUTCOME && !call.only_reads() {
            return Answer::Lost;
        }
        let class = self.class(call);
        Answer::Refused(match self.error_code {
            Some(code) => Cause::new(class, format!("IC{code:04}: {}", self.text)),
            None => Cause::new(class, &self.text),
        })
    }

    fn by_error_code(&self, call: &Call, words: &str) -> Option<Class> {
        let code = self.error_code?;
        let more = MORE.iter().find(|(known, word, _)| {
            *known == code && *call == Call::TakeSnapshot && words.contains(word)
        });
        let plain = CODES.iter().find(|(known, _)| *known == code);
        more.map(|(_, _, class)| *class)
            .or(plain.map(|(_, class)| *class))
    }
}

fn by_words(text: &str) -> Option<Class> {
    let found = WORDS
        .iter()
        .filter_map(|(words, class)| Some((text.find(words)?, *class)));
    found
        .min_by_key(|(place, _)| *place)
        .map(|(_, class)| class)
}

#[cfg(test)]
mod tests;
