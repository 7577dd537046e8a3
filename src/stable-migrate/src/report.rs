//! A survey told to people: in a terminal, and as pages.

use serde::Serialize;

use crate::source::Rest;
use crate::survey::Survey;

#[cfg(feature = "run")]
mod check_text;
mod describe;
mod diff_text;
mod html;
#[cfg(feature = "run")]
mod rehearsal_text;
#[cfg(feature = "run")]
mod revert_text;
mod text;
#[cfg(feature = "run")]
mod upgrade_text;
mod waste_text;

#[cfg(feature = "run")]
pub use check_text::check_text;
pub use describe::{content as content_text, layout as layout_text};
pub use diff_text::diff_text;
pub use html::{Origin, html};
#[cfg(feature = "run")]
pub use html::{check_html, rehearsal_html, upgrade_html};
#[cfg(feature = "run")]
pub use rehearsal_text::rehearsal_text;
#[cfg(feature = "run")]
pub use revert_text::revert_text;
pub use text::text;
#[cfg(feature = "run")]
pub use upgrade_text::upgrade_text;

/// A survey and what it is of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Report {
    /// The path as it was given.
    pub path: String,
    /// What else the snapshot holds; absent for a bare stable memory.
    pub snapshot: Option<Rest>,
    /// What is in stable memory.
    #[serde(flatten)]
    pub survey: Survey,
}
