//! A memory that is not this library's: whose it is, as far as that can be told.

use std::rc::Rc;

use ic_stable_migration::{BucketTable, Glimpse, PAGE_BYTES};
use ic_stable_structures::Memory;
use serde::Serialize;

use crate::error::Result;
use crate::image::Image;
use crate::recognition::{Certainty, Found, Frame, Kind};
use crate::structure::{Depth, recognize};
use crate::virtual_memory::{Flaw, VirtualMemory};

/// Intact data of another program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct ForeignSurvey {
    /// The format.
    pub kind: Kind,
    /// The format in words, with what stands in front of it.
    pub what: String,
    /// What stands in front of it, where it is a value.
    pub frame: Frame,
    /// The page from which on there is a memory manager, where that is what was found.
    pub manager_page: Option<u64>,
    /// How sure that is.
    pub certainty: Certainty,
    /// Why.
    pub reasons: Vec<String>,
    /// The first bytes, in hexadecimal.
    pub first_bytes: String,
    /// Bytes up to the last that is not zero.
    pub used_bytes: u64,
}

/// Pages of a header of its own behind which a memory manager is looked for.
const MOST_HEADER_PAGES: u64 = 16;

/// What was found at offset 0, or what stands there that is told by its structure.
///
/// # Errors
/// [`crate::Error::Io`].
pub fn survey(image: &Rc<Image>, found: Found) -> Result<ForeignSurvey> {
    let mut first = [0; 16];
    image.read_at(0, &mut first)?;
    let manager = newer_manager(image, &first).or_else(|| manager_behind_header(image));
    let manager_page = manager.as_ref().and_then(|manager| manager.page);
    let frame = match manager {
        Some(_) => Frame::None,
        None => found.frame,
    };
    let (kind, what, certainty, reasons) = match (manager, bare_structure(image)?) {
        (Some(OtherManager { what, reason, .. }), _) => {
            (Kind::Manager, what, Certainty::Certain, vec![reason])
        }
        (None, Some(name)) => (
            Kind::Structure,
            format!("a {name} from offset 0, without a memory manager"),
            Certainty::Certain,
            vec!["it has the magic of one, and its numbers fit into the memory".into()],
        ),
        (None, None) => (
            found.kind,
            format!("{}{}", found.kind, found.frame.text()),
            found.certainty,
            found.reasons,
        ),
    };
    image.check()?;
    Ok(ForeignSurvey {
        kind,
        what,
        frame,
        manager_page,
        certainty,
        reasons,
        first_bytes: Glimpse::of(&first).to_string(),
        used_bytes: image.last_used(0, image.bytes())?.unwrap_or(0),
    })
}

/// A manager that is not the one known here at page 0.
struct OtherManager {
    what: String,
    reason: String,
    /// Where it starts, if it is of the version that is known.
    page: Option<u64>,
}

/// A manager of a layout that came after the one that is known here.
fn newer_manager(image: &Image, first: &[u8; 16]) -> Option<OtherManager> {
    let [b'M', b'G', b'R', version @ 2..=32, ..] = *first else {
        return None;
    };
    let buckets = u64::from(u16::from_le_bytes([first[4], first[5]]));
    let pages = u64::from(u16::from_le_bytes([first[6], first[7]]));
    (pages > 0 && buckets * pages < image.pages()).then(|| OtherManager {
        what: format!("a memory manager of version {version}"),
        reason: "this release knows version 1: it was made by a newer ic-stable-structures".into(),
        page: None,
    })
}

/// A manager that does not start at page 0.
fn manager_behind_header(image: &Rc<Image>) -> Option<OtherManager> {
    (1..MOST_HEADER_PAGES.min(image.pages())).find_map(|page| {
        let behind = Behind(Rc::clone(image), page);
        let table = BucketTable::read(&behind).ok()??;
        Some(OtherManager {
            what: format!(
                "a memory manager from page {page} on, behind a header of the program's own"
            ),
            reason: format!(
                "its table adds up: {} buckets of {} pages",
                table.owners.len(),
                table.bucket_pages
            ),
            page: Some(page),
        })
    })
}

/// The name of a stable structure that starts at offset 0.
fn bare_structure(image: &Rc<Image>) -> Result<Option<&'static str>> {
    let whole = VirtualMemory::whole(image);
    match recognize(&whole, Depth::Headers, None, &mut |_| {}) {
        Ok(found) => Ok(found.map(|(structure, _)| structure.name())),
        // Three letters and a version may be anybody's.
        Err(Flaw::Damaged(_)) => Ok(None),
        Err(Flaw::Unreadable(error)) => Err(error),
    }
}

/// An image without its first pages.
struct Behind(Rc<Image>, u64);

impl Memory for Behind {
    fn size(&self) -> u64 {
        self.0.pages().saturating_sub(self.1)
    }

    fn grow(&self, _pages: u64) -> i64 {
        -1
    }

    fn read(&self, offset: u64, target: &mut [u8]) {
        Memory::read(&*self.0, offset + self.1 * PAGE_BYTES, target);
    }

    fn write(&self, offset: u64, bytes: &[u8]) {
        Memory::write(&*self.0, offset, bytes);
    }
}
