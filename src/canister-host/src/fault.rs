//! Traps on purpose: at the n-th thing of a kind a canister does.

use crate::entry::EntryPoint;

/// Where to trap. Everything is counted from 1, from the moment the fault is armed, and
/// across all the executions that the fault's filter lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPoint {
    /// Instead of the n-th stable write.
    StableWrite(u64),
    /// Instead of the n-th stable grow.
    StableGrow(u64),
    /// Instead of the n-th system call of any kind (any function of `ic0`).
    Call(u64),
    /// When n instructions were executed. The trap comes at the next function, loop or
    /// system call, as where the instruction limit is met.
    Instructions(u64),
}

/// Which executions a fault is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FaultFilter {
    /// Every execution of the canister.
    #[default]
    Any,
    /// One entry point: a hook, a method, the timer.
    Only(EntryPoint),
}

/// A trap to be injected into a canister. It strikes once and is then disarmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where to trap.
    pub at: FaultPoint,
    /// In which executions.
    pub filter: FaultFilter,
}

impl Fault {
    /// A fault in whatever the canister runs next.
    pub fn new(at: FaultPoint) -> Self {
        Fault {
            at,
            filter: FaultFilter::Any,
        }
    }

    /// A fault in one entry point alone.
    pub fn within(entry: EntryPoint, at: FaultPoint) -> Self {
        Fault {
            at,
            filter: FaultFilter::Only(entry),
        }
    }
}

/// An armed fault and what is left until it strikes.
#[derive(Debug, Clone)]
pub(crate) struct Armed {
    fault: Fault,
    left: u64,
}

impl Armed {
    pub(crate) fn new(fault: Fault) -> Self {
        let left = match fault.at {
            FaultPoint::StableWrite(n)
            | FaultPoint::StableGrow(n)
            | FaultPoint::Call(n)
            | FaultPoint::Instructions(n) => n,
        };
        Armed { fault, left }
    }

    pub(crate) fn applies_to(&self, entry: &EntryPoint) -> bool {
        match &self.fault.filter {
            FaultFilter::Any => true,
            FaultFilter::Only(only) => only == entry,
        }
    }

    /// One more event of a kind; true if the fault strikes now.
    pub(crate) fn strikes(&mut self, event: Event) -> bool {
        let mine = match self.fault.at {
            FaultPoint::StableWrite(_) => event == Event::StableWrite,
            FaultPoint::StableGrow(_) => event == Event::StableGrow,
            FaultPoint::Call(_) => event == Event::SystemCall,
            FaultPoint::Instructions(_) => false,
        };
        if !mine || self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.left == 0
    }

    /// How many more instructions may be executed before the fault strikes.
    pub(crate) fn instructions_left(&self) -> Option<u64> {
        matches!(self.fault.at, FaultPoint::Instructions(_)).then_some(self.left)
    }

    /// An execution that counted ended without the fault striking.
    pub(crate) fn executed(&mut self, instructions: u64) {
        if matches!(self.fault.at, FaultPoint::Instructions(_)) {
            self.left = self.left.saturating_sub(instructions);
        }
    }

    pub(crate) fn describe(&self) -> String {
        match self.fault.at {
            FaultPoint::StableWrite(n) => format!("injected fault at stable write {n}"),
            FaultPoint::StableGrow(n) => format!("injected fault at stable grow {n}"),
            FaultPoint::Call(n) => format!("injected fault at system call {n}"),
            FaultPoint::Instructions(n) => format!("injected fault after {n} instructions"),
        }
    }
}

/// What faults are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    SystemCall,
    StableWrite,
    StableGrow,
}
