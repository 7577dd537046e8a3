//! The value that another program keeps in memory 0, in whichever of the known forms it is.
//!
//! First bytes alone do not tell: most that start a value in MessagePack start one in CBOR, too. So every form that fits
//! is followed to the value's end, without a type and without a copy. Of those that lead to one, only what the type can
//! be made of counts; that a reading leaves nothing unexplained behind the value counts more than that it can be had. Two
//! readings of the same rank are refused: nothing tells which of them the canister wrote.

use std::io::Read;

use ic_stable_structures::Memory;
use serde::de::DeserializeOwned;

use super::{Managed, Tried};
#[cfg(feature = "messagepack")]
use crate::codec::MessagePack;
use crate::codec::{Cbor, Census, Codec};
use crate::error::{Error, Glimpse, Place};
use crate::form::{Extent, Form, Frame};
use crate::legacy::{Behind, Trailing, behind, unique};
use crate::stream::MemoryReader;

/// What was read of memory 0 that this library has not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// The form it is in.
    pub form: Form,
    /// Length of the value in bytes, without what stands in front of it.
    pub bytes: u64,
    /// Pairs in lists of a Candid value whose first member stands twice; see [`Adoptable::repeated_pairs`](
    /// crate::Adoptable::repeated_pairs).
    pub repeated_pairs: u64,
    /// Bytes behind it in memory 0, up to the last that is not zero.
    pub trailing_bytes: u64,
}

/// A way to read memory 0.
struct Reading<L> {
    form: Form,
    /// Whether the codec reads what stands in front of the value itself.
    from_start: bool,
    fits: fn(&[u8], u64) -> bool,
    decode: fn(&mut dyn Read) -> Result<L, String>,
    census: fn(&mut dyn Read) -> Result<Option<Census>, String>,
}

/// One that leads to the end of a value.
struct Whole<'a, L> {
    reading: &'a Reading<L>,
    extent: Extent,
    census: Option<Census>,
    /// None where the codec cannot tell the value's end without a type.
    behind: Option<Behind>,
}

impl<L> Reading<L> {
    /// A value of `C` in a known frame.
    fn framed<C: Codec<L>>(frame: Frame) -> Self {
        let format = C::FORMAT;
        Self {
            from_start: false,
            ..Self::whole::<C>(Form { frame, format })
        }
    }

    /// A value of `C` that has its frame itself.
    fn whole<C: Codec<L>>(form: Form) -> Self {
        Self {
            form,
            from_start: true,
            fits: |first, bytes| C::can_start(&first[..first.len().min(C::PROBE_BYTES)], bytes),
            decode: |reader| C::decode(reader),
            census: |reader| C::census(reader),
        }
    }

    fn fits(&self, first: &[u8], bytes: u64) -> bool {
        match self.from_start {
            true => (self.fits)(first, bytes),
            false => self.form.fits(first, bytes),
        }
    }

    /// Follows the value to its end.
    fn follow(
        &self,
        memory: &impl Memory,
        first: &[u8],
        bytes: u64,
    ) -> Result<Whole<'_, L>, Tried> {
        let frame = if self.from_start {
            Frame::Own
        } else {
            self.form.frame
        };
        let extent = frame.extent(first, bytes);
        let extent =
            extent.ok_or_else(|| self.tried(0, "its length leads out of the memory".into()))?;
        let (census, length) = self.read(memory, extent, self.census)?;
        let end = census.is_some().then_some(extent.start + length);
        Ok(Whole {
            reading: self,
            extent: Extent {
                length: end.map(|_| length),
                ..extent
            },
            census,
            behind: end.map(|end| behind(memory, end)),
        })
    }

    /// What `read` makes of the value, and how many bytes that took: all that a length announces.
    fn read<T>(
        &self,
        memory: &impl Memory,
        Extent { start, length }: Extent,
        read: fn(&mut dyn Read) -> Result<T, String>,
    ) -> Result<(T, u64), Tried> {
        let end = length.map_or(u64::MAX, |length| start.saturating_add(length));
        let mut reader = MemoryReader::new(memory, start, end);
        let value =
            read(&mut reader).map_err(|reason| self.tried(start + reader.taken(), reason))?;
        match (length, reader.left()) {
            (Some(length), left @ 1..) => Err(self.tried(
                start + reader.taken(),
                format!(
                    "the length in front says {length} bytes, and the value ends {left} bytes before that"
                ),
            )),
            _ => Ok((value, reader.taken())),
        }
    }

    fn tried(&self, offset: u64, reason: String) -> Tried {
        Tried::new(self.form, offset, reason)
    }
}

impl<L> Whole<'_, L> {
    /// The value, and the bytes it takes.
    fn decode(&self, memory: &impl Memory) -> Result<(L, u64), Tried> {
        self.reading.read(memory, self.extent, self.reading.decode)
    }

    /// What is told of the value, if it may be overwritten with all that stands behind it.
    fn accepted(
        &self,
        memory: &impl Memory,
        bytes: u64,
        trailing: Trailing,
    ) -> Result<Value, Error> {
        let start = self.extent.start;
        let form = self.reading.form;
        let census = unique(self.census.clone(), form.format, Place::Memory0, start)?;
        let behind = self.behind.unwrap_or_else(|| behind(memory, start + bytes));
        Ok(Value {
            form,
            bytes,
            repeated_pairs: census.map_or(0, |census| census.duplicate_keys),
            trailing_bytes: behind.accepted(trailing, Place::Memory0)?,
        })
    }

    /// Whether nothing stands behind the value that it does not explain.
    fn explains_all(&self) -> bool {
        let refuse = |behind: Behind| behind.accepted(Trailing::Refuse, Place::Memory0);
        self.behind.is_some_and(|behind| refuse(behind).is_ok())
    }
}

/// The forms that a value of `L` is read in: those of this library's codecs, and of the plan's.
fn readings<L: DeserializeOwned, C: Codec<L>>() -> Vec<Reading<L>> {
    let mut readings = Vec::new();
    for frame in Frame::KNOWN {
        readings.push(Reading::framed::<Cbor>(frame));
        #[cfg(feature = "messagepack")]
        readings.push(Reading::framed::<MessagePack>(frame));
    }
    let known = |form| readings.iter().any(|reading| reading.form == form);
    match C::FORM {
        Some(form) if known(form) => {}
        Some(Form {
            frame: Frame::None, ..
        }) => readings.extend(Frame::KNOWN.map(Reading::framed::<C>)),
        Some(form) => readings.push(Reading::whole::<C>(form)),
        None => readings.push(Reading::whole::<C>(Form {
            frame: Frame::Own,
            format: C::FORMAT,
        })),
    }
    readings
}

impl<M: Memory> Managed<M> {
    /// Loads the value that another program left in memory 0, in whichever form it is: CBOR, MessagePack or what the
    /// plan's codec `C` reads, alone, behind its length or in a `StableCell`. What stands behind it is accepted as
    /// `trailing` says. Writes nothing. No such form has a checksum.
    ///
    /// # Errors
    /// [`Error::UnknownMemory0`] where no form fits, [`Error::Decode`] and [`Error::NoForm`] where none that fits leads
    /// to an `L`, [`Error::Ambiguous`] where two do; [`Error::DuplicateKeys`], [`Error::Trailing`].
    pub fn load_value<L: DeserializeOwned, C: Codec<L>>(
        &self,
        trailing: Trailing,
    ) -> Result<(L, Value), Error> {
        let memory = self.memory0();
        let first = memory.first(C::PROBE_BYTES.max(Form::PROBE_BYTES));
        let readings = readings::<L, C>();
        let mut tried = Vec::new();
        let mut whole = Vec::new();
        for reading in readings
            .iter()
            .filter(|reading| reading.fits(&first, memory.bytes()))
        {
            match reading.follow(&memory, &first, memory.bytes()) {
                Ok(found) => whole.push(found),
                Err(reason) => tried.push(reason),
            }
        }
        // A codec of the adopter's own is there to be asked first.
        let rank = |found: &Whole<L>| match found.reading.form.frame {
            Frame::Own => 0,
            _ if found.explains_all() => 1,
            _ => 2,
        };
        for wanted in 0..=2 {
            let mut read = None;
            for found in whole.iter().filter(|found| rank(found) == wanted) {
                match (found.decode(&memory), &read) {
                    (Err(reason), _) => tried.push(reason),
                    (Ok((value, bytes)), None) => read = Some((value, bytes, found)),
                    (Ok(_), Some((_, _, other))) => {
                        return Err(Error::Ambiguous {
                            found: Glimpse::of(&first),
                            one: other.reading.form,
                            other: found.reading.form,
                        });
                    }
                }
            }
            if let Some((value, bytes, found)) = read {
                return Ok((value, found.accepted(&memory, bytes, trailing)?));
            }
        }
        let pages = memory.size();
        Err(Tried::none_read(tried, pages, &first))
    }
}

#[cfg(test)]
mod tests;
