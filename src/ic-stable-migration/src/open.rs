//! What is in a stable memory, told without writing to it.

use std::fmt;

use ic_stable_structures::Memory;

use crate::bucket_plan::PAGE_BYTES;
use crate::codec::{Codec, Format};
use crate::error::{Error, Glimpse};
use crate::form::{Form, Frame};
use crate::legacy::Legacy;
use crate::managed::{Empty, Managed};
use crate::manager::BucketTable;
use crate::stream::is_zeroed;

/// What [`open`] found. Each kind allows what is safe for it and nothing else: only `Empty` can be formatted, only
/// a `Legacy` that was read can be adopted, only `Managed` hands out virtual memories.
pub enum Opened<M: Memory> {
    /// No page at all, or nothing but zeros where [`OpenOptions::zeroed_is_empty`] was asked for.
    Empty(Empty<M>),
    /// The first bytes can start a value of an accepted codec.
    Legacy(Legacy<M>),
    /// A memory manager whose header adds up.
    Managed(Managed<M>),
    /// None of these.
    Unrecognized(Unrecognized),
}

impl<M: Memory> fmt::Debug for Opened<M> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Opened::Empty(empty) => empty.fmt(f),
            Opened::Legacy(legacy) => legacy.fmt(f),
            Opened::Managed(managed) => managed.fmt(f),
            Opened::Unrecognized(unrecognized) => unrecognized.fmt(f),
        }
    }
}

/// A memory of which nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecognized {
    /// Where the bytes were found.
    pub offset: u64,
    /// The first bytes there.
    pub found: Glimpse,
    /// What would have been understood.
    pub expected: String,
}

impl From<Unrecognized> for Error {
    fn from(unrecognized: Unrecognized) -> Self {
        Error::Unrecognized {
            offset: unrecognized.offset,
            found: unrecognized.found,
            expected: unrecognized.expected,
        }
    }
}

/// Most bytes that a codec may ask for to know whether its value can start there: 1 MiB.
const MOST_PROBED: usize = 1 << 20;

/// Bytes of an unknown memory that are shown.
const GLIMPSE_BYTES: usize = 16;

/// Looks at a memory with the default [`OpenOptions`]: every codec of this build, without a length in front.
/// Writes nothing, reads at most 35 KiB and what the codecs ask for.
///
/// ```
/// use ic_stable_migration::{Opened, open};
/// use ic_stable_structures::{Memory, VectorMemory};
///
/// let memory = VectorMemory::default();
/// memory.grow(1);
/// memory.write(0, b"\x81\xa1n\x07"); // MessagePack: {"n": 7}
/// assert!(matches!(open(memory), Opened::Legacy(_)));
/// ```
pub fn open<M: Memory>(memory: M) -> Opened<M> {
    OpenOptions::any_format().open(memory)
}

/// Which legacy values [`OpenOptions::open`] accepts, and whether zeros count as empty.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    candidates: Vec<Candidate>,
    zeroed_is_empty: bool,
    memory: Option<u8>,
}

#[derive(Clone, Debug)]
struct Candidate {
    probe_bytes: usize,
    can_start: fn(&[u8], u64) -> bool,
    format: Format,
    /// None of a codec that is not this library's own.
    form: Option<Form>,
}

impl OpenOptions {
    /// Accepts no legacy value yet.
    pub fn new() -> Self {
        Self {
            candidates: Vec::new(),
            zeroed_is_empty: false,
            memory: None,
        }
    }

    /// Accepts every codec of this build, without a length in front.
    pub fn any_format() -> Self {
        let mut options = Self::new();
        let mut unframed = |format, can_start| {
            options.candidates.push(Candidate {
                probe_bytes: 4,
                can_start,
                format,
                form: Some(Form {
                    frame: Frame::None,
                    format,
                }),
            });
        };
        unframed(Format::Cbor, |first, _| Format::Cbor.can_start(first));
        #[cfg(feature = "messagepack")]
        unframed(Format::MessagePack, |first, _| {
            Format::MessagePack.can_start(first)
        });
        #[cfg(feature = "candid")]
        unframed(Format::Candid, |first, _| Format::Candid.can_start(first));
        options
    }

    /// Accepts also the values of codec `C`, which may have a length in front.
    ///
    /// A codec whose probe asks for no byte, or for more than 1 MiB, does not compile: it could match nothing or
    /// everything.
    pub fn accept<T, C: Codec<T>>(mut self) -> Self {
        const {
            assert!(
                C::PROBE_BYTES > 0 && C::PROBE_BYTES <= MOST_PROBED,
                "Codec::PROBE_BYTES has to be from 1 to 1048576, which is 1 MiB"
            );
        }
        self.candidates.push(Candidate {
            probe_bytes: C::PROBE_BYTES,
            can_start: C::can_start,
            format: C::FORMAT,
            form: C::FORM,
        });
        self
    }

    /// Takes a memory of nothing but zero bytes for empty. Reads all of it. Ask for this only where a canister is
    /// known to have grown its memory without writing: to every other canister such a memory is a loss of data.
    pub fn zeroed_is_empty(mut self, yes: bool) -> Self {
        self.zeroed_is_empty = yes;
        self
    }

    /// The virtual memory that has, or gets, the header and the state, whatever the others hold. Without this it is the
    /// one that has this library's header, or 0.
    ///
    /// # Panics
    /// For 255, which marks free buckets.
    pub fn memory(mut self, id: u8) -> Self {
        assert!(id < u8::MAX, "virtual memory 255 marks free buckets");
        self.memory = Some(id);
        self
    }

    /// Looks at a memory. Writes nothing.
    pub fn open<M: Memory>(&self, memory: M) -> Opened<M> {
        let pages = memory.size();
        if pages == 0 || (self.zeroed_is_empty && is_zeroed(&memory)) {
            return Opened::Empty(Empty::of(memory, self.memory.unwrap_or(0)));
        }
        let contradiction = match BucketTable::read(&memory) {
            Ok(Some(table)) => {
                return Opened::Managed(Managed::of_checked(memory, &table, self.memory));
            }
            Ok(None) => None,
            Err(contradiction) => Some(contradiction),
        };
        let bytes = pages.saturating_mul(PAGE_BYTES);
        let longest = self
            .candidates
            .iter()
            .map(|candidate| candidate.probe_bytes);
        let longest = longest.max().unwrap_or(0).max(GLIMPSE_BYTES);
        let mut first = vec![0; longest.min(usize::try_from(bytes).unwrap_or(longest))];
        memory.read(0, &mut first);
        let fits = |candidate: &Candidate| {
            let seen = candidate.probe_bytes.min(first.len());
            (candidate.can_start)(&first[..seen], bytes)
        };
        if self.candidates.iter().any(fits) {
            return Opened::Legacy(Legacy::of(memory, self.memory.unwrap_or(0)));
        }
        Opened::Unrecognized(Unrecognized {
            offset: 0,
            found: Glimpse::of(&first),
            expected: self.expected(contradiction),
        })
    }

    fn expected(&self, contradiction: Option<String>) -> String {
        let mut text = match contradiction {
            None => String::from("a memory manager (\"MGR\", version 1)"),
            Some(found) => format!("a memory manager that adds up (this one has {found})"),
        };
        for candidate in &self.candidates {
            text.push_str(&match candidate.form {
                Some(form) => format!(", or a map or list in {form}"),
                None => format!(", or what the plan's codec reads ({})", candidate.format),
            });
        }
        text
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::any_format()
    }
}

#[cfg(test)]
mod tests;
