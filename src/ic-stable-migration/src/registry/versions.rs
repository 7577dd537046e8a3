//! Which versions the values of a collection have.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Held, OwnershipError, Registered};

/// A range of versions. Of a release: what its type reads, and the one that it writes. Of a memory: the oldest of which a
/// value may still be there, and the newest that was ever written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The oldest.
    pub oldest: u32,
    /// The newest.
    pub newest: u32,
}

impl Versions {
    /// Those of a collection of which nothing is said.
    pub const FIRST: Self = Self::only(1);

    /// Just one.
    pub const fn only(version: u32) -> Self {
        Self {
            oldest: version,
            newest: version,
        }
    }

    /// Whether there may be values of more than one version.
    pub const fn are_mixed(self) -> bool {
        self.oldest < self.newest
    }
}

impl Default for Versions {
    fn default() -> Self {
        Self::FIRST
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.are_mixed() {
            true => write!(f, "versions {} to {}", self.oldest, self.newest),
            false => write!(f, "version {}", self.newest),
        }
    }
}

impl Registered {
    /// Notes that every value is of the newest version.
    pub(crate) fn renew(&mut self) {
        self.values = Versions::only(self.values.newest);
    }

    /// What versions the values have once a release has them that reads and writes `declared`. Where there are none, none is
    /// of an older version, whatever was written once.
    ///
    /// # Errors
    /// [`OwnershipError::Version`] for values that the release does not read, [`OwnershipError::VersionDuringMove`].
    pub(super) fn values_under(
        &self,
        declared: Versions,
        held: Held,
    ) -> Result<Versions, OwnershipError> {
        if held == Held::Nothing {
            return Ok(Versions::only(declared.newest));
        }
        let found = self.values;
        if found.newest > declared.newest || found.oldest < declared.oldest {
            return Err(OwnershipError::Version {
                name: self.name.clone(),
                id: self.id,
                found,
                read: declared,
            });
        }
        if found.newest < declared.newest && held == Held::Moving {
            return Err(OwnershipError::VersionDuringMove {
                name: self.name.clone(),
                id: self.id,
                found: found.newest,
                declared: declared.newest,
            });
        }
        Ok(Versions {
            oldest: found.oldest,
            newest: declared.newest,
        })
    }
}
