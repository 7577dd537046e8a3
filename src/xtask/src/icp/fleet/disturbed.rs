//! A run that is killed again and again, and then has no network for a while, and one that hangs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::field::Field;
use super::wrong;
use crate::error::{self, Result, start};

/// Events that a run has told when it is killed, each time counted anew.
pub const KILLED_AFTER: [usize; 3] = [30, 75, 140];

/// Events of the last run after which the network is gone, and for how long.
const CUT_AFTER: usize = 60;
/// See [`CUT_AFTER`].
pub const CUT: Duration = Duration::from_secs(6);

/// Events of the last run after which the endpoint itself stands still, as long.
const HUNG_AFTER: usize = 200;

/// Runs the plan of a field to its end.
///
/// # Errors
/// `Fleet` if it does not end as it should; those of starting programs.
pub fn run(field: &Field) -> Result<()> {
    for after in KILLED_AFTER {
        let mut child = begin(field)?;
        let told = lines(&mut child)?.take(after).count();
        child.kill().map_err(start("stable-migrate"))?;
        child.wait().map_err(start("stable-migrate"))?;
        println!("\nkilled with SIGKILL after {told} events");
        let mut status = field.fleet(&["status", "--journal", "fleet.sqlite"]);
        let status = status.output().map_err(start("stable-migrate"))?;
        let status = String::from_utf8_lossy(&status.stdout).into_owned();
        println!("  {}", status.lines().next().unwrap_or_default());
    }
    let began = Instant::now();
    let mut child = begin(field)?;
    let mut events = 0;
    for _ in lines(&mut child)? {
        events += 1;
        match events {
            HUNG_AFTER => {
                println!(
                    "the endpoint stands still for {} s, after {events} events",
                    CUT.as_secs()
                );
                field.hang(CUT)?;
            }
            CUT_AFTER => {
                println!("no network for {} s, after {events} events", CUT.as_secs());
                field.proxy.cut();
                thread::sleep(CUT);
                field.proxy.mend();
            }
            _ => {}
        }
    }
    let status = child.wait().map_err(start("stable-migrate"))?;
    // 1: some canisters failed or were passed over, as they must.
    if status.code() != Some(1) {
        let log = std::fs::read_to_string(field.scratch.join("run.log")).unwrap_or_default();
        return Err(wrong(format!("stable-migrate fleet run: {status}: {log}")));
    }
    println!(
        "ran to its end: {events} more events in {} s",
        began.elapsed().as_secs()
    );
    Ok(())
}

fn begin(field: &Field) -> Result<Child> {
    let mut run: Command = field.fleet(&["run", "plan.json", "--journal", "fleet.sqlite"]);
    let log = std::fs::File::create(field.scratch.join("run.log"));
    let log = log.map_err(error::Error::file("create", &field.scratch))?;
    run.arg("--json-lines");
    run.stdout(Stdio::piped()).stderr(log).stdin(Stdio::null());
    run.spawn().map_err(start("stable-migrate"))
}

fn lines(child: &mut Child) -> Result<impl Iterator<Item = String> + use<>> {
    let out = child.stdout.take();
    let out = out.ok_or_else(|| wrong("its output is not there".to_owned()))?;
    Ok(BufReader::new(out)
        .lines()
        .map_while(std::result::Result::ok))
}
