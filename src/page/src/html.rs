//! Markup that is known to be safe.

use alloc::format;
use alloc::string::String;

use crate::Tone;

/// Text as it stands in a page, between tags and in quoted attributes. Control characters that no page may hold become
/// U+FFFD.
///
/// ```
/// assert_eq!(page::escape("<a href='x'>"), "&lt;a href=&#39;x&#39;&gt;");
/// assert_eq!(page::escape("a\0b"), "a\u{fffd}b");
/// ```
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                escaped.push(char::REPLACEMENT_CHARACTER);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Markup whose texts are escaped and whose elements are closed. It can only be made of texts and of other `Html`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self(escape(text))
    }

    /// A paragraph.
    pub fn paragraph(text: &str) -> Self {
        Self::text(text).within("p", "")
    }

    /// A paragraph of less weight, for what is to be known beside the matter.
    pub fn note(text: &str) -> Self {
        Self::text(text).within("p", "note")
    }

    /// A name, id or path as it is typed. It breaks anywhere.
    pub fn code(text: &str) -> Self {
        Self::text(text).within("code", "")
    }

    /// Commands to type, a line each, as they are copied.
    pub fn commands(text: &str) -> Self {
        Self::text(text).within("code", "").within("pre", "")
    }

    /// A list; nothing where there are no items.
    pub fn list(items: impl IntoIterator<Item = Html>) -> Self {
        let items: Html = items
            .into_iter()
            .map(|item| item.within("li", ""))
            .collect();
        match items.is_empty() {
            true => items,
            false => items.within("ul", ""),
        }
    }

    /// Names and what is to be said of each; nothing where there are none.
    pub fn facts(facts: impl IntoIterator<Item = (Html, Html)>) -> Self {
        let fact = |(name, value): (Html, Html)| {
            let pair = [name.within("dt", ""), value.within("dd", "")];
            pair.into_iter().collect::<Html>().within("div", "")
        };
        let facts: Html = facts.into_iter().map(fact).collect();
        match facts.is_empty() {
            true => facts,
            false => facts.within("dl", "facts"),
        }
    }

    /// A heading inside a section.
    pub fn heading(text: &str) -> Self {
        Self::text(text).within("h3", "")
    }

    /// Something set apart, with a heading and the colour and symbol of a tone: a finding, a group of failures.
    pub fn card(tone: Tone, heading: &str, body: Html) -> Self {
        let mut card = tone.symbol();
        card.push(Self::text(heading));
        let mut card = card.within("h3", "");
        card.push(body);
        card.within("div", tone.class()).within("div", "card")
    }

    /// What opens on a click: a line, and what is behind it.
    pub fn details(summary: Html, body: Html) -> Self {
        let mut all = summary.within("summary", "");
        all.push(body.within("div", ""));
        all.within("details", "")
    }

    /// A link to a place in this page.
    pub fn link(id: &str, text: &str) -> Self {
        Self(format!("<a href=\"#{}\">{}</a>", escape(id), escape(text)))
    }

    /// Puts more behind it.
    pub fn push(&mut self, more: Html) {
        self.0.push_str(&more.0);
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An element of this crate's own around it.
    pub(crate) fn within(self, element: &str, class: &str) -> Self {
        let class = match class {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        Self(format!("<{element}{class}>{}</{element}>\n", self.0))
    }

    /// Markup that this crate has put together and closed.
    pub(crate) const fn raw(markup: String) -> Self {
        Self(markup)
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(parts: I) -> Self {
        let mut all = Self::default();
        parts.into_iter().for_each(|part| all.push(part));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_brings_an_element_or_leaves_its_attribute() {
        let hostile = "</title><script>alert(1)</script>\" onload='x' &lt;\0\u{1b}[31m";
        for html in [
            Html::text(hostile),
            Html::paragraph(hostile),
            Html::commands(hostile),
            Html::card(Tone::Bad, hostile, Html::text(hostile)),
            Html::details(Html::text(hostile), Html::code(hostile)),
            Html::link(hostile, hostile),
            Html::list([Html::text(hostile)]),
        ] {
            let html = html.as_str();
            assert!(
                !html.contains("<script") && !html.contains("</title"),
                "{html}"
            );
            assert!(
                !html.contains("\" onload") && !html.contains("' on"),
                "{html}"
            );
            assert!(!html.contains(['\0', '\u{1b}']), "{html}");
            assert!(html.contains("&amp;lt;"), "{html}");
        }
    }

    #[test]
    fn nothing_is_drawn_where_there_is_nothing() {
        assert!(Html::list([]).is_empty());
        assert!(Html::facts([]).is_empty());
    }
}
