//! What a release has to say so that it starts from a memory.

use super::Layout;
use super::content::{Content, ValueSurvey};
use super::foreign::ForeignSurvey;
use super::managed::ManagedSurvey;
use crate::recognition::{Certainty, Frame, Kind};

/// What the plan of a release says to start from such a memory; none where it need say nothing, or where nothing can be
/// said.
pub fn of(layout: &Layout) -> Option<String> {
    match layout {
        Layout::NotOurs(foreign) => of_foreign(foreign),
        Layout::Managed(managed) => of_managed(managed),
        _ => None,
    }
}

fn of_foreign(foreign: &ForeignSurvey) -> Option<String> {
    if let Some(page) = foreign.manager_page {
        return Some(format!(
            "hands the plan `RestrictedMemory::new(memory, {page}..)` in place of the whole memory: the pages before stay as they are"
        ));
    }
    let codec = codec(foreign.kind, foreign.frame, foreign.certainty)?;
    Some(format!("has a plan with the codec {codec}"))
}

/// The state in another memory than 0, where nothing was saved by this library.
fn of_managed(managed: &ManagedSurvey) -> Option<String> {
    let holds_state = |content: &Content| match content {
        Content::SavedState(_) | Content::NaiveFrame { .. } => true,
        Content::Value(value) => codec_of(value).is_some(),
        _ => false,
    };
    let mut memories = managed.memories.iter();
    if memories.any(|memory| memory.id == managed.home && holds_state(&memory.content)) {
        return None;
    }
    let others = managed
        .memories
        .iter()
        .filter_map(|memory| match &memory.content {
            Content::Value(value) => {
                let codec = codec_of(value)?;
                Some(format!(
                    "`Plan::memory({})` and the codec {codec}",
                    memory.id
                ))
            }
            _ => None,
        });
    let others: Vec<_> = others.collect();
    (!others.is_empty()).then(|| format!("has a plan with {}", others.join(", or with ")))
}

fn codec_of(value: &ValueSurvey) -> Option<String> {
    codec(value.format, value.frame, value.certainty)
}

/// The codec of a value behind a front, as it stands in code, and where it comes from if not from the default features.
/// None where there is none, and where the value is no more than possible.
fn codec(kind: Kind, frame: Frame, certainty: Certainty) -> Option<String> {
    if certainty == Certainty::Possible {
        return None;
    }
    let (value, whence) = match kind {
        Kind::Cbor => ("Cbor", ""),
        Kind::MessagePack => ("MessagePack", ""),
        Kind::Candid => ("Candid", ""),
        Kind::Json => ("Json", " (feature `json`)"),
        Kind::Gzip => (
            "Gzip<C>",
            " (feature `gzip`), C being that of what was packed",
        ),
        Kind::Bincode | Kind::Borsh | Kind::Postcard => ("C", ", C being a `Codec` of your own"),
        _ => return None,
    };
    let front = match frame {
        // In a memory of its own a cell is looked into whatever the plan says.
        Frame::None | Frame::StableCell => return Some(format!("`{value}`{whence}")),
        Frame::U32Le => "LengthU32<".into(),
        Frame::U64Le => "LengthU64<".into(),
        Frame::U32Be => "Framed<U32Be, ".into(),
        Frame::U64Be => "Framed<U64Be, ".into(),
        Frame::Header(bytes) => format!("Framed<Skip<{bytes}>, "),
        Frame::OffsetLengthLe | Frame::OffsetLengthBe => {
            return Some(format!(
                "`Framed<F, {value}>`{whence}, F being a `Front` of your own"
            ));
        }
    };
    Some(format!("`{front}{value}>`{whence}"))
}
