//! What an application subnet charges, in cycles, and what it wants to be there beforehand.

/// Creating a canister, on 13 nodes.
pub(crate) const CREATE_CANISTER: u128 = 500_000_000_000;

/// Prices in cycles. The default is a subnet of 13 nodes, as the documentation and the replica's
/// source had it in November 2026; on a subnet of n nodes everything costs n ÷ 13 of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// A message that is executed: update, timer, heartbeat, callback.
    pub message: u128,
    /// Creating a canister: taken from the cycles that come with the call.
    pub creation: u128,
    /// An installation.
    pub installation: u128,
    /// An instruction of either; twice that for a module with a 64-bit heap.
    pub instruction: u128,
    /// A GiB kept for a second.
    pub gib_second: u128,
    /// A canister kept for a second, whatever its size.
    pub canister_second: u128,
}

impl Default for Prices {
    fn default() -> Self {
        Prices {
            message: 5_000_000,
            creation: CREATE_CANISTER,
            installation: 20_000_000,
            instruction: 1,
            gib_second: 127_000,
            canister_second: 10_000,
        }
    }
}

impl Prices {
    /// What a message of some instructions costs.
    pub fn message(&self, instructions: u64, wide_heap: bool) -> u128 {
        self.message + self.instructions(instructions, wide_heap)
    }

    /// What an installation of some instructions costs.
    pub fn installation(&self, instructions: u64, wide_heap: bool) -> u128 {
        self.installation + self.instructions(instructions, wide_heap)
    }

    /// What keeping a canister with some bytes of memory for some seconds costs: with its
    /// freezing threshold as the seconds, the balance below which it is frozen.
    pub fn storage(&self, bytes: u64, seconds: u64) -> u128 {
        // A product of two 64-bit numbers fits; what nobody can pay saturates.
        let byte_seconds = u128::from(bytes) * u128::from(seconds);
        let (gibs, rest) = (byte_seconds >> 30, byte_seconds & ((1 << 30) - 1));
        gibs.saturating_mul(self.gib_second)
            .saturating_add(rest.saturating_mul(self.gib_second) >> 30)
            .saturating_add(self.canister_second.saturating_mul(seconds.into()))
    }

    fn instructions(&self, instructions: u64, wide_heap: bool) -> u128 {
        let each = self.instruction << u32::from(wide_heap);
        each.saturating_mul(instructions.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gib_and_a_year_cost_about_four_trillions() {
        let prices = Prices::default();
        let year = 365 * 24 * 3600;
        let cost = prices.storage(1 << 30, year) - prices.storage(0, year);
        assert_eq!(cost, 4_005_072_000_000);
        assert_eq!(prices.storage(0, 1), 10_000);
    }

    #[test]
    fn an_installation_at_the_limit_costs_a_little_more_than_300_billions() {
        let prices = Prices::default();
        assert_eq!(prices.installation(300_000_000_000, false), 300_020_000_000);
        assert_eq!(prices.installation(300_000_000_000, true), 600_020_000_000);
        assert_eq!(prices.message(7, false), 5_000_007);
    }

    #[test]
    fn what_nobody_can_pay_is_a_number_still() {
        let prices = Prices::default();
        assert!(prices.storage(u64::MAX, u64::MAX) > 1 << 100);
    }
}
