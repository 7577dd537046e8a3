//! The figures as a file, keyed by size and contender.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::contender::CONTENDERS;
use super::figures::Figures;
use super::prices::Tariff;
use super::size::SIZES;
use crate::error::{Error, Result};
use crate::file;

/// The folder of the bench, from the workspace.
pub const FOLDER: &str = "bench";
/// The figures of today.
pub const RESULTS: &str = "bench/results.json";
/// Those of before, to stand beside them.
pub const BEFORE: &str = "bench/before.json";

/// All figures of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// Which state of the project they are of.
    pub label: String,
    /// The prices that cycles are reckoned by.
    pub prices: Tariff,
    /// The sizes by name.
    pub sizes: BTreeMap<String, Measured>,
}

/// One size.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Bytes of the value of release 0.
    pub value_bytes: u64,
    /// Entries of all collections.
    pub entries: u64,
    /// The contenders by key.
    pub contenders: BTreeMap<String, Figures>,
}

impl Results {
    /// Reads a file of results; none if it is not there.
    ///
    /// # Errors
    /// `File` if it cannot be read or is none.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        if !path.is_file() {
            return Ok(None);
        }
        let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
        let results = serde_json::from_str(&text)
            .map_err(|error| Error::file("understand", path)(error.into()))?;
        Ok(Some(results))
    }

    /// The text of the file: the same for the same figures.
    ///
    /// # Errors
    /// `File` if it cannot be encoded.
    pub fn text(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::file("encode", Path::new(RESULTS))(error.into()))?;
        Ok(text + "\n")
    }

    /// Writes the file.
    ///
    /// # Errors
    /// `File` if it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        file::replace(path, self.text()?.as_bytes())
    }

    /// The sizes in the order of [`SIZES`], with what is measured of each.
    pub fn in_order(&self) -> impl Iterator<Item = (&'static str, &Measured)> {
        SIZES
            .iter()
            .filter_map(|size| Some((size.name, self.sizes.get(size.name)?)))
    }

    /// What is measured of one contender at one size.
    pub fn of(&self, size: &str, contender: &str) -> Option<&Figures> {
        self.sizes.get(size)?.contenders.get(contender)
    }

    /// Takes over the sizes of `newer`, and its label and prices; sizes that it has not stay as they are, with their
    /// cycles reckoned by its prices.
    pub fn update(&mut self, newer: Self) {
        self.label = newer.label;
        self.prices = newer.prices;
        self.sizes.extend(newer.sizes);
        for measured in self.sizes.values_mut() {
            for figures in measured.contenders.values_mut() {
                figures.cycles = figures.cycles(&self.prices);
            }
        }
    }
}

impl Measured {
    /// The contenders in the order of [`CONTENDERS`], by their names in tables.
    pub fn in_order(&self) -> impl Iterator<Item = (&'static str, &Figures)> {
        CONTENDERS
            .iter()
            .filter_map(|at| Some((at.name, self.contenders.get(at.key)?)))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::bench::figures::tests::figures;

    /// Results of one size and contender.
    pub fn results() -> Results {
        let measured = Measured {
            value_bytes: 1_000,
            entries: 10,
            contenders: BTreeMap::from([("project".to_owned(), figures())]),
        };
        Results {
            label: "a label".to_owned(),
            prices: Tariff::default(),
            sizes: BTreeMap::from([("10".to_owned(), measured)]),
        }
    }

    #[test]
    fn results_come_back_from_their_file_and_are_the_same_text_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("results.json");
        assert_eq!(Results::read(&path).unwrap(), None);
        results().write(&path).unwrap();
        let read = Results::read(&path).unwrap().unwrap();
        assert_eq!(read, results());
        assert_eq!(read.text().unwrap(), results().text().unwrap());
        fs::write(&path, "{}").unwrap();
        assert!(Results::read(&path).is_err());
    }

    #[test]
    fn sizes_that_were_not_measured_again_stay_with_the_new_prices() {
        let mut kept = results();
        let newer = Results {
            label: "newer".to_owned(),
            prices: Tariff {
                base_fee: 0,
                ..Tariff::default()
            },
            sizes: BTreeMap::from([("empty".to_owned(), Measured::default())]),
        };
        let before = kept.of("10", "project").unwrap().cycles;
        kept.update(newer);
        assert_eq!(kept.label, "newer");
        assert_eq!(kept.sizes.len(), 2);
        assert!(kept.of("10", "project").unwrap().cycles.year < before.year);
    }
}
