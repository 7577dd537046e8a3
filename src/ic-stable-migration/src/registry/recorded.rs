//! A registry as it is written down.

use super::Registry;
use crate::error::Error;
use crate::journal::{decode, encode};

/// A registry and its bytes in the journal, which are made once: a journal is written in every upgrade, and its registry
/// changes with a release at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    registry: Registry,
    bytes: Vec<u8>,
}

impl Recorded {
    /// # Errors
    /// [`Error::Encode`].
    pub fn of(registry: Registry) -> Result<Self, Error> {
        let bytes = encode(&registry)?;
        Ok(Self { registry, bytes })
    }

    /// Reads a registry. One that has the bytes of the `expected` one is that, which is cheaper than to decode it.
    ///
    /// # Errors
    /// [`Error::Decode`].
    pub fn read(bytes: &[u8], expected: Option<&Self>) -> Result<Self, Error> {
        match expected {
            Some(expected) if expected.bytes == bytes => Ok(expected.clone()),
            _ => Ok(Self {
                registry: decode(bytes)?,
                bytes: bytes.to_vec(),
            }),
        }
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
