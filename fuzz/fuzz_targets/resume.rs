//! An upgrade takes a memory, or refuses it before a byte is written; what it took, the next upgrade takes.
//!
//! A stable map whose nodes were damaged may trap where its first and last entries are read, and so may the type of an
//! entry that was never written: before a byte is written, too.

#![no_main]

use fuzz::canister::{NOW, State, release};
use fuzz::image::Image;
use fuzz::memory::Watched;
use fuzz::trap::unless_a_map_traps;
use ic_stable_migration::{Budget, Error, MoveBudget, Mover, Trailing};
use libfuzzer_sys::fuzz_target;

/// Steps after which a move of so few entries must have ended.
const MAX_STEPS: u64 = 1_000;

fuzz_target!(|input: &[u8]| {
    let Some((variant, input)) = input.split_first() else {
        return;
    };
    let Some(image) = Image::of(input) else {
        return;
    };
    let mut plan = release(2).zeroed_is_empty(variant & 1 != 0);
    if variant & 2 != 0 {
        plan = plan.trailing(Trailing::Discard);
    }
    if variant & 4 != 0 {
        plan = plan.ceiling(16 << 30);
    }
    if variant & 8 != 0 {
        plan = plan.move_budget(MoveBudget::DEFAULT);
    }

    let memory = Watched::of(&image.bytes);
    let resume = |now| plan.resume_tiered::<State<_>, _>(memory.clone(), now);
    let resumed = unless_a_map_traps(|| resume(NOW));
    let (mut state, mut mover) = match resumed {
        Some(Ok((state, mover, _))) => (state, mover),
        None => {
            assert!(!memory.was_changed());
            return;
        }
        Some(Err(error)) => {
            let told = error.to_string();
            // Only that can be found out by trying alone; the hook traps then.
            let tried = matches!(
                error,
                Error::OutOfStableMemory { .. } | Error::Ceiling { .. }
            );
            assert!(tried || !memory.was_changed(), "{told}");
            return;
        }
    };
    mover.status(&mut state);
    if image.maps_are_intact {
        finish(&mut state, &mut mover);
    }
    if mover.save(&state, plan.stamp(NOW + 10)).is_ok() {
        resume(NOW + 20).unwrap();
    }
});

fn finish(state: &mut State<Watched>, mover: &mut Mover<Watched>) {
    let budget = Budget {
        entries: 7,
        ..Budget::default()
    };
    for step in 0..MAX_STEPS {
        if !mover.has_work() {
            return;
        }
        if mover.step_within(state, budget, &|| 0, NOW + step).is_err() {
            return;
        }
    }
    panic!("the move does not end: {:?}", mover.status(state));
}
