//! Fleets with every flaw, on networks that lose answers, under operators who change their mind and drivers that die:
//! whatever the sequence, the promises hold.

mod chance;
mod promises;

use std::collections::VecDeque;

use chance::{Disturbance, Sequence, plan, sequence};
use fleet::model::{Drive, Outside, World, drive};
use fleet::{Command, Event, Fleet, Time, What};
use promises::Promises;
use proptest::prelude::*;

const SEQUENCES: u32 = 100_000;

impl Sequence {
    /// Runs to the end: whatever stands still is resumed until it is done.
    fn run(&self) {
        let plan = plan(self.choices);
        let members = self.members();
        let fresh = || Fleet::new(plan.clone(), members.clone()).expect("a sound plan");
        let mut fleet = fresh();
        let canisters = self
            .natures
            .iter()
            .map(|nature| nature.canister())
            .collect();
        let mut world = World::new(canisters, self.weather, self.seed);
        let mut now = Time(1_000);
        let mut life = Life {
            promises: Promises::of(&world),
            journal: Vec::new(),
            disturbances: self.disturbances.clone().into(),
            resumes: false,
            away: 0,
        };
        for _ in 0..200 {
            match drive(&mut fleet, &mut world, &mut now, &mut life) {
                Drive::Finished if life.disturbances.is_empty() => {
                    return life
                        .promises
                        .hold_at_the_end(&fleet, &world, &life.journal, fresh());
                }
                Drive::Deadlocked => panic!(
                    "nothing is waited for: {:?} {:?}",
                    fleet.head(),
                    fleet.records()
                ),
                Drive::StandsStill => life.resumes = true,
                Drive::Finished => life.commands_come_now(),
                Drive::Died => {
                    fleet = fresh();
                    for event in &life.journal {
                        fleet.apply(event).expect("it was applied before");
                    }
                    world.forget_answers();
                    let event = Event {
                        at: now,
                        what: What::Restarted,
                    };
                    fleet.apply(&event).expect("it fits always");
                    life.journal.push(event);
                    now = now.after(life.away);
                }
            }
        }
        panic!("no end: {:?} {:?}", fleet.head(), fleet.records());
    }
}

/// The journal of a run, and what befalls it.
struct Life {
    promises: Promises,
    journal: Vec<Event>,
    disturbances: VecDeque<(u16, Disturbance)>,
    resumes: bool,
    away: u64,
}

impl Life {
    fn next(&self) -> Option<&Disturbance> {
        let (at, next) = self.disturbances.front()?;
        (usize::from(*at) <= self.journal.len()).then_some(next)
    }
}

impl Life {
    /// There will be no event any more at which they would come.
    fn commands_come_now(&mut self) {
        self.disturbances
            .retain(|(_, next)| matches!(next, Disturbance::Command(_)));
        self.disturbances.iter_mut().for_each(|(at, _)| *at = 0);
    }
}

impl Outside for Life {
    fn keep(&mut self, fleet: &Fleet, world: &World, event: &Event) -> bool {
        self.journal.push(event.clone());
        self.promises.hold_after(fleet, world, event);
        let Some(Disturbance::Death(away)) = self.next() else {
            return true;
        };
        self.away = *away;
        self.disturbances.pop_front();
        false
    }

    fn command(&mut self, _: &Fleet) -> Option<Command> {
        if std::mem::take(&mut self.resumes) {
            return Some(Command::Resume);
        }
        let Some(Disturbance::Command(command)) = self.next().cloned() else {
            return None;
        };
        self.disturbances.pop_front();
        Some(command)
    }
}

#[test]
fn a_hundred_thousand_sequences_keep_the_promises() {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let config = ProptestConfig {
        cases: cases.unwrap_or(SEQUENCES),
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    };
    proptest!(config, |(sequence in sequence())| {
        sequence.run();
    });
}
