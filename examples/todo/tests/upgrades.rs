//! The list goes through its releases in every order, with traps and interruptions, and no answer changes.

use migration_kit::{Kit, KitError, Release, Script};

/// Releases 0 and 1, and the one with these features.
fn kit(last: &[&str]) -> Result<Kit, KitError> {
    let release = |features: &[&str]| Release::cargo(env!("CARGO_PKG_NAME"), features);
    let releases = [
        release(&["release-0"])?,
        release(&["release-1"])?,
        release(last)?,
    ];
    let script = Script::new()
        .update("add", ("read the legacy value",))?
        .update("add", ("save it in memory 0",))?
        .update("add", ("move it",))?
        .update("done", (1u64,))?
        .update("add", ("rest",))?
        .update("done", (3u64,))?;
    Ok(Kit::new(releases).script(script))
}

#[test]
fn the_items_move_in_an_upgrade() -> Result<(), KitError> {
    let report = kit(&["release-2"])?.run()?;
    println!("{report}");
    Ok(())
}

#[test]
fn the_items_move_in_steps() -> Result<(), KitError> {
    let report = kit(&["release-2", "in-steps"])?.run()?;
    println!("{report}");
    assert!(report.total.steps > 0);
    Ok(())
}
