//! What canisters that went well say about those that are still to go.

/// The highest rate of failures that is compatible with `failures` among `tried`: with this confidence (0 to 1) the true
/// rate is below it (Clopper and Pearson's bound, one-sided). 1 if nothing was tried.
///
/// It holds for canisters that were drawn from the same fleet by lot, as [`deal`](crate::deal) draws them.
///
/// ```
/// let bound = fleet::rate_below(29_956, 0, 0.95);
/// assert!(bound < 1.0 / 10_000.0);
/// // Two thousand say much less.
/// assert!(fleet::rate_below(2_000, 0, 0.95) > 14.0 / 10_000.0);
/// ```
pub fn rate_below(tried: u64, failures: u64, confidence: f64) -> f64 {
    if tried == 0 || failures >= tried {
        return 1.0;
    }
    if failures == 0 {
        return -(((1.0 - confidence).ln() / tried as f64).exp_m1());
    }
    let (mut low, mut high) = (failures as f64 / tried as f64, 1.0);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if at_most(tried, failures, middle) > 1.0 - confidence {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Canisters that have to go well, without a failure, before the rate of failures is below `rate` with this confidence.
///
/// ```
/// assert_eq!(fleet::needed(1.0 / 10_000.0, 0.95), 29_956);
/// ```
pub fn needed(rate: f64, confidence: f64) -> u64 {
    ((1.0 - confidence).ln() / (-rate).ln_1p()).ceil() as u64
}

/// Probability of at most `failures` of `tried` at this rate.
fn at_most(tried: u64, failures: u64, rate: f64) -> f64 {
    let (n, odds) = (tried as f64, rate.ln() - (-rate).ln_1p());
    let mut term = n * (-rate).ln_1p();
    let mut sum = term.exp();
    for k in 1..=failures {
        term += ((n - k as f64 + 1.0) / k as f64).ln() + odds;
        sum += term.exp();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_without_failure_bounds_the_rest_as_the_rule_of_three_says() {
        for tried in [30, 300, 3_000, 30_000] {
            let three = 3.0 / tried as f64;
            let bound = rate_below(tried, 0, 0.95);
            assert!((bound / three - 1.0).abs() < 0.06, "{tried}: {bound}");
        }
    }

    #[test]
    fn failures_raise_the_bound_as_in_published_tables() {
        // One-sided 95 % bounds of the binomial: 1 of 10, 2 of 20, 5 of 100.
        for (failures, tried, table) in [(1, 10, 0.3942), (2, 20, 0.2826), (5, 100, 0.1023)] {
            let bound = rate_below(tried, failures, 0.95);
            assert!(
                (bound - table).abs() < 0.0005,
                "{failures} of {tried}: {bound}"
            );
        }
    }

    #[test]
    fn one_less_than_needed_does_not_do() {
        for rate in [0.1, 0.01, 0.0001] {
            let n = needed(rate, 0.95);
            assert!(rate_below(n, 0, 0.95) <= rate);
            assert!(rate_below(n - 1, 0, 0.95) > rate);
        }
    }
}
