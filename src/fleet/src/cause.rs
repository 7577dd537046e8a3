//! Why something did not go as planned: a class that decides what is done about it, and the words of whoever said so.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest text of a cause, in bytes: 100 000 of them are kept.
pub const MAX_TEXT_BYTES: usize = 300;

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A class of failures. What belongs together is retried together.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Class { $($(#[$doc])* $name,)* }

        impl Class {
            /// All, in the order they are listed in a report.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name that it is called by, in reports and by `retry`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

classes! {
    /// The network or the way to it did not answer, or said to come again.
    Transient = "transient",
    /// The canister was installed to a moment ago and may not be again yet.
    RateLimited = "rate-limited",
    /// An answer never came, and no look at the canister told what became of the call.
    Lost = "lost",
    /// Fewer cycles than the step needs.
    TooFewCycles = "too-few-cycles",
    /// The operator does not control the canister.
    NotController = "not-controller",
    /// There is no such canister.
    NotFound = "not-found",
    /// Nothing is installed.
    NoModule = "no-module",
    /// No stage of the plan starts from the module that is installed.
    UnknownModule = "unknown-module",
    /// It was stopped, or stopping, before anybody here asked for it.
    WasStopped = "was-stopped",
    /// It has as many snapshots as a canister may have.
    SnapshotsFull = "snapshots-full",
    /// Its snapshot did not come through a rehearsal.
    RehearsalRefused = "rehearsal-refused",
    /// It has calls open that do not end, so it does not stop.
    DoesNotStop = "does-not-stop",
    /// A hook of the upgrade trapped; the network undid the upgrade.
    Trapped = "trapped",
    /// The network refused the module, or the call as it was made.
    Refused = "refused",
    /// The move stands still and says why.
    Stuck = "stuck",
    /// What was moved is not what was there.
    Differs = "differs",
    /// The move took longer than the plan gives it.
    TooSlow = "too-slow",
    /// It answers otherwise than it should after the upgrade.
    WrongAnswers = "wrong-answers",
    /// Somebody else changed the canister meanwhile.
    Interfered = "interfered",
    /// The operator took it out, or ended the whole run.
    CalledOff = "called-off",
    /// What no other class says.
    Other = "other",
    // What comes later stands behind: drivers keep a class by its place.
    /// The subnet is so full that memory reserves cycles, and more than the canister's settings allow.
    ReservationLimit = "reservation-limit",
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no class has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no class of failures '{0}'; there are {all}", all = names())]
pub struct UnknownClass(String);

fn names() -> String {
    let names: Vec<&str> = Class::ALL.iter().map(|class| class.name()).collect();
    names.join(", ")
}

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(name: &str) -> Result<Self, UnknownClass> {
        let found = Self::ALL.iter().find(|class| class.name() == name);
        found
            .copied()
            .ok_or_else(|| UnknownClass(name.chars().take(80).collect()))
    }
}

/// Why something did not go as planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Decides what is done about it.
    pub class: Class,
    /// What the network, the canister or a check said, at most [`MAX_TEXT_BYTES`].
    pub text: String,
}

impl Cause {
    /// With as much of the text as is kept.
    pub fn new(class: Class, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let end = text.floor_char_boundary(MAX_TEXT_BYTES);
        Self {
            class,
            text: text[..end].to_owned(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}
