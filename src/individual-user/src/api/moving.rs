//! The move of the collections to stable maps: its steps, and a controller's say in it.

use ic_stable_migration::cdk::{self, OrTrap, controller_or_self};
use ic_stable_migration::{DifferingKeys, Error, Mover, Resolution, StepReport};
use ic_stable_structures::DefaultMemoryImpl;

use crate::state::{self, State};

/// The method that the timer calls for each step.
pub const STEP_METHOD: &str = "migration_step";

/// Most keys of each kind that are told of a difference.
const DIFFERENCES: usize = 10;

/// One step. The timer calls it; a controller may, to go faster. None in a release that does not move.
#[ic_cdk::update(guard = "controller_or_self")]
fn migration_step() -> Option<StepReport> {
    cdk::step(state::store())
}

/// Stops the move after the step under way, until it is resumed; an upgrade leaves it paused.
#[ic_cdk::update(guard = "controller_or_self")]
fn migration_pause() {
    with_mover(|mover, state| mover.pause(state));
}

/// Goes on with a move that was paused or got stuck.
#[ic_cdk::update(guard = "controller_or_self")]
fn migration_resume() {
    with_mover(|mover, state| mover.unpause(state));
    cdk::arm(state::store(), STEP_METHOD);
}

/// Sets how many instructions the move may take of the upgrade that begins it: 0 is none, the move then goes in steps;
/// null is what the release plans. To be called before that upgrade, in release 1.
#[ic_cdk::update(guard = "controller_or_self")]
fn migration_budget(instructions: Option<u64>) {
    state::with_store(|store| match store.managed() {
        Some(managed) => managed.set_move_budget(instructions),
        None => Err(Error::NothingSaved),
    })
    .or_trap();
}

/// Asks for the audit of every collection again, at any time after the move; it goes on in steps.
#[ic_cdk::update(guard = "controller_or_self")]
fn migration_verify() {
    with_mover(|mover, state| mover.verify(state));
    cdk::arm(state::store(), STEP_METHOD);
}

/// Goes on with a collection in which the audit found a difference.
#[ic_cdk::update(guard = "controller_or_self")]
fn migration_resolve(collection: String, resolution: Resolution) {
    with_mover(|mover, state| mover.resolve(state, &collection, resolution));
    cdk::arm(state::store(), STEP_METHOD);
}

/// The first keys in which a collection with a difference is not what it was before the move.
#[ic_cdk::query(guard = "controller_or_self")]
fn migration_differences(collection: String) -> DifferingKeys {
    let mut keys = DifferingKeys::default();
    with_mover(|mover, state| {
        keys = mover.differing_keys(state, &collection, DIFFERENCES)?;
        Ok(())
    });
    keys
}

fn with_mover(act: impl FnOnce(&mut Mover<DefaultMemoryImpl>, &mut State) -> Result<(), Error>) {
    state::with_store(|store| match store.mover()? {
        Some((mover, state)) => act(mover, state),
        None => Ok(()),
    })
    .or_trap();
}
