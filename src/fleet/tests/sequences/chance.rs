//! What a sequence is made of: a plan, canisters with and without flaws, a network, an operator and a driver that dies.

use fleet::model::{Canister, Flaw, Load, Weather};
use fleet::{
    Budget, Class, Command, Limits, Member, ModuleHash, Plan, Retry, Running, Snapshots, Stage,
    TopUp, WayBack,
};
use ic_principal::Principal;
use proptest::prelude::*;

fn module(number: u8) -> ModuleHash {
    ModuleHash([number; 32])
}

/// From modules 0 and 1 over 2 to 3; 8 and 9 are the way back.
pub fn plan(choices: Choices) -> Plan {
    let stage = |name: &str, number, from: &[u8]| Stage {
        name: name.to_owned(),
        module: module(number),
        from: from.iter().map(|number| module(*number)).collect(),
        moves: true,
    };
    Plan {
        snapshots: choices.snapshots,
        keep_snapshot: choices.keep,
        way_back: match (choices.back, choices.snapshots) {
            (0, _) => WayBack::Releases(vec![module(8), module(9)]),
            (1, _) | (_, Snapshots::Never) => WayBack::Leave,
            _ => WayBack::Snapshot,
        },
        budget: Budget {
            failures: choices.failures,
            percent: choices.percent,
        },
        limits: Limits {
            open: choices.open,
            stopped_per_subnet: choices.stopped,
            installs_per_subnet: choices.installs,
            calls: choices.calls,
        },
        retry: Retry {
            times: 3,
            first: 2,
            most: 60,
        },
        top_up: choices.top_up.then_some(TopUp {
            cycles: 1_000,
            times: 2,
        }),
        spare_cycles: 1_000,
        move_limit: 2_000,
        rest: choices.rest,
        ask_before_wave: choices.ask,
        ..Plan::careful(vec![stage("adopt", 2, &[0, 1, 9]), stage("move", 3, &[])])
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Choices {
    snapshots: Snapshots,
    keep: bool,
    back: u8,
    failures: u32,
    percent: Option<u8>,
    open: u32,
    stopped: u32,
    installs: u32,
    calls: u32,
    top_up: bool,
    rest: u64,
    ask: bool,
}

fn choices() -> impl Strategy<Value = Choices> {
    let snapshots = prop_oneof![
        3 => Just(Snapshots::Each),
        1 => Just(Snapshots::First),
        1 => Just(Snapshots::Never)
    ];
    let limits = (1..9_u32, 1..4_u32, 1..3_u32, 1..9_u32);
    let fleet = (
        1..4_u32,
        proptest::option::of(1..101_u8),
        any::<bool>(),
        0..100_u64,
        any::<bool>(),
    );
    (snapshots, any::<bool>(), 0..4_u8, limits, fleet).prop_map(
        |(snapshots, keep, back, (open, stopped, installs, calls), fleet)| {
            let (failures, percent, top_up, rest, ask) = fleet;
            Choices {
                snapshots,
                keep,
                back,
                failures,
                percent,
                open,
                stopped,
                installs,
                calls,
                top_up,
                rest,
                ask,
            }
        },
    )
}

/// What one canister is, as a modelled one.
#[derive(Clone, Copy, Debug)]
pub struct Nature {
    module: u8,
    stopped: bool,
    few_cycles: bool,
    many_snapshots: bool,
    flaw: Option<Flaw>,
    subnet: u16,
    looks: u32,
    rehearse: bool,
}

fn nature() -> impl Strategy<Value = Nature> {
    let at = || (2..4_u8).prop_map(module);
    let flaw = prop_oneof![
        12 => Just(None),
        1 => Just(Some(Flaw::NotControlled)),
        1 => Just(Some(Flaw::Gone)),
        2 => (1..6_u32).prop_map(|stops| Some(Flaw::KeepsCalls(stops))),
        1 => at().prop_map(|at| Some(Flaw::Traps(at))),
        1 => at().prop_map(|at| Some(Flaw::Stuck(at))),
        1 => at().prop_map(|at| Some(Flaw::Differs(at))),
        1 => at().prop_map(|at| Some(Flaw::WrongAnswers(at))),
        1 => Just(Some(Flaw::RehearsesBadly)),
    ];
    let module = prop_oneof![8 => 0..2_u8, 1 => Just(2_u8), 1 => Just(3_u8), 1 => Just(7_u8)];
    let rare = || prop::bool::weighted(0.08);
    (
        module,
        rare(),
        rare(),
        rare(),
        flaw,
        0..2_u16,
        0..4_u32,
        prop::bool::weighted(0.3),
    )
        .prop_map(
            |(module, stopped, few_cycles, many_snapshots, flaw, subnet, looks, rehearse)| Nature {
                module,
                stopped,
                few_cycles,
                many_snapshots,
                flaw,
                subnet,
                looks,
                rehearse,
            },
        )
}

/// What comes from outside, at the n-th event.
#[derive(Clone, Debug)]
pub enum Disturbance {
    /// The driver dies after it kept this event, and begins again so many seconds later.
    Death(u64),
    Command(Command),
}

fn disturbances(canisters: u32) -> impl Strategy<Value = Vec<(u16, Disturbance)>> {
    let one = 0..canisters;
    let what = prop_oneof![
        6 => (0..1_000_u64).prop_map(Disturbance::Death),
        1 => Just(Disturbance::Command(Command::Pause)),
        1 => Just(Disturbance::Command(Command::Resume)),
        1 => one.clone().prop_map(|at| Disturbance::Command(Command::Exclude(at))),
        1 => one.clone().prop_map(|at| Disturbance::Command(Command::Include(at))),
        1 => one.prop_map(|at| Disturbance::Command(Command::Retry(at))),
        1 => prop::sample::select(Class::ALL).prop_map(|class| {
            Disturbance::Command(Command::RetryClass(class))
        }),
        1 => prop::bool::weighted(0.2).prop_map(|abort| {
            Disturbance::Command(if abort { Command::Abort } else { Command::Resume })
        }),
    ];
    prop::collection::vec((0..120_u16, what), 0..8)
}

fn weather() -> impl Strategy<Value = Weather> {
    let part = || prop_oneof![2 => Just(0_u16), 1 => 0..1_500_u16];
    (part(), part(), part(), part()).prop_map(|(transient, lost_before, lost_after, lost_late)| {
        Weather {
            transient,
            lost_before,
            lost_after,
            lost_late,
        }
    })
}

#[derive(Clone, Debug)]
pub struct Sequence {
    pub choices: Choices,
    pub natures: Vec<Nature>,
    pub waves: u16,
    pub weather: Weather,
    pub disturbances: Vec<(u16, Disturbance)>,
    pub seed: u64,
}

pub fn sequence() -> impl Strategy<Value = Sequence> {
    (1..9_usize).prop_flat_map(|canisters| {
        let natures = prop::collection::vec(nature(), canisters);
        let waves = 1..=(canisters.min(3) as u16);
        let outside = (weather(), disturbances(canisters as u32), any::<u64>());
        (choices(), natures, waves, outside).prop_map(
            |(choices, natures, waves, (weather, mut disturbances, seed))| {
                disturbances.sort_by_key(|(at, _)| *at);
                Sequence {
                    choices,
                    natures,
                    waves,
                    weather,
                    disturbances,
                    seed,
                }
            },
        )
    })
}

impl Nature {
    pub fn canister(self) -> Canister {
        let load = Load {
            installs: vec![3_000_000_000, 5_000_000_000],
            snapshot: 2_000_000_000,
            looks: self.looks,
        };
        let mut canister = Canister::new(self.subnet, module(self.module), load);
        canister.flaw = self.flaw;
        if self.stopped {
            canister.running = Running::Stopped;
        }
        if self.few_cycles {
            canister.spare_cycles = 0;
        }
        if self.many_snapshots {
            canister.snapshots = (100..110).map(|id| (vec![id], None)).collect();
        }
        canister
    }
}

impl Sequence {
    pub fn members(&self) -> Vec<Member> {
        let member = |(at, nature): (usize, &Nature)| Member {
            id: Principal::from_slice(&[at as u8, 1]),
            subnet: nature.subnet,
            wave: at as u16 % self.waves,
            rehearse: nature.rehearse,
        };
        self.natures.iter().enumerate().map(member).collect()
    }
}
