//! How large the memory manager's buckets are.
//!
//! A manager has at most 32 768 buckets, so the bucket size sets a ceiling; and every virtual memory takes whole
//! buckets, so it also sets the waste: on average half a bucket for each memory in use, always a whole one for
//! the first byte. The crate's default of 128 pages reaches 256 GiB and costs 8 MiB for one byte.

/// Bytes of a WebAssembly page.
pub const PAGE_BYTES: u64 = 65_536;

/// Most buckets a memory manager of layout version 1 can hold.
pub const MAX_BUCKETS: u64 = 32_768;

/// The size of the buckets, fixed when a memory is formatted.
///
/// ```
/// use ic_stable_migration::BucketPlan;
///
/// assert_eq!(BucketPlan::for_ceiling(4 << 30).pages(), 2);
/// assert_eq!(BucketPlan::default().pages(), 2); // 4 GiB
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketPlan {
    pages: u16,
}

impl BucketPlan {
    /// The smallest bucket size with which the manager's memories can reach `bytes` together. At least one page;
    /// at most 65 535, which is as much as the layout can say (128 TiB, beyond any canister).
    pub const fn for_ceiling(bytes: u64) -> Self {
        let pages = bytes.div_ceil(MAX_BUCKETS * PAGE_BYTES);
        let pages = if pages == 0 {
            1
        } else if pages > u16::MAX as u64 {
            u16::MAX
        } else {
            pages as u16
        };
        Self { pages }
    }

    /// Buckets of `pages` pages, as a manager's page says.
    pub(crate) const fn of_pages(pages: u16) -> Self {
        Self { pages }
    }

    /// Size of a bucket in pages of 64 KiB.
    pub const fn pages(self) -> u16 {
        self.pages
    }

    /// What the manager's memories can reach together, in bytes.
    pub const fn ceiling(self) -> u64 {
        self.pages as u64 * MAX_BUCKETS * PAGE_BYTES
    }
}

impl Default for BucketPlan {
    /// A ceiling of 4 GiB, as much as a 32-bit heap can hold: buckets of two pages.
    fn default() -> Self {
        Self::for_ceiling(4 << 30)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_bucket_that_reaches_the_ceiling_is_chosen() {
        for (ceiling, pages) in [
            (0, 1),
            (1, 1),
            (2 << 30, 1),
            ((2 << 30) + 1, 2),
            (4 << 30, 2),
            (32 << 30, 16),
            (256 << 30, 128),
            (500 << 30, 250),
            (u64::MAX, u16::MAX),
        ] {
            assert_eq!(BucketPlan::for_ceiling(ceiling).pages(), pages, "{ceiling}");
        }
    }
}
