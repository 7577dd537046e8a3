//! Everything that happened to a fleet, in a file of SQLite that any of its clients reads.
//!
//! ```text
//! about       name, value          the plan as JSON, its digest, the form of this file
//! members     number, canister, subnet, wave, rehearse
//! events      seq, at, canister, what, event          all that the engine knows; the rest follows from it
//! canisters   number, canister, wave, state, stage, class, said, …      where each stands, kept current
//! commands    number, given, command, taken, refused  what the operator wants
//! kept        canister, stage, method, answer         answers of before a stage
//! ```
//!
//! The write-ahead log is on and every commit is synced, so that what was committed outlives the program and the machine.
//! One runner holds the lock file beside it; everybody else reads, and writes to `commands`.

mod read;
mod rows;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::fleet::{Command, Event, Fleet, Time, Unfit, What};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::clock::time_text;
use super::error::FleetError;
use super::plan_file::FleetPlan;

pub use read::Standing;

/// The form of the file.
const FORMAT: &str = "1";

/// How long a commit waits for somebody who reads or gives a command.
const PATIENCE: Duration = Duration::from_secs(30);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members (
  number INTEGER PRIMARY KEY, canister TEXT NOT NULL UNIQUE,
  subnet INTEGER NOT NULL, wave INTEGER NOT NULL, rehearse INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY, at TEXT NOT NULL, canister TEXT, what TEXT NOT NULL, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_of_canister ON events (canister);
CREATE TABLE IF NOT EXISTS canisters (
  number INTEGER PRIMARY KEY, canister TEXT NOT NULL UNIQUE, wave INTEGER NOT NULL, state TEXT NOT NULL,
  stage TEXT, class TEXT, said TEXT, may_be_stopped INTEGER NOT NULL, snapshot TEXT,
  moved INTEGER NOT NULL, of INTEGER NOT NULL, began TEXT, ended TEXT);
CREATE INDEX IF NOT EXISTS canisters_by_state ON canisters (state, class);
CREATE TABLE IF NOT EXISTS commands (
  number INTEGER PRIMARY KEY AUTOINCREMENT, given TEXT NOT NULL, command TEXT NOT NULL, taken TEXT, refused TEXT);
CREATE TABLE IF NOT EXISTS kept (
  canister INTEGER NOT NULL, stage INTEGER NOT NULL, method TEXT NOT NULL, answer BLOB NOT NULL,
  PRIMARY KEY (canister, stage, method)) WITHOUT ROWID;
";

/// An answer of before a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The query.
    pub method: String,
    /// What it answered.
    pub answer: Vec<u8>,
}

/// A journal that is open.
pub struct Journal {
    db: Connection,
    path: PathBuf,
    /// Held by a runner.
    _lock: Option<File>,
    /// Commits until one fails: as if the program ended there.
    #[cfg(test)]
    pub(super) commits_left: Option<u32>,
}

impl Journal {
    /// Opens a journal for a runner, or begins one, and brings a fleet to where it stands.
    ///
    /// # Errors
    /// [`FleetError::Locked`] if there is another runner, [`FleetError::OtherPlan`], [`FleetError::Journal`] for one that is
    /// damaged, [`FleetError::Database`].
    pub fn run(path: &Path, plan: &FleetPlan) -> Result<(Self, Fleet), FleetError> {
        let lock = lock(path)?;
        let db = Connection::open(path).map_err(database(path))?;
        let mut journal = Self::of(db, path, Some(lock))?;
        let given = plan.digest()?;
        match journal.about("plan-digest")? {
            Some(found) if found == given => {}
            Some(found) => {
                return Err(FleetError::OtherPlan {
                    path: path.to_owned(),
                    found: short(&found),
                    given: short(&given),
                });
            }
            None => journal.begin(plan, &given)?,
        }
        let fleet = journal.fold(plan)?;
        Ok((journal, fleet))
    }

    /// Opens a journal to look at it and to give commands. A runner may be at work on it.
    ///
    /// # Errors
    /// [`FleetError::Journal`] if there is none, [`FleetError::Database`].
    pub fn look(path: &Path) -> Result<(Self, FleetPlan), FleetError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if !path.is_file() {
            return Err(damaged(
                path,
                "there is no such journal: `fleet run` makes it",
            ));
        }
        let db = Connection::open_with_flags(path, flags).map_err(database(path))?;
        let journal = Self::of(db, path, None)?;
        let text = journal.about("plan")?;
        let text = text.ok_or_else(|| damaged(path, "it has no plan in it"))?;
        let plan = FleetPlan::of_json(&text).map_err(|reason| damaged(path, &reason))?;
        Ok((journal, plan))
    }

    fn of(db: Connection, path: &Path, lock: Option<File>) -> Result<Self, FleetError> {
        let journal = Self {
            db,
            path: path.to_owned(),
            _lock: lock,
            #[cfg(test)]
            commits_left: None,
        };
        let prepare = || {
            journal.db.busy_timeout(PATIENCE)?;
            let _: String = journal
                .db
                .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
            journal
                .db
                .execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
            if journal._lock.is_some() {
                journal.db.execute_batch(TABLES)?;
            }
            journal.db.set_prepared_statement_cache_capacity(32);
            Ok(())
        };
        prepare().map_err(|source: rusqlite::Error| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => {
                damaged(path, "it is not a database of SQLite")
            }
            _ => database(path)(source),
        })?;
        Ok(journal)
    }

    /// Writes plan and members into an empty journal.
    fn begin(&mut self, plan: &FleetPlan, digest: &str) -> Result<(), FleetError> {
        let fleet = Fleet::new(plan.plan.clone(), plan.members.clone())?;
        let json = plan.to_json()?;
        self.transaction(|db| {
            let mut about = db.prepare("INSERT INTO about VALUES (?, ?)")?;
            for (name, value) in [("format", FORMAT), ("plan", &json), ("plan-digest", digest)] {
                about.execute([name, value])?;
            }
            let mut member = db.prepare("INSERT INTO members VALUES (?, ?, ?, ?, ?)")?;
            for (number, one) in plan.members.iter().enumerate() {
                let id = one.id.to_text();
                let at = number as u32;
                member.execute(params![at, id, one.subnet, one.wave, one.rehearse])?;
                rows::write(db, plan, &fleet, at)?;
            }
            Ok(())
        })
    }

    /// Commits events, and where the canisters stand that they changed. The calls among them may be made after it.
    ///
    /// # Errors
    /// [`FleetError::Database`]; nothing was committed then.
    pub fn append(
        &mut self,
        plan: &FleetPlan,
        fleet: &mut Fleet,
        events: &[Event],
        kept: &[(u32, u8, Vec<Kept>)],
    ) -> Result<(), FleetError> {
        let changed = fleet.take_changed();
        if events.is_empty() && kept.is_empty() {
            return Ok(());
        }
        let json = rows::events(events).map_err(|reason| damaged(&self.path, &reason))?;
        self.transaction(|db| {
            for (event, json) in events.iter().zip(&json) {
                rows::event(db, fleet, event, json)?;
            }
            for number in changed {
                rows::write(db, plan, fleet, number)?;
            }
            for (canister, stage, answers) in kept {
                db.prepare_cached("DELETE FROM kept WHERE canister = ? AND stage = ?")?
                    .execute(params![canister, stage])?;
                let mut keep = db.prepare_cached("INSERT INTO kept VALUES (?, ?, ?, ?)")?;
                for Kept { method, answer } in answers {
                    keep.execute(params![canister, stage, method, answer])?;
                }
            }
            Ok(())
        })
    }

    /// Notes a command for whoever runs, or will run, this journal. Returns its number.
    ///
    /// # Errors
    /// [`FleetError::Database`].
    pub fn command(&mut self, command: &Command, now: Time) -> Result<i64, FleetError> {
        let json = serde_json::to_string(command)
            .map_err(|error| damaged(&self.path, &error.to_string()))?;
        let insert = "INSERT INTO commands (given, command) VALUES (?, ?)";
        self.db
            .execute(insert, params![time_text(now), json])
            .map_err(database(&self.path))?;
        Ok(self.db.last_insert_rowid())
    }

    /// Takes the commands that were given, applies each and commits it with the note that it was taken. Returns them,
    /// each with the reason if it did not fit.
    ///
    /// # Errors
    /// [`FleetError::Database`].
    pub fn take_commands(
        &mut self,
        plan: &FleetPlan,
        fleet: &mut Fleet,
        now: Time,
    ) -> Result<Vec<(Command, Option<Unfit>)>, FleetError> {
        let mut taken = Vec::new();
        for (number, text) in self.open_commands()? {
            let (event, refused) = match serde_json::from_str::<Command>(&text) {
                Ok(command) => {
                    let event = Event {
                        at: now,
                        what: What::Commanded {
                            command: command.clone(),
                        },
                    };
                    let unfit = fleet.apply(&event).err();
                    let refused = unfit.as_ref().map(ToString::to_string);
                    taken.push((command, unfit));
                    (refused.is_none().then_some(event), refused)
                }
                Err(error) => (None, Some(format!("not a command: {error}"))),
            };
            let changed = fleet.take_changed();
            let events: Vec<Event> = event.into_iter().collect();
            let json = rows::events(&events).map_err(|reason| damaged(&self.path, &reason))?;
            self.transaction(|db| {
                let note = "UPDATE commands SET taken = ?, refused = ? WHERE number = ?";
                db.execute(note, params![time_text(now), refused, number])?;
                for (event, json) in events.iter().zip(&json) {
                    rows::event(db, fleet, event, json)?;
                }
                for canister in changed {
                    rows::write(db, plan, fleet, canister)?;
                }
                Ok(())
            })?;
        }
        Ok(taken)
    }

    fn transaction(
        &mut self,
        write: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), FleetError> {
        #[cfg(test)]
        if let Some(left) = &mut self.commits_left {
            if *left == 0 {
                return Err(damaged(&self.path, "the program ended here"));
            }
            *left -= 1;
        }
        let transaction = self.db.transaction().map_err(database(&self.path))?;
        let written = write(&transaction).and_then(|()| transaction.commit());
        written.map_err(database(&self.path))
    }

    fn about(&self, name: &str) -> Result<Option<String>, FleetError> {
        let select = "SELECT value FROM about WHERE name = ?";
        self.db
            .query_row(select, [name], |row| row.get(0))
            .optional()
            .map_err(database(&self.path))
    }

    /// Whether a runner is at work on it.
    pub fn has_runner(path: &Path) -> bool {
        matches!(lock(path), Err(FleetError::Locked { .. }))
    }
}

/// Takes the lock of a runner. It is the system's, and goes with the program.
fn lock(path: &Path) -> Result<File, FleetError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(&name);
    let file = file.map_err(FleetError::io(&name))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FleetError::Locked {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(FleetError::io(&name)(error)),
    }
}

fn database(path: &Path) -> impl FnOnce(rusqlite::Error) -> FleetError {
    let path = path.to_owned();
    |source| FleetError::Database { path, source }
}

fn damaged(path: &Path, reason: &str) -> FleetError {
    FleetError::Journal {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}
