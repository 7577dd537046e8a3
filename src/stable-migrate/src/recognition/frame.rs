//! What can stand in front of a value: its length, or where it starts and its length.

use serde::Serialize;

use super::span::Span;

/// What stands in front of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// Nothing.
    #[default]
    None,
    /// Its length, u32 little-endian.
    U32Le,
    /// Its length, u64 little-endian.
    U64Le,
    /// Its length, u32 big-endian.
    U32Be,
    /// Its length, u64 big-endian.
    U64Be,
    /// Its offset and its length, each u64 little-endian.
    OffsetLengthLe,
    /// Its offset and its length, each u64 big-endian.
    OffsetLengthBe,
    /// The header of a `StableCell` with its length.
    StableCell,
    /// So many bytes of which nothing is known.
    Header(u8),
}

/// An offset in front of a value does not lead further.
const MAX_OFFSET: u64 = 64 << 10;

impl Frame {
    /// All that say where the value ends.
    const ALL: [Self; 7] = [
        Self::U32Le,
        Self::U64Le,
        Self::U32Be,
        Self::U64Be,
        Self::OffsetLengthLe,
        Self::OffsetLengthBe,
        Self::StableCell,
    ];

    /// In words, to stand behind the name of a value; nothing for nothing.
    pub fn text(self) -> String {
        let front = match self {
            Self::None => return String::new(),
            Self::U32Le => "its length (u32, little-endian)",
            Self::U64Le => "its length (u64, little-endian)",
            Self::U32Be => "its length (u32, big-endian)",
            Self::U64Be => "its length (u64, big-endian)",
            Self::OffsetLengthLe => "its offset and length (u64, little-endian)",
            Self::OffsetLengthBe => "its offset and length (u64, big-endian)",
            Self::StableCell => return " in a StableCell".into(),
            Self::Header(bytes) => return format!(" behind {bytes} other bytes"),
        };
        format!(" behind {front}")
    }

    /// Bytes of the length, where this library has a codec for it: `LengthU32` and `LengthU64`.
    pub fn length_in_front(self) -> Option<u8> {
        match self {
            Self::None => Some(0),
            Self::U32Le => Some(4),
            Self::U64Le => Some(8),
            _ => None,
        }
    }

    /// Whether the library reads memory 0 where this stands in front of its value.
    pub fn is_read_in_memory0(self) -> bool {
        self.length_in_front().is_some() || self == Self::StableCell
    }

    /// Where the value starts and how long it is.
    fn extent(self, span: Span) -> (u64, u64) {
        let first: [u8; 8] = span.array(0);
        let second: [u8; 8] = span.array(8);
        let half: [u8; 4] = span.array(0);
        match self {
            Self::None => (0, span.len()),
            Self::Header(bytes) => (bytes.into(), span.len()),
            Self::U32Le => (4, u32::from_le_bytes(half).into()),
            Self::U64Le => (8, u64::from_le_bytes(first)),
            Self::U32Be => (4, u32::from_be_bytes(half).into()),
            Self::U64Be => (8, u64::from_be_bytes(first)),
            // What is no cell has no value in it.
            Self::StableCell if half != *b"SCL\x01" => (0, 0),
            Self::StableCell => (8, u32::from_le_bytes(span.array(4)).into()),
            Self::OffsetLengthLe => (u64::from_le_bytes(first), u64::from_le_bytes(second)),
            Self::OffsetLengthBe => (u64::from_be_bytes(first), u64::from_be_bytes(second)),
        }
    }

    /// The frames that a span can start with, and for each where its value starts, and the value.
    pub fn all_of(span: Span) -> impl Iterator<Item = (Self, u64, Span)> {
        Self::ALL.into_iter().filter_map(move |frame| {
            let (start, length) = frame.extent(span);
            let least = if matches!(frame, Self::OffsetLengthLe | Self::OffsetLengthBe) {
                16
            } else {
                0
            };
            let value = span.part(start, length);
            let fits = (least..=MAX_OFFSET).contains(&start) && length > 0 && value.len() == length;
            fits.then_some((frame, start, value))
        })
    }
}
