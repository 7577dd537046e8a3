//! What some canisters of a fleet are, by their place; the others are of release 0.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::field::Field;
use super::wrong;
use crate::error::{Error, Result};

/// One that is not like the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Somebody else controls it.
    WrongController,
    /// A call that it made is never answered.
    DoesNotStop,
    /// Somebody stopped it.
    Stopped,
    /// Its move is done, and its audit finds other bytes than were moved.
    Differs,
    /// It runs a module that no stage starts from.
    OtherModule,
    /// It has the memory of release 3, over which the first stage is planned: release 1 refuses it, and the upgrade traps.
    Traps,
    /// It has fewer cycles than are asked for.
    TooFewCycles,
    /// It has the last stage already.
    Already,
}

/// By place. Two trap, because one of a kind is found by the rehearsal of its wave.
const ODD: &[(usize, Odd)] = &[
    (3, Odd::WrongController),
    (5, Odd::DoesNotStop),
    (7, Odd::Stopped),
    (9, Odd::Differs),
    (11, Odd::OtherModule),
    (17, Odd::Traps),
    (19, Odd::TooFewCycles),
    (23, Odd::Already),
    (27, Odd::Traps),
];

/// What the report has to call each kind.
const TOLD: &[&str] = &[
    "not-controller",
    "does-not-stop",
    "was-stopped",
    "differs",
    "unknown-module",
    "trapped",
    "too-few-cycles",
    "already there",
];

/// How long an audit may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Options of `fleet plan` that let the odd ones take part: modules in the folder `modules`, and one in that of the operator.
pub fn origins(modules: &str) -> String {
    format!(
        "--from {modules}/release-3-hashtags.wasm.gz --from held.wasm --from move={modules}/tiny-budget.wasm.gz"
    )
}

/// Whether a report has a word for each kind.
///
/// # Errors
/// `Fleet` for the first that it has not.
pub fn all_are_told(report: &str) -> Result<()> {
    match TOLD.iter().find(|word| !report.contains(**word)) {
        None => Ok(()),
        Some(word) => Err(wrong(format!("the report has no canister that is {word}"))),
    }
}

impl Odd {
    /// What is at a place, if it is odd.
    pub fn at(place: usize) -> Option<Self> {
        let found = ODD.iter().find(|(odd, _)| *odd == place);
        found.map(|(_, odd)| *odd)
    }

    /// Options that it is created with.
    pub fn created_with(self) -> &'static [&'static str] {
        match self {
            Self::TooFewCycles => &["--cycles", "300000000000"],
            _ => &[],
        }
    }

    /// Whether it is an individual user canister.
    pub fn takes_arguments(self) -> bool {
        !matches!(self, Self::OtherModule | Self::DoesNotStop)
    }

    /// The file of the module that it is installed with.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn module(self, field: &Field) -> Result<String> {
        Ok(match self {
            Self::OtherModule => field.packed("todo-release-0"),
            Self::Traps => field.packed("release-3-hashtags"),
            Self::Already => field.raw("individual-user"),
            Self::DoesNotStop => {
                let wasm = wat::parse_str(include_str!("held.wat"));
                let wasm = wasm.map_err(|error| wrong(format!("held.wat: {error}")))?;
                let path = field.scratch.join("held.wasm");
                fs::write(&path, wasm).map_err(Error::file("write", &path))?;
                path.display().to_string()
            }
            Self::WrongController | Self::Stopped | Self::Differs | Self::TooFewCycles => {
                field.packed("release-0-legacy")
            }
        })
    }

    /// Makes it what it is, once it is installed.
    ///
    /// # Errors
    /// The client fails.
    pub fn make(self, field: &Field, place: usize, id: &str, owner: &str) -> Result<()> {
        match self {
            Self::Stopped => field.on(&["canister", "stop", id]).map(drop),
            Self::WrongController => {
                let other = "rrkah-fqaaa-aaaaa-aaaaq-cai";
                let words = ["canister", "settings", "update", id, "--force"];
                let change = ["--add-controller", other, "--remove-controller", owner];
                field.on(&[&words[..], &change[..]].concat()).map(drop)
            }
            Self::DoesNotStop => hold(field, id),
            Self::Differs => differ(field, place, id),
            Self::OtherModule | Self::Traps | Self::TooFewCycles | Self::Already => Ok(()),
        }
    }
}

/// Lets a canister make a call that is never answered.
fn hold(field: &Field, id: &str) -> Result<()> {
    let module = Odd::DoesNotStop.module(field)?;
    let install = |id: &str| {
        let words = [
            "canister", "install", id, "--mode", "install", "--wasm", &module,
        ];
        field.on(&words)
    };
    let call = |id: &str, method: &str, about: &str| {
        let argument = format!("(principal \"{about}\")");
        field.on(&["canister", "call", id, method, &argument])
    };
    let (holder, stopped) = (field.create(&[])?, field.create(&[])?);
    install(&holder)?;
    install(&stopped)?;
    let words = ["canister", "settings", "update", &stopped, "--force"];
    field.on(&[&words[..], &["--add-controller", &holder]].concat())?;
    call(&holder, "set", &stopped)?;
    call(&stopped, "hang", &holder)?;
    call(id, "hang", &holder).map(drop)
}

/// Moves a canister's collections and then damages them, so that an audit finds a difference.
fn differ(field: &Field, place: usize, id: &str) -> Result<()> {
    field.post(id, place, 8)?;
    let words = ["canister", "install", id, "--mode", "upgrade", "--wasm"];
    let module = field.packed("tiny-budget");
    field.on(&[&words[..], &[&module, "--args", "(record {})"]].concat())?;
    wait_for(field, id, "Done")?;
    field.on(&["canister", "stop", id])?;
    let taken = field.on(&["canister", "snapshot", "create", id, "-q"])?;
    let folder = field.scratch.join("whole");
    let folder_name = folder.display().to_string();
    field.on(&[
        "canister",
        "snapshot",
        "download",
        id,
        &taken,
        "-o",
        &folder_name,
    ])?;
    field.on(&["canister", "snapshot", "delete", id, &taken])?;
    let memory = folder.join("stable_memory.bin");
    let mut bytes = fs::read(&memory).map_err(Error::file("read", &memory))?;
    damage(&mut bytes)?;
    fs::write(&memory, bytes).map_err(Error::file("write", &memory))?;
    let uploaded = field.on(&[
        "canister",
        "snapshot",
        "upload",
        id,
        "-i",
        &folder_name,
        "-q",
    ])?;
    field.on(&["canister", "snapshot", "restore", id, &uploaded])?;
    field.on(&["canister", "snapshot", "delete", id, &uploaded])?;
    field.on(&["canister", "start", id])?;
    field.on(&["canister", "call", id, "migration_verify", "()"])?;
    wait_for(field, id, "Differs")
}

/// Changes a post where it was moved to.
fn damage(memory: &mut [u8]) -> Result<()> {
    const WORD: &[u8] = b"video-0";
    let found = memory.windows(WORD.len()).rposition(|word| word == WORD);
    let place = found.ok_or_else(|| wrong("no post in the memory".to_owned()))?;
    memory[place] ^= 1;
    Ok(())
}

/// Waits until the move is in this phase.
fn wait_for(field: &Field, id: &str, phase: &str) -> Result<()> {
    let began = Instant::now();
    let wanted = format!("phase = variant {{ {phase} }}");
    loop {
        let words = ["canister", "call", id, "migration_status", "()", "--query"];
        let said = field.on(&words)?;
        if said.contains(&wanted) {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(wrong(format!("{id} is not {phase}: {said}")));
        }
        thread::sleep(Duration::from_millis(300));
    }
}
