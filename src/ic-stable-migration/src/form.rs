//! The forms in which canisters keep one value in a memory of their own manager: an encoding, and what stands in front
//! of it.
//!
//! ```text
//! none         value                               read as far as it goes
//! LengthU32    length u32 @0  value @4             with CBOR: the frame of 2023
//! LengthU64    length u64 @0  value @8
//! StableCell   "SCL" 1  length u32 @4  value @8    what ic-stable-structures writes
//! ```
//! All numbers are little-endian.

use std::fmt;

use crate::codec::Format;

/// What stands in front of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Frame {
    /// Nothing: the value says itself where it ends.
    None,
    /// Its length, u32.
    LengthU32,
    /// Its length, u64.
    LengthU64,
    /// The header of a `StableCell` of ic-stable-structures, which has its length.
    StableCell,
    /// What the plan's codec makes of it, which is one of the adopter's own.
    Own,
}

/// An encoding, and what stands in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Form {
    /// What stands in front of the value.
    pub frame: Frame,
    /// The value's encoding.
    pub format: Format,
}

/// Where a value stands in its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub start: u64,
    /// None where only the value itself tells.
    pub length: Option<u64>,
}

/// A `StableCell`, in the only version of its layout.
const CELL: &[u8; 4] = b"SCL\x01";

impl Frame {
    /// Those that are told by their bytes alone.
    pub(crate) const KNOWN: [Self; 4] = [
        Self::None,
        Self::LengthU32,
        Self::LengthU64,
        Self::StableCell,
    ];

    /// Where the value stands in a memory of so many bytes that starts with `first`; none if the frame is not there, or
    /// its length leads out of the memory.
    pub(crate) fn extent(self, first: &[u8], memory_bytes: u64) -> Option<Extent> {
        let (start, length) = match self {
            Self::None | Self::Own => {
                let (start, length) = (0, None);
                return Some(Extent { start, length });
            }
            Self::LengthU32 => (4, u32::from_le_bytes(*first.first_chunk()?).into()),
            Self::LengthU64 => (8, u64::from_le_bytes(*first.first_chunk()?)),
            Self::StableCell => {
                let rest = first.strip_prefix(CELL)?;
                (8, u32::from_le_bytes(*rest.first_chunk()?).into())
            }
        };
        let extent = Extent {
            start,
            length: Some(length),
        };
        (length <= memory_bytes.checked_sub(start)?).then_some(extent)
    }
}

impl Form {
    /// Bytes of which [`Form::fits`] wants to see as many as there are.
    pub(crate) const PROBE_BYTES: usize = 16;

    /// The form of a value in `inner` that stands in `frame`; none where `inner` has a frame already.
    pub(crate) const fn framed(inner: Option<Self>, frame: Frame) -> Option<Self> {
        match inner {
            Some(Self {
                frame: Frame::None,
                format,
            }) => Some(Self { frame, format }),
            _ => None,
        }
    }

    /// Whether a memory of so many bytes that starts with `first` can hold a value in this form.
    pub(crate) fn fits(self, first: &[u8], memory_bytes: u64) -> bool {
        let Some(Extent { start, length }) = self.frame.extent(first, memory_bytes) else {
            return false;
        };
        let value = first.get(start as usize..).unwrap_or_default();
        let seen = length.map_or(value.len(), |length| {
            (value.len() as u64).min(length) as usize
        });
        self.format.can_start(&value[..seen])
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let frame = match self.frame {
            Frame::None => "without a length",
            Frame::LengthU32 => "behind a u32 length",
            Frame::LengthU64 => "behind a u64 length",
            Frame::StableCell => "in a StableCell",
            Frame::Own => "as the plan's codec frames it",
        };
        write!(f, "{} {frame}", self.format)
    }
}

/// The forms that the first bytes of a memory fit. Which of them the value is in, if in any, reading it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forms(u16);

impl Forms {
    /// Those of all known ones that a memory of so many bytes can hold that starts with `first`; none if there is none.
    pub(crate) fn fitting(first: &[u8], memory_bytes: u64) -> Option<Self> {
        let fitting = Self::all().filter(|(_, form)| form.fits(first, memory_bytes));
        let bits = fitting.fold(0, |bits, (bit, _)| bits | bit);
        (bits != 0).then_some(Self(bits))
    }

    /// The forms.
    pub fn iter(self) -> impl Iterator<Item = Form> {
        Self::all().filter_map(move |(bit, form)| (self.0 & bit != 0).then_some(form))
    }

    fn all() -> impl Iterator<Item = (u16, Form)> {
        let formats = [Format::Cbor, Format::MessagePack, Format::Candid];
        let all = Frame::KNOWN.into_iter().flat_map(move |frame| {
            let of = move |format| Form { frame, format };
            formats.into_iter().map(of)
        });
        all.enumerate().map(|(at, form)| (1 << at, form))
    }
}

impl From<Form> for Forms {
    fn from(form: Form) -> Self {
        let of_form = Self::all().filter(|(_, known)| *known == form);
        Self(of_form.fold(0, |bits, (bit, _)| bits | bit))
    }
}

impl fmt::Display for Forms {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (at, form) in self.iter().enumerate() {
            let gap = if at == 0 { "" } else { " or " };
            write!(f, "{gap}{form}")?;
        }
        Ok(())
    }
}
