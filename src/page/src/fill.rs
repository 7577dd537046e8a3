//! What an area is drawn with: a colour and a pattern, each enough to tell it by.

use alloc::format;

use crate::Html;

/// How an area is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Solid, in its owner's colour.
    Used,
    /// Dots: free inside what somebody has.
    Free,
    /// Stripes: somebody's, and out of reach.
    Slack,
    /// A lattice: nobody's.
    Dead,
    /// Upright lines: it cannot be told.
    Unknown,
    /// Solid green.
    Good,
    /// Amber stripes.
    Waiting,
    /// A red lattice.
    Bad,
    /// Nothing: room between what is drawn.
    Gap,
}

impl Fill {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Used => "f-used",
            Self::Free => "f-free",
            Self::Slack => "f-slack",
            Self::Dead => "f-dead",
            Self::Unknown => "f-unknown",
            Self::Good => "f-good",
            Self::Waiting => "f-waiting",
            Self::Bad => "f-bad",
            Self::Gap => "f-gap",
        }
    }
}

impl Html {
    /// What the fills of a drawing mean: a swatch and a text each.
    pub fn key(fills: impl IntoIterator<Item = (Fill, Html)>) -> Self {
        let item = |(fill, meaning): (Fill, Html)| {
            let mut item = Self::raw(format!("<i class=\"swatch {}\"></i>", fill.class()));
            item.push(meaning.within("div", ""));
            item.within("li", "")
        };
        let items: Self = fills.into_iter().map(item).collect();
        items.within("ul", "key")
    }
}
