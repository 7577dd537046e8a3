//! The page itself: the one template.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Html, Verdict, escape};

/// The style sheet of every page.
pub const STYLE: &str = include_str!("style.css");

/// Nothing is fetched and nothing runs, whatever stands in the page.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A page: its verdict first, what that means, what to type next, the facts, and then its sections.
#[derive(Clone, Debug)]
pub struct Page {
    kind: String,
    subject: String,
    verdict: Verdict,
    meaning: Html,
    next: Html,
    facts: Vec<(Html, Html)>,
    sections: Vec<Section>,
}

/// A part of a page with a heading, which the page's list of contents leads to.
#[derive(Clone, Debug)]
pub struct Section {
    id: String,
    heading: String,
    body: Html,
}

impl Section {
    /// A section. Its id is the part of an address behind `#`, and stands once in a page.
    pub fn new(id: &str, heading: &str, body: Html) -> Self {
        Self {
            id: escape(id),
            heading: escape(heading),
            body,
        }
    }

    fn html(&self) -> String {
        let Self { id, heading, body } = self;
        format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-heading\">\n<h2 id=\"{id}-heading\">{heading}</h2>\n{}</section>\n",
            body.as_str()
        )
    }
}

impl Page {
    /// A page of a kind, as "Stable memory", about a subject: a path, a canister.
    pub fn new(kind: &str, subject: &str, verdict: Verdict) -> Self {
        Self {
            kind: escape(kind),
            subject: escape(subject),
            verdict,
            meaning: Html::default(),
            next: Html::default(),
            facts: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// What the verdict means, a paragraph. May be said more than once.
    #[must_use]
    pub fn meaning(mut self, paragraph: &str) -> Self {
        self.meaning.push(Html::paragraph(paragraph));
        self
    }

    /// What to do next, and the commands to type for it. May be said more than once.
    #[must_use]
    pub fn next(mut self, what: &str, commands: &str) -> Self {
        self.next.push(Html::paragraph(what));
        if !commands.is_empty() {
            self.next.push(Html::commands(commands));
        }
        self
    }

    /// A name and a value: the date, the tool, the canister, the hash of its module.
    #[must_use]
    pub fn fact(mut self, name: &str, value: &str) -> Self {
        self.facts.push((Html::text(name), Html::text(value)));
        self
    }

    /// The next section. One without a body is left out.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        if !section.body.is_empty() {
            self.sections.push(section);
        }
        self
    }

    /// The page.
    pub fn html(&self) -> String {
        let Self { kind, subject, .. } = self;
        let words = escape(&self.verdict.words);
        let mut verdict = self.verdict.tone.symbol();
        verdict.push(Html::text(&self.verdict.words));
        let verdict = verdict.within("h1", "");
        let sections: String = self.sections.iter().map(Section::html).collect();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <meta name=\"color-scheme\" content=\"light dark\"/>\n\
             <title>{words}: {kind} {subject}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <header class=\"{tone}\">\n<p>{kind} <b>{subject}</b></p>\n{verdict}{meaning}</header>\n{contents}\
             <main>\n{next}{facts}{sections}</main>\n</body>\n</html>\n",
            tone = self.verdict.tone.class(),
            verdict = verdict.as_str(),
            meaning = self.meaning.as_str(),
            contents = self.contents(),
            next = Section::new("next", "Next", self.next.clone()).unless_empty(),
            facts = Html::facts(self.facts.iter().cloned()).as_str(),
        )
    }

    /// Links to the sections, where there is more than one.
    fn contents(&self) -> String {
        if self.sections.len() < 2 {
            return String::new();
        }
        let links = self.sections.iter();
        let links: String = links
            .map(|Section { id, heading, .. }| format!("<a href=\"#{id}\">{heading}</a>\n"))
            .collect();
        format!("<nav class=\"contents\" aria-label=\"On this page\">\n{links}</nav>\n")
    }
}

impl Section {
    fn unless_empty(&self) -> String {
        match self.body.is_empty() {
            true => String::new(),
            false => self.html(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tone;

    fn page(text: &str) -> Page {
        Page::new(text, text, Verdict::new(Tone::Good, text))
            .meaning(text)
            .next(text, text)
            .fact(text, text)
            .section(Section::new("one", text, Html::paragraph(text)))
            .section(Section::new("two", text, Html::paragraph(text)))
            .section(Section::new("none", text, Html::default()))
    }

    #[test]
    fn the_page_needs_no_other_file_and_forbids_scripts() {
        let page = page("text").html();
        for reference in ["http:", "https:", "src=", "@import", "url(", "<script"] {
            assert!(!page.contains(reference), "{reference}");
        }
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn the_verdict_is_the_first_heading_and_is_in_the_title() {
        let page = page("held").html();
        assert!(page.contains("<title>held: "));
        assert!(page.find("<h1>") < page.find("<h2"));
        assert_eq!(page.matches("<h1>").count(), 1);
    }

    #[test]
    fn the_contents_lead_to_every_section_that_has_a_body() {
        let page = page("text").html();
        for id in ["one", "two"] {
            assert!(page.contains(&format!("href=\"#{id}\"")));
            assert!(page.contains(&format!("<section id=\"{id}\"")));
        }
        assert!(!page.contains("none\""));
    }

    #[test]
    fn hostile_texts_stay_texts_everywhere() {
        let page = page("</title><script>alert(1)</script>").html();
        assert!(!page.contains("<script"));
        assert_eq!(page.matches("</title>").count(), 1);
    }

    #[test]
    fn the_style_sheet_is_small_and_knows_light_and_dark() {
        assert!(STYLE.len() < 6_144, "{} bytes", STYLE.len());
        assert!(STYLE.contains("prefers-color-scheme:dark"));
        assert!(!STYLE.contains(['<', '&']));
    }
}
