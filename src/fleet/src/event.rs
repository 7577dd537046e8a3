//! What happened, one thing at a time. A fleet is the fold over its events, so they are all that has to be kept.

use serde::{Deserialize, Serialize};

use crate::call::{Answer, Call};
use crate::cause::Class;
use crate::time::Time;

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Told by the driver; never earlier than that of the event before.
    pub at: Time,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// What happened. A canister is named by its place in the list of members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum What {
    /// Decided: a wave begins.
    WaveBegan {
        /// Which.
        wave: u16,
    },
    /// Decided: every canister of the wave has ended.
    WaveEnded {
        /// Which.
        wave: u16,
    },
    /// Decided: too many failed; no further canister is begun.
    Halted {
        /// That failed in this wave since the last halt.
        failures: u32,
    },
    /// Decided: nothing is left to do.
    Finished,
    /// Decided: a canister's turn has come.
    Begun {
        /// Whose.
        canister: u32,
    },
    /// Decided: a call. It may be made once this is kept.
    Asked {
        /// To which canister.
        canister: u32,
        /// Which.
        call: Call,
    },
    /// From outside: what became of it.
    Answered {
        /// Of which canister.
        canister: u32,
        /// What.
        answer: Answer,
    },
    /// From outside: the driver began again; what became of calls without an answer is not known.
    Restarted,
    /// From outside: the operator.
    Commanded {
        /// What he wants.
        command: Command,
    },
}

/// What an operator may want while a run goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// No further canister is begun; what was begun is brought to an end.
    Pause,
    /// Goes on after a pause, after a halt, and with the next wave where the plan asks for that.
    Resume,
    /// Ends the run: what was stopped is started, what was upgraded is brought to an end, nothing else is begun.
    Abort,
    /// Takes a canister out.
    Exclude(u32),
    /// Takes it in again, in the present wave.
    Include(u32),
    /// Begins again, in the present wave, with every canister that failed like this.
    RetryClass(Class),
    /// Begins again with a canister that failed.
    Retry(u32),
    /// Ends a canister whose next call is tried without end. It may be left stopped, and its record says so.
    GiveUp(u32),
}
