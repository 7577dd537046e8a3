//! How large buckets should be for memories that are there already, and the page that says whose they are.

use ic_stable_migration::{BucketPlan, BucketTable, MAX_BUCKETS, PAGE_BYTES};

use crate::error::Result;
use crate::image::Image;

/// The least that all memories together can grow to under a right size.
const LEAST_CEILING: u64 = 4 << 30;

/// How many times its present size a canister can grow to under a right size.
const ROOM_TO_GROW: u64 = 8;

/// Pages that a manager takes with buckets of `bucket_pages`: its own, and whole buckets for memories of `sizes`
/// pages.
pub fn managed_pages(sizes: impl Iterator<Item = u64>, bucket_pages: u16) -> u64 {
    1 + buckets(sizes, bucket_pages) * u64::from(bucket_pages)
}

/// Whether a manager with buckets of `bucket_pages` can hold memories of `sizes` pages.
pub fn can_hold(sizes: impl Iterator<Item = u64>, bucket_pages: u16) -> bool {
    buckets(sizes, bucket_pages) <= MAX_BUCKETS
}

fn buckets(sizes: impl Iterator<Item = u64>, bucket_pages: u16) -> u64 {
    sizes.map(|pages| pages.div_ceil(bucket_pages.into())).sum()
}

/// The bucket size that wastes little and leaves room: the smallest that lets memories of `sizes` pages grow to the
/// `planned` ceiling in bytes, which the next upgrade would give them anyway. Where none is known (0): to 4 GiB
/// together, or to eight times what they are where that is more, and never larger than the present size, unless that
/// cannot hold them.
pub fn right_size(
    sizes: impl Iterator<Item = u64> + Clone,
    present: u16,
    planned: u64,
) -> BucketPlan {
    let asked = BucketPlan::for_ceiling(planned);
    if planned > 0 && can_hold(sizes.clone(), asked.pages()) {
        return asked;
    }
    let bytes = sizes.clone().sum::<u64>().saturating_mul(PAGE_BYTES);
    let roomy = BucketPlan::for_ceiling(bytes.saturating_mul(ROOM_TO_GROW).max(LEAST_CEILING));
    let present = BucketPlan::for_ceiling(u64::from(present) * MAX_BUCKETS * PAGE_BYTES);
    if present.pages() < roomy.pages() && can_hold(sizes, present.pages()) {
        present
    } else {
        roomy
    }
}

/// The manager's page with another table. The magic, the version and the reserved bytes are those of `image`.
///
/// # Errors
/// [`crate::Error::Io`].
pub fn manager_page(image: &Image, table: &BucketTable) -> Result<Vec<u8>> {
    let mut page = vec![0; PAGE_BYTES as usize];
    image.read_at(0, &mut page[..40])?;
    page[4..6].copy_from_slice(&(table.owners.len() as u16).to_le_bytes());
    page[6..8].copy_from_slice(&table.bucket_pages.to_le_bytes());
    for &(id, pages) in &table.sizes {
        page[40 + 8 * usize::from(id)..][..8].copy_from_slice(&pages.to_le_bytes());
    }
    let owners = &mut page[2_080..][..MAX_BUCKETS as usize];
    owners.fill(255);
    owners[..table.owners.len()].copy_from_slice(&table.owners);
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_canister_gets_buckets_for_four_gib_and_a_large_one_room_for_eight_times_its_size() {
        for (pages, present, expected) in [
            (vec![3], 128, 2),
            (vec![1, 1, 1], 128, 2),
            (vec![], 128, 2),
            (vec![16 * 16_384], 128, 64),
            (vec![64 * 16_384], 128, 128),
            (vec![3], 1, 1),
            (vec![30_000], 1, 1),
        ] {
            let plan = right_size(pages.iter().copied(), present, 0);
            assert_eq!(plan.pages(), expected, "{pages:?} in {present}");
        }
    }

    #[test]
    fn the_ceiling_that_a_release_planned_is_kept() {
        for (pages, present, planned, expected) in [
            (vec![3], 128, 32 << 30, 16),
            (vec![3], 1, 4 << 30, 2),
            (vec![3], 2, 1 << 30, 1),
            // Planned too low for what is there.
            (vec![40_000], 2, 1 << 30, 2),
        ] {
            let plan = right_size(pages.iter().copied(), present, planned);
            assert_eq!(plan.pages(), expected, "{pages:?} in {present}");
        }
    }

    #[test]
    fn every_memory_takes_whole_buckets() {
        assert_eq!(managed_pages([3, 1].into_iter(), 2), 1 + 4 + 2);
        assert_eq!(managed_pages([3].into_iter(), 128), 129);
        assert_eq!(managed_pages([].into_iter(), 128), 1);
    }

    #[test]
    fn a_manager_holds_32768_buckets() {
        assert!(can_hold([32_767, 1].into_iter(), 1));
        assert!(!can_hold([32_768, 1].into_iter(), 1));
    }
}
