//! Where something was found, and what.

use std::fmt;

/// Where in stable memory a value stands; offsets in errors count from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Offset 0 of the whole stable memory: a legacy value.
    StableMemory,
    /// The virtual memory that has the header and the state: 0, or what the plan says.
    Memory0,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Place::StableMemory => "stable memory",
            Place::Memory0 => "the state's virtual memory",
        })
    }
}

/// Up to 16 bytes as they were found, shown in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glimpse {
    bytes: [u8; 16],
    len: usize,
}

impl Glimpse {
    /// The first bytes of `found`, at most 16.
    pub fn of(found: &[u8]) -> Self {
        let len = found.len().min(16);
        let mut bytes = [0; 16];
        bytes[..len].copy_from_slice(&found[..len]);
        Self { bytes, len }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl fmt::Display for Glimpse {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.len == 0 {
            return f.write_str("nothing");
        }
        for (i, byte) in self.as_bytes().iter().enumerate() {
            let gap = if i == 0 { "" } else { " " };
            write!(f, "{gap}{byte:02x}")?;
        }
        Ok(())
    }
}
