//! The rows of a journal.

use ::fleet::{Command, Event, Fleet, State, What};
use rusqlite::{Connection, params};

use crate::fleet::clock::time_text;
use crate::fleet::plan_file::FleetPlan;
use crate::hex::hex;

/// Events as JSON.
///
/// # Errors
/// What the serializer said.
pub(super) fn events(events: &[Event]) -> Result<Vec<String>, String> {
    let json = events.iter().map(serde_json::to_string);
    json.collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

/// Adds an event.
pub(super) fn event(
    db: &Connection,
    fleet: &Fleet,
    event: &Event,
    json: &str,
) -> rusqlite::Result<()> {
    let canister = subject(&event.what)
        .and_then(|number| fleet.members().get(number as usize))
        .map(|member| member.id.to_text());
    let insert = "INSERT INTO events (at, canister, what, event) VALUES (?, ?, ?, ?)";
    db.prepare_cached(insert)?.execute(params![
        time_text(event.at),
        canister,
        name(&event.what),
        json
    ])?;
    Ok(())
}

/// Writes where a canister stands.
pub(super) fn write(
    db: &Connection,
    plan: &FleetPlan,
    fleet: &Fleet,
    number: u32,
) -> rusqlite::Result<()> {
    let at = number as usize;
    let (Some(member), Some(record)) = (fleet.members().get(at), fleet.records().get(at)) else {
        return Ok(());
    };
    let stage = plan.plan.stages.get(usize::from(record.stage));
    let cause = match &record.state {
        State::Ended(end) => end.cause(),
        _ => record.last.as_ref(),
    };
    let time = |time: ::fleet::Time| (time.0 > 0).then(|| time_text(time));
    let insert = "INSERT OR REPLACE INTO canisters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    db.prepare_cached(insert)?.execute(params![
        number,
        member.id.to_text(),
        record.wave,
        record.state.name(),
        stage.map(|stage| &stage.name),
        cause.map(|cause| cause.class.name()),
        cause.map(|cause| &cause.text),
        record.stopped,
        record.snapshot.as_deref().map(hex),
        record.moved.0 as i64,
        record.moved.1 as i64,
        time(record.began),
        time(record.ended),
    ])?;
    Ok(())
}

/// The canister that an event is about.
fn subject(what: &What) -> Option<u32> {
    match what {
        What::Begun { canister }
        | What::Asked { canister, .. }
        | What::Answered { canister, .. } => Some(*canister),
        What::Commanded {
            command:
                Command::Exclude(canister)
                | Command::Include(canister)
                | Command::Retry(canister)
                | Command::GiveUp(canister),
        } => Some(*canister),
        _ => None,
    }
}

/// What it was, in a word or two.
fn name(what: &What) -> String {
    match what {
        What::WaveBegan { wave } => format!("wave {wave} began"),
        What::WaveEnded { wave } => format!("wave {wave} ended"),
        What::Halted { failures } => format!("halted after {failures} failures"),
        What::Finished => "finished".to_owned(),
        What::Begun { .. } => "begun".to_owned(),
        What::Asked { call, .. } => call.name().to_owned(),
        What::Answered { answer, .. } => match answer {
            ::fleet::Answer::Done => "done".to_owned(),
            ::fleet::Answer::Seen(_) => "seen".to_owned(),
            ::fleet::Answer::Taken(_) => "taken".to_owned(),
            ::fleet::Answer::Moving { .. } => "moving".to_owned(),
            ::fleet::Answer::Refused(cause) => format!("refused: {}", cause.class),
            ::fleet::Answer::Lost => "lost".to_owned(),
        },
        What::Restarted => "restarted".to_owned(),
        What::Commanded { .. } => "command".to_owned(),
    }
}
