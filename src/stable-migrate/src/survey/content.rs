//! What one virtual memory holds.

use ic_stable_migration::{
    Cbor, Error as StableError, Format, Glimpse, Header, Memory0Content, MessagePack,
};
use serde::Serialize;
use serde::de::IgnoredAny;

use super::ImageManager;
use super::journal::{JournalSurvey, move_journal};
use crate::recognition::{
    Certainty, Found, Frame, Kind, Place, Recognized, recognize as recognize_value,
};
use crate::structure::{Depth, KeyField, Structure, recognize};
use crate::virtual_memory::{Flaw, VirtualMemory};

/// What a memory holds, where it can be told.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// This library's header, and the state behind it.
    SavedState(SavedState),
    /// A u32 length and a CBOR value of exactly that many bytes: the frame of 2023.
    NaiveFrame {
        /// Length of the value.
        payload_bytes: u64,
    },
    /// Data of another form.
    Value(ValueSurvey),
    /// Nothing but zeros: nothing was written yet.
    Blank,
    /// Something else.
    Unknown {
        /// The first 16 bytes, in hexadecimal.
        first_bytes: String,
    },
    /// A stable structure.
    #[serde(untagged)]
    Structure(Structure),
}

/// Data without a structure that is known here, as far as it can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct ValueSurvey {
    /// The format.
    pub format: Kind,
    /// What stands in front of it.
    pub frame: Frame,
    /// How sure that is.
    pub certainty: Certainty,
    /// Why.
    pub reasons: Vec<String>,
    /// Bytes it takes, what stands in front of it included.
    pub bytes: u64,
    /// Entries of the map or list that it is.
    pub entries: Option<u64>,
}

/// This library's header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct SavedState {
    /// Codec of the payload.
    pub codec: &'static str,
    /// The application's name; absent where no release has said one.
    pub application: Option<String>,
    /// Schema version of the payload.
    pub schema: u32,
    /// Length of the payload.
    pub payload_bytes: u64,
    /// The release that wrote this memory last.
    pub release: u32,
    /// Upgrades since the memory was adopted or formatted.
    pub upgrades: u32,
    /// Time of the last save, nanoseconds since 1970.
    pub saved_at: u64,
    /// How often stable memory was rewritten from outside.
    pub generation: u64,
    /// Length of the mover's journal behind the payload.
    pub journal_bytes: u32,
    /// What the journal says of the move; absent where there is none.
    pub journal: Option<JournalSurvey>,
    /// Instructions that the upgrade may spend on the move: 0 is in steps alone; absent where no release has said it.
    pub move_budget: Option<u64>,
    /// Whether the payload agrees with its checksum; absent where it was not read.
    pub payload_verified: Option<bool>,
}

/// What a memory holds and the bytes from its start that are in use, where that can be told.
pub type Held = (Content, Option<u64>);

/// What memory 0 holds: the state, or whatever else stands there.
///
/// # Errors
/// [`Flaw::Damaged`] where a header or a structure contradicts itself.
pub fn of_memory0(
    manager: &ImageManager,
    memory: &VirtualMemory,
    depth: Depth,
    damages: &mut Vec<String>,
    progress: &mut dyn FnMut(u64),
) -> Result<Held, Flaw> {
    match manager.content() {
        Ok(Memory0Content::Saved(header)) => Ok(saved_state(manager, &header, depth, damages)),
        // Whatever reads as a length and a list's first byte: the whole value decides.
        Ok(Memory0Content::Value(_) | Memory0Content::Unsaved)
        | Err(StableError::UnknownMemory0 { .. }) => {
            match structure(memory, depth, None, progress)? {
                Some(cell @ (Content::Structure(Structure::StableCell { .. }), _)) => {
                    Ok(state_in_cell(memory)?.unwrap_or(cell))
                }
                Some(held) => Ok(held),
                None => value(memory, true),
            }
        }
        Err(damage) => Err(Flaw::Damaged(damage.to_string())),
    }
}

/// What any other memory holds. `keys` is what is written down of the keys of its map.
///
/// # Errors
/// [`Flaw::Damaged`] where a structure contradicts itself.
pub fn of_memory(
    memory: &VirtualMemory,
    depth: Depth,
    keys: Option<KeyField>,
    progress: &mut dyn FnMut(u64),
) -> Result<Held, Flaw> {
    if let Some(held) = structure(memory, depth, keys, progress)? {
        return Ok(held);
    }
    match depth {
        Depth::Everything => value(memory, false),
        Depth::Headers if memory.bytes() == 0 => Ok((Content::Blank, Some(0))),
        Depth::Headers => Ok(match memory.bytes_at::<16>(0)? {
            first if first == [0; 16] => (Content::Blank, None),
            first => (unknown(&first), None),
        }),
    }
}

/// The state that a cell in memory 0 holds, if the library can read it there.
fn state_in_cell(memory: &VirtualMemory) -> Result<Option<Held>, Flaw> {
    let Recognized::Found(found) = recognize_value(memory, Place::VirtualMemory)? else {
        return Ok(None);
    };
    let value = ValueSurvey::from(&found);
    let is_state = found.frame == Frame::StableCell && value.is_read_in_memory0();
    Ok(is_state.then_some((Content::Value(value), Some(found.bytes))))
}

fn structure(
    memory: &VirtualMemory,
    depth: Depth,
    keys: Option<KeyField>,
    progress: &mut dyn FnMut(u64),
) -> Result<Option<Held>, Flaw> {
    let found = recognize(memory, depth, keys, progress)?;
    Ok(found.map(|(structure, used)| {
        let is_known = !matches!(structure, Structure::Newer { .. });
        (Content::Structure(structure), is_known.then_some(used))
    }))
}

/// What a memory holds that has no structure. Only in memory 0 is a value that breaks off a damage: there the state
/// stands; anywhere else it is no more than bytes that begin like one.
fn value(memory: &VirtualMemory, is_memory0: bool) -> Result<Held, Flaw> {
    if memory.bytes() > 0 && memory.bytes_at::<4>(0)? == *b"MGR\x01" {
        return Ok((
            Content::Value(ValueSurvey::of_manager(memory.bytes())),
            None,
        ));
    }
    let found = match recognize_value(memory, Place::VirtualMemory)? {
        Recognized::Zeros => return Ok((Content::Blank, Some(0))),
        Recognized::Broken(sentence) if is_memory0 => return Err(Flaw::Damaged(sentence)),
        Recognized::Broken(_) => return Ok((unknown(&memory.bytes_at::<16>(0)?), None)),
        Recognized::Found(found) => found,
    };
    let content = match (found.kind, found.frame) {
        (Kind::Cbor, Frame::U32Le) if is_memory0 && found.is_a_find() => Content::NaiveFrame {
            payload_bytes: found.bytes - 4,
        },
        (Kind::Unknown, Frame::None) => unknown(&memory.bytes_at::<16>(0)?),
        _ => Content::Value(ValueSurvey::from(&found)),
    };
    Ok((content, found.is_a_find().then_some(found.bytes)))
}

/// A memory in which nothing could be followed.
pub fn unknown(first: &[u8]) -> Content {
    Content::Unknown {
        first_bytes: Glimpse::of(first).to_string(),
    }
}

impl ValueSurvey {
    /// Whether an upgrade can read it as the state, where it stands in memory 0.
    pub fn is_read_in_memory0(&self) -> bool {
        matches!(self.format, Kind::Cbor | Kind::MessagePack | Kind::Candid)
            && self.certainty > Certainty::Possible
            && self.frame.is_read_in_memory0()
    }

    /// A memory manager inside a memory of another.
    fn of_manager(bytes: u64) -> Self {
        Self {
            format: Kind::Manager,
            frame: Frame::None,
            certainty: Certainty::Likely,
            reasons: vec!["it has the magic of one".into()],
            bytes,
            entries: None,
        }
    }
}

impl From<&Found> for ValueSurvey {
    fn from(found: &Found) -> Self {
        Self {
            format: found.kind,
            frame: found.frame,
            certainty: found.certainty,
            reasons: found.reasons.clone(),
            bytes: found.bytes,
            entries: found.entries,
        }
    }
}

/// A damaged payload is a damage, and what the header says is still told.
fn saved_state(
    manager: &ImageManager,
    header: &Header,
    depth: Depth,
    damages: &mut Vec<String>,
) -> Held {
    let verified = match (depth, header.format) {
        (Depth::Headers, _) => None,
        (Depth::Everything, Format::MessagePack) => {
            Some(manager.load::<IgnoredAny, MessagePack>().map(drop))
        }
        (Depth::Everything, _) => Some(manager.load::<IgnoredAny, Cbor>().map(drop)),
    };
    let journal = move_journal(manager, header);
    if let Err(damage) = &journal {
        damages.push(format!("memory {}: {damage}", manager.home()));
    }
    let content = Content::SavedState(SavedState {
        codec: match header.format {
            Format::Cbor => "cbor",
            Format::MessagePack => "messagepack",
            Format::Candid => "candid",
            Format::Other(name) => name,
        },
        application: header.application.name().map(str::to_owned),
        schema: header.schema,
        payload_bytes: header.payload_bytes,
        release: header.release,
        upgrades: header.upgrades,
        saved_at: header.saved_at,
        generation: header.generation,
        journal_bytes: header.journal_bytes,
        journal: journal.ok().flatten().map(JournalSurvey::from),
        move_budget: header.move_budget,
        payload_verified: verified.as_ref().map(Result::is_ok),
    });
    if let Some(Err(damage)) = verified {
        damages.push(format!("memory {}: {damage}", manager.home()));
    }
    let used = header
        .journal_at()
        .saturating_add(header.journal_bytes.into());
    (content, Some(used))
}
