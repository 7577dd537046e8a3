//! Reading a journal.

use ::fleet::{Event, Fleet};
use rusqlite::params;

use super::{Journal, Kept, damaged, database};
use crate::fleet::error::FleetError;
use crate::fleet::plan_file::FleetPlan;

/// How a fleet stands by its journal.
pub struct Standing {
    /// The fold over its events.
    pub fleet: Fleet,
    /// Commands that no runner has taken yet.
    pub open_commands: Vec<String>,
}

impl Journal {
    /// How the fleet stands.
    ///
    /// # Errors
    /// Those of [`run`](Self::run) about what is in it.
    pub fn standing(&self, plan: &FleetPlan) -> Result<Standing, FleetError> {
        let open = self.open_commands()?;
        Ok(Standing {
            fleet: self.fold(plan)?,
            open_commands: open.into_iter().map(|(_, text)| text).collect(),
        })
    }

    /// The fold over all events.
    pub(super) fn fold(&self, plan: &FleetPlan) -> Result<Fleet, FleetError> {
        let mut fleet = Fleet::new(plan.plan.clone(), plan.members.clone())?;
        let mut select = self
            .db
            .prepare("SELECT seq, event FROM events ORDER BY seq")
            .map_err(database(&self.path))?;
        let mut rows = select.query([]).map_err(database(&self.path))?;
        while let Some(row) = rows.next().map_err(database(&self.path))? {
            let seq: i64 = row.get(0).map_err(database(&self.path))?;
            let text = row.get_ref(1).map_err(database(&self.path))?;
            let event: Event = text
                .as_str()
                .map_err(|error| error.to_string())
                .and_then(|text| serde_json::from_str(text).map_err(|error| error.to_string()))
                .map_err(|reason| damaged(&self.path, &format!("event {seq}: {reason}")))?;
            fleet
                .apply(&event)
                .map_err(|unfit| damaged(&self.path, &format!("event {seq}: {unfit}")))?;
        }
        fleet.take_changed();
        Ok(fleet)
    }

    /// The answers that a canister gave before a stage.
    ///
    /// # Errors
    /// [`FleetError::Database`].
    pub fn kept(&self, canister: u32, stage: u8) -> Result<Vec<Kept>, FleetError> {
        let read = || {
            let select = "SELECT method, answer FROM kept WHERE canister = ? AND stage = ?";
            let mut select = self.db.prepare_cached(select)?;
            let rows = select.query_map(params![canister, stage], |row| {
                Ok(Kept {
                    method: row.get(0)?,
                    answer: row.get(1)?,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(database(&self.path))
    }

    /// Commands that were not taken yet.
    pub(super) fn open_commands(&self) -> Result<Vec<(i64, String)>, FleetError> {
        let read = || {
            let select = "SELECT number, command FROM commands WHERE taken IS NULL ORDER BY number";
            let mut select = self.db.prepare_cached(select)?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(database(&self.path))
    }

    /// Events so far, to see whether something happens.
    ///
    /// # Errors
    /// [`FleetError::Database`].
    pub fn last_event(&self) -> Result<i64, FleetError> {
        let select = "SELECT coalesce(max(seq), 0) FROM events";
        self.db
            .query_row(select, [], |row| row.get(0))
            .map_err(database(&self.path))
    }
}
