//! What is done to a canister, one thing after the other.

use std::fmt;

use canister_host::FaultPoint;

/// One thing that is done to the canister that migrates; calls and time are for the other one, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// The line of the script at this place.
    Line(usize),
    /// Every question, to both.
    Ask,
    /// An upgrade to a release.
    Upgrade(Upgrade),
    /// An upgrade that traps at this point and has to leave everything as it was.
    Trapped { to: usize, at: FaultPoint },
    /// A second passes, and the timers run that are due.
    Tick,
    /// The same, with a trap at the n-th stable write of what runs.
    TickTrapped(u64),
    /// The subnet has no stable page left.
    Fill,
    /// It has again, and the canister is told so, if the kit knows how.
    Free,
    /// What it takes up has to be within the limits.
    Measure,
}

/// A stretch of a life: one act, or as many as turn out to be needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    Once(Act),
    /// An upgrade that traps at each of its stable writes and grows in turn.
    TrappedAtEach {
        to: usize,
    },
    /// The timers run until none is due.
    Settle,
    /// The same, with this after each time.
    Interrupted(Interruption),
}

impl From<Act> for Stretch {
    fn from(act: Act) -> Self {
        Self::Once(act)
    }
}

/// An upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upgrade {
    pub to: usize,
    pub skip_pre_upgrade: bool,
    /// Whether it may be refused, if everything is then as it was.
    pub may_refuse: bool,
}

/// What comes between two steps of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    Upgrade,
    WithoutPreUpgrade,
    Trap,
}

impl Upgrade {
    /// An upgrade that has to work.
    pub fn to(to: usize) -> Act {
        Act::Upgrade(Self {
            to,
            skip_pre_upgrade: false,
            may_refuse: false,
        })
    }

    /// An upgrade that works, or is refused and changes nothing.
    pub fn perhaps(to: usize) -> Act {
        Act::Upgrade(Self {
            to,
            skip_pre_upgrade: false,
            may_refuse: true,
        })
    }

    /// One without pre_upgrade, which works, or is refused and changes nothing.
    pub fn skipping(to: usize) -> Act {
        Act::Upgrade(Self {
            to,
            skip_pre_upgrade: true,
            may_refuse: true,
        })
    }
}

/// An act in words, with the names of releases and the lines of the script.
pub(crate) struct Told<'a> {
    pub act: Act,
    pub releases: &'a [String],
    pub lines: &'a [String],
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let release = |at: usize| self.releases.get(at).map_or("?", |name| name);
        match self.act {
            Act::Line(at) => f.write_str(self.lines.get(at).map_or("?", |line| line)),
            Act::Ask => write!(f, "ask everything"),
            Act::Upgrade(Upgrade {
                to,
                skip_pre_upgrade: false,
                ..
            }) => write!(f, "upgrade to {}", release(to)),
            Act::Upgrade(Upgrade { to, .. }) => {
                write!(f, "upgrade to {} without pre_upgrade", release(to))
            }
            Act::Trapped { to, at } => write!(f, "upgrade to {}, {}", release(to), point(at)),
            Act::Tick => write!(f, "a second passes, timers run"),
            Act::TickTrapped(nth) => write!(
                f,
                "a second passes, timers run, {}",
                point(FaultPoint::StableWrite(nth))
            ),
            Act::Fill => write!(f, "the subnet is full"),
            Act::Free => write!(f, "the subnet has room again"),
            Act::Measure => write!(f, "count pages"),
        }
    }
}

fn point(at: FaultPoint) -> String {
    match at {
        FaultPoint::StableWrite(nth) => format!("trapped at stable write {nth}"),
        FaultPoint::StableGrow(nth) => format!("trapped at stable grow {nth}"),
        FaultPoint::Call(nth) => format!("trapped at system call {nth}"),
        FaultPoint::Instructions(n) => format!("trapped after {n} instructions"),
    }
}
