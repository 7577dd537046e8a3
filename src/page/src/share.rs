//! Parts of a whole in hundredths of a percent: fine enough for a screen, and without floating-point numbers.

use alloc::format;
use alloc::string::String;

/// The whole.
pub const WHOLE: u64 = 10_000;

/// A part of a whole, at most [`WHOLE`]; of nothing, nothing.
pub fn share(part: u64, whole: u64) -> u64 {
    let scaled = u128::from(part) * u128::from(WHOLE);
    let share = scaled.checked_div(whole.into()).unwrap_or(0);
    u64::try_from(share).map_or(WHOLE, |share| share.min(WHOLE))
}

/// A share as CSS writes it.
pub fn percent(share: u64) -> String {
    format!("{}.{:02}%", share / 100, share % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_stay_between_nothing_and_the_whole() {
        assert_eq!(share(1, 3), 3_333);
        assert_eq!(share(u64::MAX, 1), WHOLE);
        assert_eq!(share(u64::MAX, u64::MAX), WHOLE);
        assert_eq!(share(5, 0), 0);
        assert_eq!(percent(share(1, 8)), "12.50%");
    }
}
