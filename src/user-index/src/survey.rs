//! What a list of canisters is found to be, so that they can be dealt out to waves.
//!
//! Each is asked about once, some at a time. Where that is not possible it is kept as one of which nothing is known, and the
//! run will say why.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use candid::Principal;
use fleet::{Found, migration_status};

use crate::limits::MAX_CANISTERS;
use crate::management::{self, Seen};
use crate::registry;
use crate::state::hot::Survey;
use crate::state::stored::Stored;
use crate::state::{self, State};

/// Asked about at the same time.
const AT_ONCE: u32 = 40;

thread_local! {
    /// Counts the batches, so that an answer of one that was given up is known.
    static BATCH: Cell<u64> = const { Cell::new(0) };
}

/// Begins a survey of these canisters, in place of the one before.
///
/// # Errors
/// There are too many, or one is there twice.
pub fn begin(canisters: &[Principal]) -> Result<(), String> {
    if canisters.is_empty() || canisters.len() > MAX_CANISTERS {
        let found = canisters.len();
        return Err(format!(
            "a survey is of 1 to {MAX_CANISTERS} canisters, not {found}"
        ));
    }
    let mut ids = BTreeSet::new();
    if let Some(twice) = canisters.iter().find(|id| !ids.insert(**id)) {
        return Err(format!("canister {twice} is in the list twice"));
    }
    state::with(|state| {
        state::clear(&mut state.surveyed);
        for (place, id) in (0..).zip(canisters) {
            state.surveyed.insert(place, Stored(unknown(*id)));
        }
        state.hot.survey = Survey {
            canisters: canisters.len() as u32,
            ..Survey::default()
        };
    });
    go_on();
    Ok(())
}

fn unknown(id: Principal) -> Found {
    Found {
        id,
        subnet: 0,
        module: None,
        layout: String::new(),
        bytes: 0,
        changes: 0,
    }
}

/// Goes on with a survey that is not finished.
pub fn go_on() {
    let survey = state::with(|state| state.hot.survey.clone());
    if survey.next >= survey.canisters {
        return;
    }
    let batch = BATCH.get() + 1;
    BATCH.set(batch);
    let end = survey.canisters.min(survey.next.saturating_add(AT_ONCE));
    let left = std::rc::Rc::new(Cell::new(end - survey.next));
    for place in survey.next..end {
        let left = left.clone();
        ic_cdk_timers::set_timer(Duration::ZERO, async move {
            look(place, batch).await;
            left.set(left.get() - 1);
            if left.get() == 0 && BATCH.get() == batch {
                state::with(|state| state.hot.survey.next = end);
                go_on();
            }
        });
    }
}

async fn look(place: u32, batch: u64) {
    let kept = state::with(|state| state.surveyed.get(&place));
    let Some(Stored(mut found)) = kept else {
        return;
    };
    let seen = management::status(found.id).await;
    let subnet = registry::subnet(found.id).await;
    let told = match seen.as_ref().is_ok_and(Seen::runs) {
        true => management::moved(found.id).await.ok(),
        false => None,
    };
    if BATCH.get() != batch {
        return;
    }
    state::with(|state| match seen {
        Ok(seen) => {
            found.module = seen.module;
            found.layout = migration_status::layout(told.as_deref()).to_owned();
            found.bytes = seen.bytes;
            found.changes = seen.version;
            found.subnet = subnet.map_or(0, |subnet| number(&mut state.hot.survey, subnet));
            state.surveyed.insert(place, Stored(found));
        }
        Err(_) => state.hot.survey.failed += 1,
    });
}

/// The number of a subnet: where none is known all canisters have 0, as on one.
fn number(survey: &mut Survey, subnet: Principal) -> u16 {
    let known = survey.subnets.iter().position(|known| *known == subnet);
    let place = known.unwrap_or(survey.subnets.len());
    match u16::try_from(place) {
        Ok(number) => {
            if known.is_none() {
                survey.subnets.push(subnet);
            }
            number
        }
        Err(_) => u16::MAX,
    }
}

/// What was found.
///
/// # Errors
/// Nothing yet, or not all.
pub fn found(state: &State) -> Result<Vec<Found>, String> {
    let survey = &state.hot.survey;
    if survey.canisters == 0 {
        return Err("there was no survey: `survey` first".to_owned());
    }
    if survey.next < survey.canisters {
        let (next, canisters) = (survey.next, survey.canisters);
        return Err(format!(
            "the survey is at {next} of {canisters}: wait until it is through"
        ));
    }
    Ok(state.surveyed.iter().map(|(_, found)| found.0).collect())
}
