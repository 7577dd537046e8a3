//! Which 4 KiB pages of stable memory an execution has touched.

use crate::config::STABLE_ACCESS_PAGE;

/// Pages in a region: a region's marks are 4 KiB, for 128 MiB of memory.
const REGION: u64 = 32_768;
const WORDS: usize = REGION as usize / 64;

/// A set of pages, marked by the ranges of bytes that are read or written.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    regions: Vec<Option<Box<[u64; WORDS]>>>,
    count: u64,
}

impl Touched {
    /// Marks the pages of a range that lies inside the memory.
    pub(crate) fn mark(&mut self, offset: u64, size: u64) {
        if size == 0 {
            return;
        }
        let last = (offset + size - 1) / STABLE_ACCESS_PAGE;
        for page in offset / STABLE_ACCESS_PAGE..=last {
            let region = (page / REGION) as usize;
            if self.regions.len() <= region {
                self.regions.resize_with(region + 1, || None);
            }
            let marks = self.regions[region].get_or_insert_with(|| Box::new([0; WORDS]));
            let (word, bit) = ((page % REGION / 64) as usize, 1 << (page % 64));
            self.count += u64::from(marks[word] & bit == 0);
            marks[word] |= bit;
        }
    }

    /// How many pages are marked.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_counts_once_wherever_it_lies() {
        let mut touched = Touched::default();
        touched.mark(0, 0);
        assert_eq!(touched.count(), 0);
        touched.mark(4095, 2);
        assert_eq!(touched.count(), 2, "the range lies on two pages");
        touched.mark(0, 8192);
        assert_eq!(touched.count(), 2);
        let edge = REGION * STABLE_ACCESS_PAGE;
        touched.mark(edge - 1, 2);
        assert_eq!(touched.count(), 4, "on both sides of the edge of a region");
        touched.mark(499 << 30, 1);
        assert_eq!(touched.count(), 5);
    }
}
