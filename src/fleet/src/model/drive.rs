//! A driver for the modelled network: what every driver does, without a network.

use crate::event::{Command, Event, What};
use crate::fleet::Fleet;
use crate::model::World;
use crate::time::Time;

/// How a drive ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// All is done.
    Finished,
    /// It waits for the operator.
    StandsStill,
    /// The driver died, as [`Outside::keep`] wanted.
    Died,
    /// Neither an answer nor a time is waited for, and yet it is not done: a fault of the engine.
    Deadlocked,
}

/// What is outside of a driver.
pub trait Outside {
    /// Keeps an event, which has been applied. If this is the last thing that the driver does, it says so with false.
    fn keep(&mut self, fleet: &Fleet, world: &World, event: &Event) -> bool;

    /// What the operator wants now.
    fn command(&mut self, fleet: &Fleet) -> Option<Command>;
}

/// Drives a fleet until it is done, stands still or the driver dies.
pub fn drive(
    fleet: &mut Fleet,
    world: &mut World,
    now: &mut Time,
    outside: &mut impl Outside,
) -> Drive {
    loop {
        while let Some(command) = outside.command(fleet) {
            let what = What::Commanded { command };
            if !happened(fleet, world, outside, *now, what) {
                return Drive::Died;
            }
        }
        for event in fleet.decide(*now) {
            if !outside.keep(fleet, world, &event) {
                return Drive::Died;
            }
            if let What::Asked { canister, call } = event.what {
                world.call(canister, call, fleet.plan(), *now);
            }
        }
        if fleet.is_finished() {
            return Drive::Finished;
        }
        let next = world.next_at().into_iter().chain(fleet.wake_at(*now)).min();
        let Some(next) = next else {
            return match fleet.stands_still() {
                true => Drive::StandsStill,
                false => Drive::Deadlocked,
            };
        };
        *now = next.max(*now);
        for (canister, answer) in world.until(*now, fleet.plan()) {
            if !happened(
                fleet,
                world,
                outside,
                *now,
                What::Answered { canister, answer },
            ) {
                return Drive::Died;
            }
        }
    }
}

/// Takes in what happened and keeps it, unless it does not fit: an answer that nobody waits for any more.
fn happened(
    fleet: &mut Fleet,
    world: &World,
    outside: &mut impl Outside,
    at: Time,
    what: What,
) -> bool {
    let event = Event { at, what };
    fleet.apply(&event).is_err() || outside.keep(fleet, world, &event)
}
