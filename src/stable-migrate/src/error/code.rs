//! A name for every way in which something can go wrong: what a script compares, where texts may change.

use ic_stable_migration::guide;

use super::Error;

/// The code of a memory that contradicts itself, where that is what was asked.
pub const DAMAGED: &str = "T901";

/// The code of an upgrade or a way back that was tried and does not hold.
pub const NOT_HELD: &str = "T902";

/// The page that has a section for every code.
const INDEX: &str = include_str!("codes.md");

impl Error {
    /// `T` and three digits, of which the first tells the group; for what the library refused the library's own code. A code
    /// is never given another meaning. [The page of codes](crate::codes), and [`explain`], say of each what it means and what to do.
    ///
    /// ```
    /// use stable_migrate::Error;
    ///
    /// assert_eq!(Error::NothingInstalled.code(), "T601");
    /// ```
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "T101",
            Self::NotAFile { .. } => "T102",
            Self::FileTooLarge { .. } => "T103",
            Self::NotPages { .. } => "T104",
            Self::TooLarge { .. } => "T105",
            Self::Gzip { .. } => "T106",
            Self::NotASnapshot { .. } => "T201",
            Self::Missing { .. } => "T202",
            Self::Metadata { .. } => "T203",
            Self::SizeDiffers { .. } => "T204",
            Self::ChunkDiffers { .. } => "T205",
            Self::NoSnapshots { .. } => "T206",
            Self::Exists { .. } => "T301",
            Self::SameName { .. } => "T302",
            Self::Results { .. } => "T303",
            Self::NothingToCompact { .. } => "T401",
            Self::Contradicts { .. } => "T402",
            Self::CannotHold { .. } => "T403",
            Self::NotTheSame { .. } => "T404",
            Self::HeapWouldNotNotice { .. } => "T405",
            Self::WouldNotFollow { .. } => "T406",
            Self::Module { .. } => "T407",
            Self::NoVirtualMemories { .. } => "T408",
            Self::NoMemory { .. } => "T409",
            Self::PatchDamages { .. } => "T410",
            Self::MapsOnHeap { .. } => "T411",
            Self::Sizes { .. } => "T501",
            Self::EmptySample => "T502",
            Self::Sample { .. } => "T503",
            Self::NothingInstalled => "T601",
            Self::NoHeap { .. } => "T602",
            Self::Run { .. } => "T603",
            Self::Damaged(_) => "T604",
            Self::Config { .. } => "T703",
            Self::Price { .. } => "T704",
            Self::OneOnly { .. } => "T701",
            Self::SeveralOnly { .. } => "T702",
            #[cfg(feature = "fleet")]
            Self::Fleet(_) => "T801",
            Self::Stable { error, .. } => error.code(),
        }
    }
}

/// What a code means and what to do: one of this tool, of a finding of `check`, or of an error of the library. Markdown.
///
/// ```
/// use stable_migrate::explain;
///
/// assert!(explain("T204").unwrap().contains("metadata.json"));
/// assert!(explain("E101").is_some() && explain("C101").is_some());
/// assert_eq!(explain("T000"), None);
/// ```
pub fn explain(code: &str) -> Option<String> {
    let section = sections(INDEX).find(|&(of, _)| of == code);
    section
        .map(|(_, text)| text.to_owned())
        .or_else(|| guide::explain(code))
}

/// Codes and what stands under each.
fn sections(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let sections = page.split("\n### ").skip(1);
    sections.filter_map(|section| {
        let (code, text) = section.split_once('\n')?;
        let end = text.find("\n#").unwrap_or(text.len());
        Some((code.trim(), text[..end].trim()))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The codes in the source above, as they stand between quotes.
    fn codes() -> Vec<&'static str> {
        let (source, _) = include_str!("code.rs")
            .split_once("#[cfg(test)]\nmod tests")
            .unwrap();
        let quoted = source
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let quoted = quoted.flat_map(|line| line.split('"').skip(1).step_by(2));
        let is_code = |word: &&str| {
            matches!(
                word.as_bytes(),
                [b'T', b'1'..=b'9', b'0'..=b'9', b'0'..=b'9']
            )
        };
        quoted.filter(is_code).collect()
    }

    #[test]
    fn no_two_errors_share_a_code_and_the_page_has_all_of_them_and_no_other() {
        let codes = codes();
        let all: BTreeSet<_> = codes.iter().copied().collect();
        assert_eq!(all.len(), codes.len());
        assert!(all.len() > 30);
        let told: Vec<_> = sections(INDEX).map(|(code, _)| code).collect();
        let explained: BTreeSet<_> = told.iter().copied().collect();
        assert_eq!(explained.len(), told.len());
        assert_eq!(explained, all);
        for (code, text) in sections(INDEX) {
            assert!(text.contains("**Remedy.**"), "{code}");
        }
    }

    #[test]
    fn the_codes_of_what_check_finds_are_explained_too() {
        let all = include_str!("../../../ic-stable-migration/src/guide/before_an_upgrade.md");
        let rows = all.lines().filter(|line| line.starts_with("| C"));
        let codes: Vec<_> = rows
            .filter_map(|row| row.split_whitespace().nth(1))
            .collect();
        assert!(codes.len() > 20, "{codes:?}");
        for code in codes {
            assert!(explain(code).is_some(), "{code}");
        }
    }
}
