//! What is in a stable memory: the layout, what each part holds, what is wasted, and what it costs.

use std::rc::Rc;

use ic_stable_migration::{Format, Managed, OpenOptions, Opened, cycles_per_year};
use serde::Serialize;

use crate::error::Result;
use crate::image::Image;
use crate::structure::Depth;

mod content;
mod legacy;
mod managed;

pub use content::{Content, JournalSurvey, JournaledCollectionSurvey, SavedState};
pub use legacy::LegacySurvey;
pub use managed::{ManagedSurvey, MemorySurvey, RightSize};

/// The library's view of an image.
type ImageManager = Managed<Rc<Image>>;

/// All that is told about one stable memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Survey {
    /// Size in bytes: what is paid for.
    pub stable_bytes: u64,
    /// Size in pages of 64 KiB.
    pub stable_pages: u64,
    /// Cycles that its storage costs in a year on a subnet of 13 nodes.
    pub cycles_per_year: u128,
    /// What it holds.
    pub layout: Layout,
    /// What contradicts itself, a sentence each. Empty for a memory in order.
    pub damages: Vec<String>,
}

/// The layouts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "layout", rename_all = "snake_case")]
pub enum Layout {
    /// No page.
    Empty,
    /// One value from offset 0.
    Legacy(LegacySurvey),
    /// A memory manager.
    Managed(ManagedSurvey),
    /// Neither.
    Unrecognized {
        /// The first bytes, in hexadecimal.
        found: String,
        /// What would have been understood.
        expected: String,
    },
}

impl Survey {
    /// Looks at a memory. `progress` is told how many bytes have been dealt with since it was last called, of at
    /// most the image's size.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the file cannot be read. What contradicts itself in the memory is not an error but
    /// one of the survey's damages.
    pub fn of(image: &Rc<Image>, depth: Depth, progress: &mut dyn FnMut(u64)) -> Result<Self> {
        let mut damages = Vec::new();
        let layout = match options().open(Rc::clone(image)) {
            Opened::Empty(_) => Layout::Empty,
            Opened::Legacy(_) => Layout::Legacy(legacy::survey(image, &mut damages)?),
            Opened::Managed(managed) => Layout::Managed(managed::survey(
                image,
                &managed,
                depth,
                &mut damages,
                progress,
            )?),
            Opened::Unrecognized(unrecognized) => {
                let found = unrecognized.found.to_string();
                let expected = expected(image).unwrap_or(unrecognized.expected);
                damages.push(format!(
                    "stable memory starts with {found}, where {expected} was expected: it belongs to another kind of program, or is damaged"
                ));
                Layout::Unrecognized { found, expected }
            }
        };
        image.check()?;
        Ok(Self {
            stable_bytes: image.bytes(),
            stable_pages: image.pages(),
            cycles_per_year: cycles_per_year(image.bytes()),
            layout,
            damages,
        })
    }
}

/// Every codec, alone and with its length in front.
fn options() -> OpenOptions {
    legacy::framed(OpenOptions::any_format())
}

/// What would have been understood, without naming every codec a second time for its length in front.
fn expected(image: &Rc<Image>) -> Option<String> {
    match OpenOptions::any_format().open(Rc::clone(image)) {
        Opened::Unrecognized(unrecognized) => Some(format!(
            "{}, alone or behind its length",
            unrecognized.expected
        )),
        _ => None,
    }
}

/// The name of a codec as it stands in JSON.
fn format_name(format: Format) -> &'static str {
    match format {
        Format::Cbor => "cbor",
        Format::MessagePack => "messagepack",
        Format::Candid => "candid",
    }
}

#[cfg(test)]
mod tests;
