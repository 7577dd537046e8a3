//! What became of every canister: the same whether a run was interrupted or not.

use std::collections::BTreeMap;

use ic_principal::Principal;
use serde::{Deserialize, Serialize};

use crate::cause::Class;
use crate::confidence::rate_below;
use crate::fleet::Fleet;
use crate::index::Tally;
use crate::record::{End, State};

/// How sure the bound in a report is.
const CONFIDENCE: f64 = 0.95;
/// Canisters that a group names.
const EXAMPLES: usize = 5;

/// How a fleet stands, every canister in exactly one number of `states`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// All canisters.
    pub canisters: u32,
    /// How many are in each state, by its name.
    pub states: BTreeMap<String, u32>,
    /// Failures and what was passed over, alike ones together, the largest group first.
    pub groups: Vec<Group>,
    /// How each wave stands.
    pub waves: Vec<WaveReport>,
    /// Canisters that may be stopped now.
    pub stopped: u32,
    /// Snapshots that are kept.
    pub snapshots: u32,
    /// With a confidence of 95 %, fewer than this part of the canisters that are still to go will fail; of those that were
    /// upgraded or failed so far.
    pub failures_below: f64,
}

/// Canisters that ended alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The class of the cause.
    pub class: Class,
    /// How they ended.
    pub end: String,
    /// How many.
    pub canisters: u32,
    /// What was said of the first.
    pub text: String,
    /// The first of them.
    pub examples: Vec<Principal>,
}

/// How one wave stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaveReport {
    /// Which.
    pub wave: u16,
    /// How its canisters stand.
    #[serde(flatten)]
    pub tally: Tally,
}

impl Report {
    /// Of a fleet as it stands.
    pub fn of(fleet: &Fleet) -> Self {
        let mut states: BTreeMap<String, u32> = BTreeMap::new();
        let mut groups: BTreeMap<(Class, &'static str), Group> = BTreeMap::new();
        let (mut stopped, mut snapshots) = (0, 0);
        for (member, record) in fleet.members().iter().zip(fleet.records()) {
            *states.entry(record.state.name().to_owned()).or_default() += 1;
            stopped += u32::from(record.stopped);
            snapshots += u32::from(record.snapshot.is_some());
            let State::Ended(end) = &record.state else {
                continue;
            };
            let Some(cause) = end.cause() else {
                continue;
            };
            let group = groups
                .entry((cause.class, end.name()))
                .or_insert_with(|| Group {
                    class: cause.class,
                    end: end.name().to_owned(),
                    canisters: 0,
                    text: cause.text.clone(),
                    examples: Vec::new(),
                });
            group.canisters += 1;
            if group.examples.len() < EXAMPLES {
                group.examples.push(member.id);
            }
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.canisters));
        let tally = fleet.tally();
        let failed = u64::from(tally.failed);
        Self {
            canisters: fleet.members().len() as u32,
            states,
            groups,
            waves: fleet
                .waves()
                .map(|(wave, tally)| WaveReport { wave, tally })
                .collect(),
            stopped,
            snapshots,
            failures_below: rate_below(u64::from(tally.migrated) + failed, failed, CONFIDENCE),
        }
    }
}

impl State {
    /// The name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Active { step, .. } => step.name(),
            Self::Ended(end) => match end {
                End::Passed(cause) if cause.class == Class::CalledOff => "called off",
                end => end.name(),
            },
        }
    }
}
