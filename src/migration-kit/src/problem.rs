//! What a check found.

use std::fmt;

use canister_questions::Difference;

use crate::limits::Over;

/// What is not as it has to be.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// An upgrade that has to work does not.
    Refused {
        from: String,
        to: String,
        said: String,
    },
    /// An upgrade that failed has left something behind.
    NotUndone { what: String },
    /// An upgrade went on over a trap.
    WentOn,
    /// A question is answered otherwise than by the canister that never migrates.
    Answer(Difference),
    /// A call is.
    Reply(Difference),
    /// What a timer ran has trapped, where nothing made it.
    Timer { said: String },
    /// Something costs more than it may.
    Over(Over),
    /// One more upgrade by the same release makes stable memory larger.
    Grows { before: u64, after: u64 },
    /// The host does not do what it is told.
    Host { said: String },
}

impl Problem {
    /// Whether the other is the same, in another place perhaps.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Answer(a), Self::Answer(b)) | (Self::Reply(a), Self::Reply(b)) => {
                method(a) == method(b)
            }
            (Self::Over(a), Self::Over(b)) => a.what == b.what,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// The method of the question that is answered otherwise.
fn method(difference: &Difference) -> Option<&str> {
    difference.question.split(' ').next()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { from, to, said } => {
                write!(f, "the upgrade from {from} to {to} is refused: {said}")
            }
            Self::NotUndone { what } => {
                write!(f, "an upgrade that failed has not been undone: {what}")
            }
            Self::WentOn => write!(f, "the upgrade works although one of its calls trapped"),
            Self::Answer(difference) => different(f, "a question is answered", difference),
            Self::Reply(difference) => different(f, "a call is replied to", difference),
            Self::Timer { said } => write!(f, "a message that a timer set off trapped: {said}"),
            Self::Over(Over {
                what,
                measured,
                limit,
            }) => write!(f, "{measured} {what}, where {limit} are allowed"),
            Self::Grows { before, after } => write!(
                f,
                "one more upgrade by the same release makes stable memory grow from {before} to {after} pages"
            ),
            Self::Host { said } => write!(f, "the host failed: {said}"),
        }
    }
}

fn different(f: &mut fmt::Formatter<'_>, what: &str, difference: &Difference) -> fmt::Result {
    let Difference {
        question,
        at,
        before,
        after,
    } = difference;
    write!(
        f,
        "{what} otherwise than by a canister that never migrates\n    call       {question}"
    )?;
    if !at.is_empty() {
        write!(f, "\n    at         {at}")?;
    }
    write!(f, "\n    expected   {before}\n    answered   {after}")
}
