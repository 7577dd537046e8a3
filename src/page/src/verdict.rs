//! How something stands: a word, a colour and a symbol.

use alloc::format;
use alloc::string::String;

use crate::Html;

/// How good it is. Each has a colour and a symbol, so that neither is needed to tell it from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be: green, a tick.
    Good,
    /// Not yet as it should be, and nothing is wrong: amber, an hourglass.
    Waiting,
    /// Somebody has to do something: red, a cross.
    Bad,
    /// It cannot be told: grey, a question mark.
    Unknown,
}

impl Tone {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }

    /// Drawn, because not every font has such characters.
    pub(crate) fn symbol(self) -> Html {
        let path = match self {
            Self::Good => "M6 12.5l4 4 8-9",
            Self::Waiting => "M8 6h8M8 18h8M9 6c0 4 6 8 6 12M15 6c0 4-6 8-6 12",
            Self::Bad => "M7.5 7.5l9 9M16.5 7.5l-9 9",
            Self::Unknown => "M9 9.5a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.2M12 17.4v.1",
        };
        Html::raw(format!(
            "<svg class=\"{}\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"12\"/><path d=\"{path}\"/></svg>",
            self.class()
        ))
    }
}

/// What a page comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub(crate) tone: Tone,
    pub(crate) words: String,
}

impl Verdict {
    /// A verdict in a word or a few.
    pub fn new(tone: Tone, words: impl Into<String>) -> Self {
        Self {
            tone,
            words: words.into(),
        }
    }
}
