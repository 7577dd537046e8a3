//! A modelled network: canisters that are only what an operator sees of them, on subnets that take their time. For tests
//! of the engine, and for fleets that are too large to be run.
//!
//! What a call does, when, and whether anybody learns of it are three things here, as they are on a network.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::{Answer, Call};
use crate::cause::{Cause, Class};
use crate::hash::ModuleHash;
use crate::plan::Plan;
use crate::time::Time;

mod canister;
mod drive;

pub use canister::{Canister, Flaw, History, Load};
pub use drive::{Drive, Outside, drive};

/// Seconds that a stop waits for open calls.
const STOP_SECONDS: u64 = 300;
/// Seconds for which a subnet keeps compiled code: until its next checkpoint.
const COMPILED_SECONDS: u64 = 500;
/// Instructions that a subnet spends on installations in a second.
pub const INSTRUCTIONS_PER_SECOND: u64 = 2_000_000_000;

/// How often calls go astray: each a part of 10 000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Refused for now.
    pub transient: u16,
    /// No effect and no answer.
    pub lost_before: u16,
    /// An effect, and no answer.
    pub lost_after: u16,
    /// No answer, and the effect later.
    pub lost_late: u16,
}

/// The network.
#[derive(Clone, Debug)]
pub struct World {
    canisters: Vec<Canister>,
    weather: Weather,
    random: u64,
    /// When each subnet has done the installations it was given, in milliseconds.
    installs_until: BTreeMap<u16, u64>,
    /// Instructions of compiling a module that the subnet has not compiled.
    compile: u64,
    compiled: BTreeMap<(u16, ModuleHash), Time>,
    /// What comes, by when and in which order it was sent.
    coming: BTreeMap<(Time, u64), (u32, Coming)>,
    sent: u64,
    /// Calls by name.
    pub calls: BTreeMap<&'static str, u64>,
}

#[derive(Clone, Debug)]
enum Coming {
    Effect { call: Call, told: bool },
    Word(Answer),
}

impl World {
    /// A network of these canisters. The same seed has the same calls go astray.
    pub fn new(canisters: Vec<Canister>, weather: Weather, seed: u64) -> Self {
        Self {
            canisters,
            weather,
            random: seed,
            installs_until: BTreeMap::new(),
            compile: 0,
            compiled: BTreeMap::new(),
            coming: BTreeMap::new(),
            sent: 0,
            calls: BTreeMap::new(),
        }
    }

    /// With so many instructions for compiling a module on a subnet that has not compiled it lately.
    pub fn compiling(mut self, instructions: u64) -> Self {
        self.compile = instructions;
        self
    }

    /// The canisters, in the order in which a fleet has them.
    pub fn canisters(&self) -> &[Canister] {
        &self.canisters
    }

    /// Makes a call. Its answer comes later, if any does.
    pub fn call(&mut self, canister: u32, call: Call, plan: &Plan, now: Time) {
        *self.calls.entry(call.name()).or_default() += 1;
        let Some(target) = self.canisters.get(canister as usize) else {
            return;
        };
        let (subnet, load) = (target.subnet, &target.load);
        let stops_late = call == Call::Stop && matches!(target.flaw, Some(Flaw::KeepsCalls(1..)));
        let takes = match &call {
            Call::Upgrade { stage } => load.install(usize::from(*stage)),
            Call::GoBack { .. } => load.install(usize::MAX),
            Call::LoadSnapshot { .. } | Call::TakeSnapshot => load.snapshot,
            _ => 0,
        };
        let module = match &call {
            Call::Upgrade { stage } => plan.stages.get(usize::from(*stage)).map(|at| at.module),
            Call::GoBack { release } => plan.releases_back().get(usize::from(*release)).copied(),
            _ => None,
        };
        let takes = takes + module.map_or(0, |module| self.compiles(subnet, module, now));
        let answer_at = match &call {
            Call::Stop if stops_late => now.after(STOP_SECONDS),
            _ if takes > 0 => self.executed_at(subnet, takes, now),
            _ => now.after(1),
        };
        let settled = now.after(plan.settle.saturating_sub(1));
        let answer_at = answer_at.min(settled);
        let lost = |at| (at, Coming::Word(Answer::Lost));
        let effect = |told| Coming::Effect { call, told };
        let Weather {
            transient,
            lost_before,
            lost_after,
            lost_late,
        } = self.weather;
        let later = answer_at.0 + self.next() % (settled.since(answer_at) + 1);
        let mut draw = (self.next() % 10_000) as u16;
        let mut is = |part: u16| {
            let is = draw < part;
            draw = draw.saturating_sub(part);
            is
        };
        let coming = if is(transient) {
            let cause = Cause::new(Class::Transient, "come again");
            vec![(answer_at, Coming::Word(Answer::Refused(cause)))]
        } else if is(lost_before) {
            vec![lost(answer_at)]
        } else if is(lost_after) {
            vec![(answer_at, effect(false)), lost(answer_at)]
        } else if is(lost_late) {
            vec![lost(answer_at), (Time(later), effect(false))]
        } else {
            vec![(answer_at, effect(true))]
        };
        for (at, coming) in coming {
            self.sent += 1;
            self.coming.insert((at, self.sent), (canister, coming));
        }
    }

    /// When there is something new.
    pub fn next_at(&self) -> Option<Time> {
        self.coming.keys().next().map(|(at, _)| *at)
    }

    /// What happens until then: answers that came, by canister.
    pub fn until(&mut self, now: Time, plan: &Plan) -> Vec<(u32, Answer)> {
        let mut answers = Vec::new();
        while let Some(first) = self.coming.first_entry() {
            let at = first.key().0;
            if at > now {
                break;
            }
            match first.remove() {
                (canister, Coming::Word(answer)) => answers.push((canister, answer)),
                (canister, Coming::Effect { call, told }) => {
                    let answer = self.canisters[canister as usize].take(&call, plan, at);
                    if told {
                        answers.push((canister, answer));
                    }
                }
            }
        }
        answers
    }

    /// Nobody waits for answers any more. What the calls do they do.
    pub fn forget_answers(&mut self) {
        let mut words = BTreeSet::new();
        for (key, (_, coming)) in &mut self.coming {
            match coming {
                Coming::Effect { told, .. } => *told = false,
                Coming::Word(_) => {
                    words.insert(*key);
                }
            }
        }
        self.coming.retain(|key, _| !words.contains(key));
    }

    /// Instructions of compiling the module there, 0 if it was lately.
    fn compiles(&mut self, subnet: u16, module: ModuleHash, now: Time) -> u64 {
        let compiled = self.compiled.get(&(subnet, module));
        if compiled.is_some_and(|at| now.since(*at) < COMPILED_SECONDS) {
            return 0;
        }
        self.compiled.insert((subnet, module), now);
        self.compile
    }

    /// When a subnet that is given so much more to do has done it.
    fn executed_at(&mut self, subnet: u16, instructions: u64, now: Time) -> Time {
        let takes = instructions.saturating_mul(1_000) / INSTRUCTIONS_PER_SECOND;
        let until = self.installs_until.entry(subnet).or_default();
        *until = (*until).max(now.0 * 1_000) + takes.max(1);
        Time(until.div_ceil(1_000)).max(now.after(1))
    }

    /// SplitMix64: the model's chance.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
