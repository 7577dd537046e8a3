//! Pages of lists that are asked for by position.

use std::ops::Range;

use crate::domain::post::GetPostsOfUserProfileError;

/// How many items a page has at most.
pub const MAX_PAGE: u64 = 100;

/// The positions from `from` to before `to` that a list of `total` items has.
pub fn page(from: u64, to: u64, total: u64) -> Result<Range<u64>, GetPostsOfUserProfileError> {
    if from >= to {
        return Err(GetPostsOfUserProfileError::InvalidBoundsPassed);
    }
    if from >= total {
        return Err(GetPostsOfUserProfileError::ReachedEndOfItemsList);
    }
    if to - from > MAX_PAGE {
        return Err(GetPostsOfUserProfileError::ExceededMaxNumberOfItemsAllowedInOneRequest);
    }
    Ok(from..to.min(total))
}

#[cfg(test)]
mod tests {
    use super::page;
    use crate::domain::post::GetPostsOfUserProfileError::*;

    #[test]
    fn a_page_ends_where_the_list_ends() {
        assert_eq!(page(0, 10, 10), Ok(0..10));
        assert_eq!(page(0, 10, 5), Ok(0..5));
        assert_eq!(page(90, 190, 100), Ok(90..100));
    }

    #[test]
    fn bounds_are_checked_before_the_end_and_the_end_before_the_length() {
        assert_eq!(page(10, 10, 0), Err(InvalidBoundsPassed));
        assert_eq!(page(u64::MAX, 0, 1), Err(InvalidBoundsPassed));
        assert_eq!(page(5, u64::MAX, 5), Err(ReachedEndOfItemsList));
        assert_eq!(
            page(0, 101, 500),
            Err(ExceededMaxNumberOfItemsAllowedInOneRequest)
        );
    }
}
