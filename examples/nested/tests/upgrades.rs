//! The scores go through their releases in every order, with traps and interruptions, and no answer changes.

use migration_kit::{Kit, KitError, Principal, Release, Script};

#[test]
fn no_answer_changes() -> Result<(), KitError> {
    let release = |feature| Release::cargo(env!("CARGO_PKG_NAME"), &[feature]);
    let releases = [
        release("release-0")?,
        release("release-1")?,
        release("release-2")?,
    ];
    let [boss, ada, bob, eve] = [1, 2, 3, 4].map(|byte| Principal::from_slice(&[byte]));
    let script = Script::new()
        .by(ada)
        .update("set", ("chess", 1_500u64))?
        .update("set", ("go", 12u64))?
        .by(eve)
        .update("set", ("chess", 9_999u64))?
        .by(bob)
        .update("set", ("chess", 1_200u64))?
        .update("set", ("", 1u64))?
        .by(boss)
        .update("ban", (eve,))?
        .by(eve)
        .update("set", ("chess", 9_999u64))?
        .by(ada)
        .update("set", ("chess", 1_400u64))?
        .update("set", ("chess", 1_600u64))?
        .by(bob)
        .update("leave", ())?
        .update("set", ("go", 3u64))?
        .query("list", (ada,))?
        .query("list", (bob,))?
        .query("list", (eve,))?
        .query("get", (ada, "chess"))?
        .query("get", (bob, "chess"))?
        .query("records", (2u64,))?;
    let report = Kit::new(releases).controller(boss).script(script).run()?;
    println!("{report}");
    Ok(())
}
