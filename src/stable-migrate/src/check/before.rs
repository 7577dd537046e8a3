//! What is installed: a module, a stable memory, or both.

use std::path::Path;
use std::rc::Rc;

use ic_stable_migration::{HeaderManifest, Manifest, Target};

use super::{MemoryFacts, Outline, Side};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::input;
use crate::snapshot_dir::{MAX_MODULE, SnapshotDir};

/// What is known of the canister as it is.
#[derive(Debug, Default)]
pub struct Before {
    /// The module, if that is known.
    pub module: Option<Outline>,
    /// The stable memory, if that is known.
    pub memory: Option<MemoryFacts>,
}

impl Before {
    /// Reads a snapshot directory, or a file with a module, plain or packed with gzip.
    ///
    /// # Errors
    /// Those of reading; [`Error::Run`] for a file that is no module, and for a snapshot whose module is none.
    pub fn open(path: &Path) -> Result<Self> {
        let is_dir = std::fs::metadata(path).map_err(Error::io(path))?.is_dir();
        let (module, memory) = match is_dir {
            true => {
                let snapshot = SnapshotDir::open(path)?;
                let memory = MemoryFacts::of(snapshot.stable())?;
                (snapshot.module()?, Some(memory))
            }
            false => (input::read(path, MAX_MODULE)?, None),
        };
        let module = Outline::read(&module).map_err(|reason| Error::Run {
            what: path.display().to_string(),
            reason: match is_dir {
                true => reason,
                false => format!("{reason}; a stable memory goes with --memory"),
            },
        })?;
        Ok(Self {
            module: Some(module),
            memory,
        })
    }

    /// With the stable memory in a file, plain or packed with gzip, in place of any.
    ///
    /// # Errors
    /// Those of [`Image::open`], and of reading it.
    pub fn with_memory(mut self, path: &Path) -> Result<Self> {
        let image = Rc::new(Image::open(path)?);
        self.memory = Some(MemoryFacts::of(&image)?);
        Ok(self)
    }

    /// The manifest of the installed module.
    pub(super) fn manifest(&self) -> Option<&Manifest> {
        self.module.as_ref()?.manifest()
    }

    /// Where the installed module goes back to, if it does. Its pre_upgrade leaves a value, whatever the memory holds now.
    pub(super) fn goes_back(&self) -> Option<Target> {
        self.manifest()?.header.as_ref()?.back
    }

    /// The stable memory, where the new module will find what it holds now.
    pub(super) fn found(&self) -> Option<&MemoryFacts> {
        self.memory.as_ref().filter(|_| self.goes_back().is_none())
    }

    /// What the installed module says of a state behind the library's header, if it leaves one.
    pub(super) fn header_manifest(&self) -> Option<&HeaderManifest> {
        let manifest = self.manifest()?.header.as_ref();
        manifest.filter(|manifest| manifest.back.is_none())
    }

    /// What the memory's header says; none without one.
    pub(super) fn header(&self) -> Option<&ic_stable_migration::Header> {
        self.found()?.managed()?.header.as_ref()
    }

    /// Whether the state is, or will be by the next save, behind the library's header.
    pub(super) fn has_header(&self) -> bool {
        self.header().is_some() || self.header_manifest().is_some()
    }

    pub(super) fn application(&self) -> Option<&str> {
        let named = self.header().and_then(|header| header.application.name());
        named.or_else(|| self.manifest()?.application.as_deref())
    }

    /// The newest release that is known to have been here.
    pub(super) fn release(&self) -> Option<u32> {
        let managed = self.memory.as_ref().and_then(MemoryFacts::managed);
        let saved = managed.and_then(|managed| managed.header.as_ref());
        let saved = saved.map(|header| header.release);
        saved.max(self.manifest().map(|manifest| manifest.release))
    }

    pub(super) fn side(&self) -> Side {
        Side {
            application: self.application().map(str::to_owned),
            release: self.release(),
            module_bytes: self.module.as_ref().map(|module| module.bytes),
        }
    }
}
