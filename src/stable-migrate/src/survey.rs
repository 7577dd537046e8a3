//! What is in a stable memory: the layout, what each part holds, what is wasted, and what it costs.

use std::rc::Rc;

#[cfg(feature = "run")]
use canister_host::Prices;
#[cfg(feature = "run")]
use ic_stable_migration::PAGE_BYTES;
use ic_stable_migration::{BucketTable, Glimpse, Managed, OpenOptions, Opened, cycles_per_year};
use serde::Serialize;

use crate::error::Result;
use crate::image::Image;
use crate::recognition::{Kind, Place, Recognized, recognize};
use crate::structure::Depth;
#[cfg(feature = "run")]
use crate::units::YEAR;
use crate::units::shortened;
use crate::virtual_memory::Flaw;

mod advice;
mod collections;
mod content;
mod forecast;
mod foreign;
mod held_up;
mod journal;
mod legacy;
mod managed;
mod waste;

pub(crate) use collections::key_size;
pub use content::{Content, SavedState, ValueSurvey};
pub use forecast::{Forecast, INSTALL_INSTRUCTIONS, MoveVerdict};
pub use foreign::ForeignSurvey;
pub use held_up::{DifferenceSurvey, StuckSurvey};
pub(crate) use journal::move_journal;
pub use journal::{JournalSurvey, JournaledCollectionSurvey, RegisteredSurvey, WorkSurvey};
pub use legacy::{Behind, LegacySurvey};
pub use managed::{ManagedSurvey, MemorySurvey, RightSize};
pub use waste::{GivesBack, Waste, WasteKind, WastePart, Way};

/// The library's view of an image.
type ImageManager = Managed<Rc<Image>>;

/// All that is told about one stable memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Survey {
    /// Size in bytes: what is paid for.
    pub stable_bytes: u64,
    /// Size in pages of 64 KiB.
    pub stable_pages: u64,
    /// Cycles that its storage costs in a year on a subnet of 13 nodes.
    pub cycles_per_year: u128,
    /// What it holds.
    pub layout: Layout,
    /// How much of it holds nothing, where that is, and what gives it back.
    pub waste: Waste,
    /// How the state will move with the default budget; absent where there is none that has not moved yet.
    pub forecast: Option<Forecast>,
    /// What a release says to start from it, after "a release that starts from it"; none where it need say nothing.
    pub advice: Option<String>,
    /// What contradicts itself, a sentence each. Empty for a memory in order.
    pub damages: Vec<String>,
}

/// The layouts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(tag = "layout", rename_all = "snake_case")]
pub enum Layout {
    /// No page.
    Empty,
    /// Pages that nothing was ever written to.
    Zeros,
    /// One value from offset 0.
    Legacy(LegacySurvey),
    /// A memory manager.
    Managed(ManagedSurvey),
    /// Intact data of another program.
    NotOurs(ForeignSurvey),
    /// Something of ours that contradicts itself.
    Damaged {
        /// The first bytes, in hexadecimal.
        first_bytes: String,
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
        let layout = match OpenOptions::new().open(Rc::clone(image)) {
            Opened::Empty(_) => Layout::Empty,
            Opened::Managed(managed) => Layout::Managed(managed::survey(
                image,
                &managed,
                depth,
                &mut damages,
                progress,
            )?),
            _ => without_manager(image, &mut damages)?,
        };
        image.check()?;
        let damages: Vec<_> = damages.iter().map(|damage| shortened(damage)).collect();
        Ok(Self {
            stable_bytes: image.bytes(),
            stable_pages: image.pages(),
            cycles_per_year: cycles_per_year(image.bytes()),
            // What is damaged does not move.
            forecast: Forecast::of(&layout).filter(|_| damages.is_empty()),
            advice: advice::of(&layout),
            waste: Waste::of(&layout, image.bytes()),
            layout,
            damages,
        })
    }
}

#[cfg(feature = "run")]
impl Survey {
    /// Reckons storage with these prices instead of those of 13 nodes.
    pub fn reprice(&mut self, prices: &Prices) {
        let year = |bytes: u64| prices.memory(bytes, YEAR);
        self.cycles_per_year = year(self.stable_bytes);
        if let Layout::Managed(managed) = &mut self.layout {
            let right = &mut managed.right_size;
            right.cycles_per_year = year(right.stable_pages.saturating_mul(PAGE_BYTES));
        }
    }
}

/// What a memory holds that no manager divides.
fn without_manager(image: &Rc<Image>, damages: &mut Vec<String>) -> Result<Layout> {
    let contradiction = BucketTable::read(&**image).err();
    image.check()?;
    let recognized = match recognize(&**image, Place::StableMemory) {
        Ok(recognized) => recognized,
        Err(Flaw::Unreadable(error)) => return Err(error),
        // An image is read inside its bounds.
        Err(Flaw::Damaged(damage)) => Recognized::Broken(damage),
    };
    let mut first = [0; 40];
    image.read_at(0, &mut first)?;
    let damage = match (recognized, contradiction) {
        (Recognized::Zeros, _) => return Ok(Layout::Zeros),
        (Recognized::Found(found), None) => {
            return Ok(match legacy::survey(image, &found)? {
                Some(legacy) => Layout::Legacy(legacy),
                None => Layout::NotOurs(foreign::survey(image, found)?),
            });
        }
        // A length in front of a value can read as the manager's magic.
        (Recognized::Found(found), Some(_)) if found.is_a_find() => {
            if let Some(legacy) = legacy::survey(image, &found)? {
                return Ok(Layout::Legacy(legacy));
            }
            return Ok(Layout::NotOurs(foreign::survey(image, found)?));
        }
        // The manager leaves these bytes zero; with anything else there it is no manager of ours.
        (Recognized::Found(found), Some(_)) if first[8..40] != [0; 32] => {
            return Ok(Layout::NotOurs(foreign::survey(image, found)?));
        }
        (_, Some(contradiction)) => {
            format!("its memory manager contradicts itself: it has {contradiction}")
        }
        (Recognized::Broken(sentence), None) => sentence,
    };
    damages.push(damage);
    let first_bytes = Glimpse::of(&first).to_string();
    Ok(Layout::Damaged { first_bytes })
}

/// The name of a codec as it stands in JSON.
fn format_name(kind: Kind) -> &'static str {
    match kind {
        Kind::MessagePack => "messagepack",
        Kind::Candid => "candid",
        _ => "cbor",
    }
}

#[cfg(test)]
mod tests;
