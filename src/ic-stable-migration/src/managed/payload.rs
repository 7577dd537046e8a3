//! Loading and saving the payload of memory 0.

use ic_stable_structures::Memory;

use super::{Managed, Memory0Content, Stamp};
use crate::application::Application;
use crate::codec::{Codec, Format, StreamCodec};
use crate::error::{Error, Place};
use crate::header::{HEADER_BYTES, Header};
use crate::stream::{MemoryReader, MemoryWriter, checksum_of};

impl<M: Memory> Managed<M> {
    /// Loads the payload that [`Managed::save`] wrote, after its checksum was found right: reads it twice.
    ///
    /// # Errors
    /// [`Error::NothingSaved`] where memory 0 holds no such payload, [`Error::PayloadDamaged`],
    /// [`Error::Decode`], and those of [`Managed::content`].
    pub fn load<T, C: Codec<T>>(&self) -> Result<T, Error> {
        self.load_saved::<T, C>(&self.memory0().header()?)
    }

    /// The same where the header was read already.
    pub(crate) fn load_saved<T, C: Codec<T>>(&self, header: &Header) -> Result<T, Error> {
        if header.format != C::FORMAT {
            return Err(Error::HeaderField {
                field: "codec",
                found: header.format.id().into(),
                known: match C::FORMAT {
                    Format::Cbor => "1 (CBOR)",
                    Format::MessagePack => "2 (MessagePack)",
                    Format::Candid => "3 (Candid)",
                    Format::Other(name) => name,
                },
            });
        }
        let memory = self.memory0();
        // The checksum speaks first: what decodes an adopter's types may panic on bytes that nobody wrote.
        let computed = checksum_of(&memory, HEADER_BYTES, header.journal_at());
        if computed != header.payload_checksum {
            return Err(Error::PayloadDamaged {
                part: "payload",
                expected: header.payload_checksum,
                computed,
                bytes: header.payload_bytes,
            });
        }
        let mut reader = MemoryReader::new(&memory, HEADER_BYTES, header.journal_at());
        match C::decode(&mut reader) {
            Ok(_) if reader.left() > 0 => Err(Error::Length {
                place: Place::Memory0,
                length: header.payload_bytes,
                available: format!("it ends after {}", reader.taken()),
            }),
            Ok(value) => Ok(value),
            Err(reason) => Err(Error::decode(
                C::FORMAT,
                Place::Memory0,
                reader.taken(),
                reason,
            )),
        }
    }

    /// Saves `value` in memory 0, streaming through a small buffer. Costs the encoding and one write; the
    /// memory grows only if the value does not fit.
    ///
    /// # Errors
    /// [`Error::MoveBegun`] where the payload belongs to a move, [`Error::UnknownMemory0`] where memory 0 holds what this
    /// library has not written. [`Error::OutOfStableMemory`], [`Error::Ceiling`],
    /// [`Error::Encode`]: the payload may then be partly overwritten: trap, which rolls that back. If execution ended
    /// without a trap here, the next load would find the old header with a checksum that does not fit and say so.
    pub fn save<T, C: StreamCodec<T>>(&self, value: &T, stamp: Stamp) -> Result<Header, Error> {
        if let Memory0Content::Value(_) = self.content()?.refuse_move()? {
            let memory = self.memory0();
            let first = memory.first(16);
            return Err(Error::unknown_memory0(memory.size(), &first));
        }
        self.save_payload::<T, C>(value, stamp)
    }

    /// The same over whatever was read of memory 0, or where the journal that follows the payload is written anew at once.
    pub(crate) fn save_payload<T, C: StreamCodec<T>>(
        &self,
        value: &T,
        stamp: Stamp,
    ) -> Result<Header, Error> {
        const {
            assert!(
                matches!(C::FORMAT, Format::Cbor | Format::MessagePack),
                "memory 0 is written in CBOR or MessagePack"
            );
        }
        let memory = self.memory0();
        let before = match memory.is_ours() {
            true => Some(memory.header()?),
            false => None,
        };
        let mut writer = MemoryWriter::new(&memory, HEADER_BYTES);
        if let Err(reason) = C::encode(value, &mut writer) {
            return Err(writer
                .into_failure()
                .unwrap_or_else(|| Error::encode(C::FORMAT, reason)));
        }
        let (payload_bytes, payload_checksum) = writer.finish()?;
        let header = Header {
            format: C::FORMAT,
            schema: stamp.schema,
            payload_bytes,
            payload_checksum,
            release: stamp.release,
            upgrades: before.map_or(0, |header| header.upgrades),
            saved_at: stamp.now,
            generation: before.map_or(0, |header| header.generation),
            journal_bytes: 0,
            save_instructions: 0,
            ceiling: before.map_or(0, |header| header.ceiling),
            move_budget: before.and_then(|header| header.move_budget),
            application: stamp
                .application
                .or(before.map_or(Application::NONE, |header| header.application)),
        };
        memory.write(0, &header.to_bytes());
        if self.anchor.get().is_none() {
            self.drop_anchor();
        }
        Ok(header)
    }
}
