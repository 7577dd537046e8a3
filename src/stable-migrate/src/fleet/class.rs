//! What a rejection means for a canister: the class by which the engine decides what to do about it.
//!
//! The network says a reject code, since 2023 an error code with it (`IC0512`), and words. The error code decides where it
//! is known; else the words, as far as they are known to be of one kind; else the reject code.

use ::fleet::{Call, Class};

/// What the network said instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// From 1, a fatal error of the system, to 5, an error of the canister; 6 where an outcome is unknown.
    pub code: u8,
    /// As `IC0512`, where there is one.
    pub error_code: Option<String>,
    /// In words.
    pub text: String,
}

/// Error codes and what they mean, whatever was called.
const CODES: &[(u16, Class)] = &[
    (101, Class::Transient),     // the subnet is oversubscribed
    (102, Class::Transient),     // the subnet has as many canisters as it may
    (201, Class::Transient),     // output queue full
    (202, Class::Transient),     // the message expired before it was executed
    (203, Class::Transient),     // queue not empty
    (204, Class::Transient),     // ingress history full
    (206, Class::DoesNotStop),   // stop timed out
    (207, Class::TooFewCycles),  // out of cycles
    (208, Class::Transient),     // certified state unavailable
    (209, Class::RateLimited),   // the debit of the installation before
    (210, Class::RateLimited),   // the canister wrote much a moment ago
    (301, Class::NotFound),      // canister not found
    (302, Class::WrongAnswers),  // method not found, as it was called before 2024
    (305, Class::Interfered),    // snapshot not found
    (402, Class::Refused),       // memory allocation
    (405, Class::NotFound),      // not hosted by this subnet
    (406, Class::Refused),       // the canister rejected the message
    (407, Class::Refused),       // unknown method of the management canister
    (408, Class::Refused),       // the management canister cannot read the argument
    (409, Class::Refused),       // snapshot cannot be read or written
    (501, Class::TooFewCycles),  // out of cycles, as it was called before 2024
    (502, Class::Trapped),       // trapped
    (503, Class::Trapped),       // called trap
    (504, Class::Trapped),       // broke the rules of the system's interface
    (505, Class::Refused),       // not a module that the network runs
    (506, Class::Trapped),       // did not reply
    (507, Class::Trapped),       // out of memory
    (508, Class::Interfered),    // stopped, when it should run
    (509, Class::Interfered),    // stopping, when it should not
    (510, Class::Interfered),    // running, when it should be stopped
    (511, Class::Transient),     // the stop was cancelled by a start
    (512, Class::NotController), // not a controller
    (514, Class::Refused),       // not empty
    (520, Class::TooFewCycles),  // fewer than the call carries
    (521, Class::Trapped),       // the engine failed on it
    (522, Class::Trapped),       // too many instructions
    (524, Class::Trapped),       // too much memory touched
    (532, Class::TooFewCycles),  // for memory that grows
    (533, Class::TooFewCycles),  // reservation limit, in an allocation
    (534, Class::TooFewCycles),  // reservation limit, in growing
    (535, Class::TooFewCycles),  // for memory, in a message
    (536, Class::WrongAnswers),  // method not found
    (537, Class::NoModule),      // no module
    (539, Class::Trapped),       // soft limit on the heap
    (601, Class::Transient),     // deadline passed before it was executed
];

/// Words, all in lower case, for rejections without a code.
const WORDS: &[(&str, Class)] = &[
    ("rate limited", Class::RateLimited),
    ("out of cycles", Class::TooFewCycles),
    ("insufficient cycles", Class::TooFewCycles),
    ("reserved_cycles_limit", Class::TooFewCycles),
    ("only controllers", Class::NotController),
    ("only the controllers", Class::NotController),
    ("is not controlled", Class::NotController),
    ("not a controller", Class::NotController),
    ("canister not found", Class::NotFound),
    ("does not exist", Class::NotFound),
    ("contains no wasm module", Class::NoModule),
    ("maximum number of snapshots", Class::SnapshotsFull),
    ("did not stop", Class::DoesNotStop),
    ("stop timed out", Class::DoesNotStop),
    ("trapped", Class::Trapped),
    ("instruction limit", Class::Trapped),
];

/// Words that say more than their error code does.
const MORE: &[(u16, &str, Class)] = &[
    (402, "snapshot", Class::SnapshotsFull),
    (408, "snapshots", Class::SnapshotsFull),
];

/// The class of a rejection of a call.
pub fn class_of(call: &Call, reject: &Reject) -> Class {
    let words = reject.text.to_lowercase();
    let number = reject.error_code.as_deref().and_then(number);
    let by_code = number.and_then(|number| {
        let more = MORE.iter().find(|(code, word, _)| {
            *code == number && *call == Call::TakeSnapshot && words.contains(word)
        });
        let plain = CODES.iter().find(|(code, _)| *code == number);
        more.map(|(_, _, class)| *class)
            .or(plain.map(|(_, class)| *class))
    });
    let by_words = || {
        let found = WORDS.iter().find(|(word, _)| words.contains(word));
        found.map(|(_, class)| *class)
    };
    let class = by_code.or_else(by_words).unwrap_or(match reject.code {
        1 | 2 => Class::Transient,
        3 => Class::NotFound,
        4 => Class::Refused,
        6 => Class::Transient,
        _ => Class::Other,
    });
    // A trap of a query or of a step is not that of an upgrade.
    match (class, call) {
        (Class::Trapped, Call::Verify | Call::Progress) => Class::WrongAnswers,
        (class, _) => class,
    }
}

/// The number in `IC0512`.
fn number(code: &str) -> Option<u16> {
    code.strip_prefix("IC")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(call: &Call, code: u8, error_code: &str, text: &str) -> Class {
        let reject = Reject {
            code,
            error_code: (!error_code.is_empty()).then(|| error_code.to_owned()),
            text: text.to_owned(),
        };
        class_of(call, &reject)
    }

    #[test]
    fn every_code_has_the_class_that_the_engine_needs() {
        let upgrade = Call::Upgrade { stage: 0 };
        for (call, code, error_code, text, expected) in [
            (
                &upgrade,
                5,
                "IC0503",
                "Canister called `ic0.trap`",
                Class::Trapped,
            ),
            (&upgrade, 5, "IC0502", "heap out of bounds", Class::Trapped),
            (&upgrade, 5, "IC0504", "contract violation", Class::Trapped),
            (
                &upgrade,
                5,
                "IC0522",
                "exceeded the instruction limit",
                Class::Trapped,
            ),
            (
                &upgrade,
                5,
                "IC0539",
                "wasm memory limit exceeded",
                Class::Trapped,
            ),
            (&upgrade, 5, "IC0505", "no such import", Class::Refused),
            (
                &upgrade,
                5,
                "IC0512",
                "Only controllers can",
                Class::NotController,
            ),
            (
                &upgrade,
                5,
                "IC0537",
                "contains no Wasm module",
                Class::NoModule,
            ),
            (
                &upgrade,
                3,
                "IC0301",
                "Canister x not found",
                Class::NotFound,
            ),
            (&upgrade, 2, "IC0207", "out of cycles", Class::TooFewCycles),
            (&upgrade, 5, "IC0501", "out of cycles", Class::TooFewCycles),
            (
                &upgrade,
                5,
                "IC0534",
                "reserved cycles limit",
                Class::TooFewCycles,
            ),
            (
                &upgrade,
                2,
                "IC0209",
                "install_code is rate limited",
                Class::RateLimited,
            ),
            (
                &Call::Stop,
                2,
                "IC0206",
                "stop timed out",
                Class::DoesNotStop,
            ),
            (&Call::Stop, 5, "IC0511", "cancelled", Class::Transient),
            (&Call::Look, 1, "IC0204", "history full", Class::Transient),
            (
                &Call::TakeSnapshot,
                4,
                "IC0402",
                "maximum of 10 snapshots",
                Class::SnapshotsFull,
            ),
            (
                &upgrade,
                4,
                "IC0402",
                "no memory for a snapshot",
                Class::Refused,
            ),
            (
                &Call::TakeSnapshot,
                5,
                "IC0510",
                "must be stopped",
                Class::Interfered,
            ),
            (
                &Call::Verify,
                3,
                "IC0302",
                "no query method",
                Class::WrongAnswers,
            ),
            (
                &Call::Verify,
                5,
                "IC0536",
                "no query method",
                Class::WrongAnswers,
            ),
            (&Call::Verify, 5, "IC0503", "trapped", Class::WrongAnswers),
            (
                &Call::Progress,
                5,
                "IC0508",
                "is stopped",
                Class::Interfered,
            ),
        ] {
            assert_eq!(
                class(call, code, error_code, text),
                expected,
                "{error_code} {text}"
            );
        }
    }

    #[test]
    fn without_a_known_code_words_decide_and_then_the_reject_code() {
        let upgrade = Call::Upgrade { stage: 0 };
        for (code, error_code, text, expected) in [
            (5, "", "Canister x is out of cycles", Class::TooFewCycles),
            (
                5,
                "IC0999",
                "Only controllers of x can",
                Class::NotController,
            ),
            (5, "no code", "x trapped: no", Class::Trapped),
            (2, "", "come again", Class::Transient),
            (1, "IC0199", "?", Class::Transient),
            (3, "", "?", Class::NotFound),
            (4, "", "?", Class::Refused),
            (5, "", "?", Class::Other),
        ] {
            assert_eq!(
                class(&upgrade, code, error_code, text),
                expected,
                "{error_code} {text}"
            );
        }
    }

    #[test]
    fn no_code_is_listed_twice() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
