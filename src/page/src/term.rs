//! Words of the field, explained where they stand.

use crate::Html;

impl Html {
    /// A word that opens on a click to what it means.
    pub fn term(word: &str, meaning: &str) -> Self {
        let mut term = Self::text(word).within("summary", "");
        term.push(Self::text(meaning).within("div", ""));
        term.within("details", "term")
    }
}
