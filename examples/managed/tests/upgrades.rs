//! The blog goes through its releases in every order, with traps and interruptions, and no answer changes.

use migration_kit::{Kit, KitError, Limit, Release, Script};

#[test]
fn no_answer_changes() -> Result<(), KitError> {
    let release = |feature| Release::cargo(env!("CARGO_PKG_NAME"), &[feature]);
    let releases = [
        release("release-0")?,
        release("release-1")?,
        release("release-2")?,
    ];
    let script = Script::new()
        .update("rename", ("A blog with a long title",))?
        .update("publish", ("The first post",))?
        .update("publish", ("The second post",))?
        .update("like", (1u64,))?
        .update("like", (2u64,))?
        .update("like", (2u64,))?
        .update("rename", ("A blog",))?
        .update("publish", ("The third post",))?
        .update("like", (3u64,))?
        .query("posts", (1u64,))?
        .query("likes", (2u64,))?
        .query("likes", (3u64,))?;
    let report = Kit::new(releases)
        .script(script)
        .limit(Limit::StablePages(1 + 4 * 128))
        .run()?;
    println!("{report}");
    Ok(())
}
