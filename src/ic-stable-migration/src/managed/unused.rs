//! A manager in whose memory 0 nothing was ever written, or not by this library.

use ic_stable_structures::Memory;

use super::Managed;
use crate::error::Error;
use crate::manager::BucketTable;
use crate::stream::is_zeroed;

impl<M: Memory> Managed<M> {
    /// Whether memory 0 starts like one that this library has written.
    pub(crate) fn is_ours(&self) -> bool {
        self.memory0().is_ours()
    }

    /// Whether memory 0 has no page, or nothing but zeros. Reads up to the first byte that is none.
    pub(crate) fn is_unused(&self) -> bool {
        is_zeroed(&self.memory0())
    }

    /// A virtual memory other than that of the state which starts like one that this library has written.
    pub(super) fn ours_elsewhere(&self, table: &BucketTable) -> Option<u8> {
        let others = table.sizes.iter().map(|(id, _)| *id);
        others
            .filter(|id| *id != self.home())
            .find(|id| self.as_memory0(*id).is_ours())
    }

    /// Refuses a manager under which the state was saved in another memory than this release says.
    ///
    /// # Errors
    /// [`Error::SavedElsewhere`], and those of [`Managed::bucket_table`].
    pub(crate) fn refuse_saved_elsewhere(&self) -> Result<(), Error> {
        match self.ours_elsewhere(&self.bucket_table()?) {
            Some(found) => Err(Error::SavedElsewhere {
                found,
                planned: self.home(),
            }),
            None => Ok(()),
        }
    }

    /// Refuses a manager whose memory 0 is not used.
    ///
    /// # Errors
    /// [`Error::NothingSaved`] where no other memory is, either; [`Error::OtherMemories`], and those of
    /// [`Managed::bucket_table`].
    pub(crate) fn refuse_unused(&self) -> Result<(), Error> {
        if !self.is_unused() {
            return Ok(());
        }
        let used = self.bucket_table()?.sizes;
        let used = used
            .iter()
            .filter(|(id, pages)| *id != self.home() && *pages > 0);
        let used: Vec<_> = used.map(|(id, _)| id.to_string()).collect();
        Err(match &used[..] {
            [] => Error::NothingSaved,
            [id] => Error::OtherMemories {
                memories: format!("virtual memory {id}"),
            },
            ids => Error::OtherMemories {
                memories: format!("virtual memories {}", ids.join(", ")),
            },
        })
    }
}
