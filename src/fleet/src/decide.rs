//! What is done next, decided from where every canister stands.

use crate::event::{Event, What};
use crate::fleet::{Fleet, Phase};
use crate::record::{State, Step};
use crate::time::Time;

impl Fleet {
    /// Decides what is done now. What it returns has been applied: keep it, then make the calls among it.
    ///
    /// It costs by the canisters that are under way, not by the fleet.
    pub fn decide(&mut self, now: Time) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(what) = self.next_phase(now) {
            self.decided(now, what, &mut events);
        }
        self.ask_those_due(now, &mut events);
        while let Some(canister) = self.next_canister() {
            self.decided(now, What::Begun { canister }, &mut events);
            self.ask(canister, now, &mut events);
        }
        events
    }

    /// The time after `now` at which there is something to decide even if nothing happens before; none if only an answer
    /// or the operator can bring that about.
    pub fn wake_at(&self, now: Time) -> Option<Time> {
        let later = self.index.due.range((now.after(1), 0)..).next();
        let due = later.map(|(due, _)| *due);
        let rest = match self.head.phase {
            Phase::Rest(_, until) if !self.stands_still() && until > now => Some(until),
            _ => None,
        };
        due.into_iter().chain(rest).min()
    }

    /// Whether all is done, or called off and brought to an end.
    pub fn is_finished(&self) -> bool {
        self.head.phase == Phase::Finished
    }

    /// Whether no further canister is begun until the operator wants it.
    pub fn stands_still(&self) -> bool {
        self.head.paused || self.head.halted || self.head.aborted
    }

    fn next_phase(&self, now: Time) -> Option<What> {
        if self.head.phase == Phase::Finished {
            return None;
        }
        if self.head.aborted {
            return (self.index.active == 0).then_some(What::Finished);
        }
        match self.head.phase {
            Phase::Planned if !self.stands_still() => match self.index.waves.keys().next() {
                Some(wave) => Some(What::WaveBegan { wave: *wave }),
                None => Some(What::Finished),
            },
            Phase::Wave(wave) => {
                let tally = self.index.waves.get(&wave).copied().unwrap_or_default();
                let failures = tally.failed.saturating_sub(self.head.forgiven);
                let budget = self.plan.budget;
                let reached = budget.is_reached(failures, tally.canisters);
                if !self.head.halted && reached {
                    return Some(What::Halted { failures });
                }
                (tally.ended() == tally.canisters).then_some(What::WaveEnded { wave })
            }
            Phase::Rest(wave, until) => {
                let next = self.index.waves.range(wave + 1..).next();
                match next {
                    None => Some(What::Finished),
                    Some(_) if self.stands_still() || now < until => None,
                    Some((wave, _)) => Some(What::WaveBegan { wave: *wave }),
                }
            }
            Phase::Planned | Phase::Finished => None,
        }
    }

    fn ask_those_due(&mut self, now: Time, events: &mut Vec<Event>) {
        let due = self.index.due.iter().take_while(|(due, _)| *due <= now);
        let due: Vec<u32> = due.map(|(_, canister)| *canister).collect();
        for canister in due {
            self.ask(canister, now, events);
        }
    }

    /// Makes the canister's next call, if there is room for it.
    fn ask(&mut self, canister: u32, now: Time, events: &mut Vec<Event>) {
        let at = canister as usize;
        let record = &self.records[at];
        let Some(call) = record.call(&self.plan) else {
            return;
        };
        let limits = self.plan.limits;
        let subnet = self.index.subnets.get(&self.members[at].subnet);
        let (stopped, installs) = subnet.map_or((0, 0), |subnet| (subnet.stopped, subnet.installs));
        let stops = matches!(
            &record.state,
            State::Active {
                step: Step::Stop,
                ..
            }
        ) && !record.unsure
            && !record.stopped;
        if self.index.asked.len() >= limits.calls as usize
            || (stops && stopped >= limits.stopped_per_subnet)
            || (call.installs() && installs >= limits.installs_per_subnet)
        {
            return;
        }
        self.decided(now, What::Asked { canister, call }, events);
    }

    /// The next canister of the wave whose turn has come, if there is room for one: those to be rehearsed before all
    /// others, and of the subnets that where the fewest are under way.
    fn next_canister(&self) -> Option<u32> {
        let Phase::Wave(wave) = self.head.phase else {
            return None;
        };
        let limits = self.plan.limits;
        if self.stands_still()
            || self.index.active >= limits.open
            || self.index.asked.len() >= limits.calls as usize
        {
            return None;
        }
        let rehearsals = self.index.rehearsals.get(&wave).copied().unwrap_or(0);
        let after_rehearsals = rehearsals == 0;
        let queues = self
            .index
            .waiting
            .range((wave, after_rehearsals, 0)..=(wave, after_rehearsals, u16::MAX));
        let subnets = queues.map(|((_, _, subnet), waiting)| {
            let active = self
                .index
                .subnets
                .get(subnet)
                .map_or(0, |subnet| subnet.active);
            (active, waiting)
        });
        let (_, waiting) = subnets.min_by_key(|(active, _)| *active)?;
        waiting.first().copied()
    }

    fn decided(&mut self, at: Time, what: What, events: &mut Vec<Event>) {
        let event = Event { at, what };
        // A decision fits where it is made.
        if self.apply(&event).is_ok() {
            events.push(event);
        }
    }
}
