//! The header at the start of virtual memory 0.
//!
//! All numbers are little-endian. The payload follows the header at once; the mover's journal follows the payload.
//!
//! ```text
//! 0    "IC-STMIG"                                             8 bytes
//! 8    header version, 1                                      u16
//! 10   codec of the payload (1 CBOR, 2 MessagePack)           u8
//! 11   reserved, 0                                            u8
//! 12   schema version of the payload                          u32
//! 16   payload length in bytes                                u64
//! 24   checksum of the payload                                u64
//! 32   release that wrote this memory last                    u32
//! 36   upgrades since the memory was adopted or formatted     u32
//! 40   time of the last save, nanoseconds since 1970          u64
//! 48   generation: how often stable memory was rewritten      u64
//!      from outside, with the canister stopped
//! 56   journal length in bytes                                u32
//! 60   reserved, 0                                            u32
//! 64   instructions that the last save took, 0 if not counted u64
//! 72   planned ceiling of all memories, bytes; 0 if unknown   u64
//! 80   instructions that the move may take of an upgrade,     u64
//!      and 1; 0 if nobody said
//! 88   name of the application, UTF-8, padded with zeros;     32 bytes
//!      all zero if none is said
//! 120  checksum of bytes 0..120                               u64
//! 128  payload
//! ```
//!
//! Checksums are XXH64 with seed 0; the journal's records carry their own. The size of the last save is the payload length.

use crate::application::{Application, NAME_BYTES};
use crate::codec::Format;
use crate::error::Error;
use crate::stream::checksum;

/// Bytes of a header; the payload starts there.
pub const HEADER_BYTES: u64 = 128;

/// The first bytes of memory 0.
pub(crate) const MAGIC: &[u8; 8] = b"IC-STMIG";
const VERSION: u16 = 1;
const APPLICATION_AT: usize = 88;
const CHECKSUM_AT: usize = 120;
/// Offset of the generation.
pub(crate) const GENERATION_AT: usize = 48;

/// What virtual memory 0 says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Codec of the payload.
    pub format: Format,
    /// Schema version of the payload.
    pub schema: u32,
    /// Length of the payload in bytes: the size of the last save.
    pub payload_bytes: u64,
    /// Checksum of the payload.
    pub payload_checksum: u64,
    /// The release that wrote this memory last.
    pub release: u32,
    /// Upgrades since this memory was adopted or formatted; stops at `u32::MAX`.
    pub upgrades: u32,
    /// Time of the last save in nanoseconds since 1970.
    pub saved_at: u64,
    /// How often stable memory was rewritten from outside while the canister was stopped. A canister that finds
    /// another generation than it remembers has to read its memory manager anew.
    pub generation: u64,
    /// Length of the mover's journal in bytes; it follows the payload.
    pub journal_bytes: u32,
    /// Instructions that the hook of the last save took, as it counted them; 0 if it did not.
    pub save_instructions: u64,
    /// How large all virtual memories together may become, in bytes, as the release planned; 0 if it did not say.
    /// Whoever rewrites the memory chooses buckets that reach it.
    pub ceiling: u64,
    /// Instructions that the move may take of the upgrade that begins it, where a controller has said so; 0 is none, and
    /// the move then goes in steps.
    pub move_budget: Option<u64>,
    /// The application whose memory this is.
    pub application: Application,
}

impl Header {
    /// The header as it stands in memory.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES as usize] {
        let mut bytes = [0; HEADER_BYTES as usize];
        let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
        put(0, MAGIC);
        put(8, &VERSION.to_le_bytes());
        put(10, &[self.format.id()]);
        put(12, &self.schema.to_le_bytes());
        put(16, &self.payload_bytes.to_le_bytes());
        put(24, &self.payload_checksum.to_le_bytes());
        put(32, &self.release.to_le_bytes());
        put(36, &self.upgrades.to_le_bytes());
        put(40, &self.saved_at.to_le_bytes());
        put(GENERATION_AT, &self.generation.to_le_bytes());
        put(56, &self.journal_bytes.to_le_bytes());
        put(64, &self.save_instructions.to_le_bytes());
        put(72, &self.ceiling.to_le_bytes());
        let budget = self
            .move_budget
            .map_or(0, |budget| budget.saturating_add(1));
        put(80, &budget.to_le_bytes());
        put(APPLICATION_AT, &self.application.to_bytes());
        let sum = checksum(&bytes[..CHECKSUM_AT]);
        bytes[CHECKSUM_AT..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads a header: `Ok(None)` if the magic is not there.
    ///
    /// # Errors
    /// [`Error::HeaderDamaged`] if the magic is there and the checksum is wrong, [`Error::HeaderField`] if the
    /// checksum is right and a field says what version 1 cannot say.
    pub fn from_bytes(bytes: &[u8; HEADER_BYTES as usize]) -> Result<Option<Self>, Error> {
        if &bytes[..8] != MAGIC {
            return Ok(None);
        }
        let computed = checksum(&bytes[..CHECKSUM_AT]);
        let found = u64_at(bytes, CHECKSUM_AT);
        if found != computed {
            return Err(Error::HeaderDamaged { found, computed });
        }
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version != VERSION {
            return Err(Error::HeaderField {
                field: "version",
                found: version.into(),
                known: "version 1",
            });
        }
        let format = match Format::from_id(bytes[10]) {
            Some(format @ (Format::Cbor | Format::MessagePack)) => format,
            _ => {
                return Err(Error::HeaderField {
                    field: "codec",
                    found: bytes[10].into(),
                    known: "1 (CBOR) and 2 (MessagePack)",
                });
            }
        };
        let mut name = [0; NAME_BYTES];
        name.copy_from_slice(&bytes[APPLICATION_AT..CHECKSUM_AT]);
        let application = Application::from_bytes(name).ok_or(Error::HeaderField {
            field: "application",
            found: u64_at(bytes, APPLICATION_AT),
            known: "names in UTF-8 without control characters, padded with zeros",
        })?;
        Ok(Some(Self {
            format,
            schema: u32_at(bytes, 12),
            payload_bytes: u64_at(bytes, 16),
            payload_checksum: u64_at(bytes, 24),
            release: u32_at(bytes, 32),
            upgrades: u32_at(bytes, 36),
            saved_at: u64_at(bytes, 40),
            generation: u64_at(bytes, GENERATION_AT),
            journal_bytes: u32_at(bytes, 56),
            save_instructions: u64_at(bytes, 64),
            ceiling: u64_at(bytes, 72),
            move_budget: u64_at(bytes, 80).checked_sub(1),
            application,
        }))
    }

    /// Offset of the journal in virtual memory 0.
    pub fn journal_at(&self) -> u64 {
        HEADER_BYTES.saturating_add(self.payload_bytes)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut field = [0; 4];
    field.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(field)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut field = [0; 8];
    field.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(field)
}

#[cfg(test)]
mod tests;
