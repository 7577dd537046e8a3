//! The individual user canister through the kit that adopters test theirs with.

use canister_host::Module;
use canister_scenario::{Step, init_args, people, upgrade_args};
use migration_kit::{Check, Kit, KitError, Release, Script};
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2, RELEASE_3, TINY};
use scenarios::sample;

/// A canister that goes through these releases.
pub fn kit_of(releases: &[(&str, &Module)]) -> Result<Kit, KitError> {
    let releases = releases.iter().map(|(name, module)| {
        Release::from_module(*name, (*module).clone()).with_encoded(init_args(), upgrade_args())
    });
    let mut script = Script::new();
    for step in sample().steps() {
        script = match step {
            Step::Pass(time) => script.pass(time),
            Step::Call(call) => script
                .by(call.caller)
                .update_encoded(call.method, call.args),
        };
    }
    let kit = Kit::new(releases)
        .script(script)
        .controller(people::user_index())
        .canister_id(people::canister(0))
        .resume("migration_resume", ())?;
    Ok(kit)
}

#[test]
fn the_user_canister_stands_what_an_adopters_does() -> Result<(), KitError> {
    let releases: [(_, &Module); 3] = [("0", &RELEASE_0), ("1", &RELEASE_1), ("2", &RELEASE_2)];
    let report = kit_of(&releases)?.without(Check::Steps).run()?;
    println!("{report}");
    let total = &report.total;
    assert!(total.traps > 100 && total.refused > 5, "{total:?}");
    Ok(())
}

#[test]
fn a_move_in_small_steps_may_be_interrupted_after_each() -> Result<(), KitError> {
    let kit = kit_of(&[("0", &RELEASE_0), ("1", &RELEASE_1), ("tiny steps", &TINY)])?;
    let report = kit.only(&[Check::Steps, Check::FullSubnet]).run()?;
    println!("{report}");
    let total = &report.total;
    assert!(total.traps > 50 && total.upgrades > 100, "{total:?}");
    Ok(())
}

#[test]
fn a_release_after_the_migration_stands_it_too() -> Result<(), KitError> {
    // Without it the profile that `init` was told is lost, as with any release.
    let kit = kit_of(&[("2", &RELEASE_2), ("3", &RELEASE_3)])?;
    let report = kit.without(Check::WithoutPreUpgrade).run()?;
    println!("{report}");
    let total = &report.total;
    assert!(total.traps > 10 && total.upgrades > 100, "{total:?}");
    Ok(())
}
