//! What an application subnet charges, in cycles, and what it wants to be there beforehand.

use crate::cost;

/// Creating a canister, on 13 nodes.
pub(crate) const CREATE_CANISTER: u128 = 500_000_000_000;

/// Nodes of the subnet that prices are quoted for.
pub const QUOTED_NODES: u32 = 13;

/// Prices in cycles, as they are quoted for a subnet of [`QUOTED_NODES`], and the nodes of the subnet that is paid.
/// The default is what the documentation and the replica's source had in November 2026, on a subnet of 13.
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
    /// Nodes of the subnet: what the methods tell is n ÷ 13 of what is quoted.
    pub nodes: u32,
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
            nodes: QUOTED_NODES,
        }
    }
}

impl Prices {
    /// What a message of some instructions costs.
    pub fn message(&self, instructions: u64, wide_heap: bool) -> u128 {
        let executed = self.instructions(instructions, wide_heap);
        self.here(self.message.saturating_add(executed))
    }

    /// What an installation of some instructions costs.
    pub fn installation(&self, instructions: u64, wide_heap: bool) -> u128 {
        let executed = self.instructions(instructions, wide_heap);
        self.here(self.installation.saturating_add(executed))
    }

    /// Instructions that are charged for taking a snapshot of some bytes, or for loading it; then compiling its module
    /// comes on top.
    pub fn snapshot_instructions(bytes: u64) -> u64 {
        cost::LOAD_SNAPSHOT.saturating_add(bytes)
    }

    /// What taking a snapshot costs of a canister that pays for some bytes of memory.
    pub fn snapshot(&self, bytes: u64) -> u128 {
        self.message(Prices::snapshot_instructions(bytes), false)
    }

    /// What keeping a canister with some bytes of memory for some seconds costs: with its
    /// freezing threshold as the seconds, the balance below which it is frozen.
    pub fn storage(&self, bytes: u64, seconds: u64) -> u128 {
        let fee = self.canister_second.saturating_mul(seconds.into());
        self.here(self.quoted_memory(bytes, seconds).saturating_add(fee))
    }

    /// What some bytes of memory cost for some seconds, without what a canister costs that has none.
    pub fn memory(&self, bytes: u64, seconds: u64) -> u128 {
        self.here(self.quoted_memory(bytes, seconds))
    }

    fn quoted_memory(&self, bytes: u64, seconds: u64) -> u128 {
        // A product of two 64-bit numbers fits; what nobody can pay saturates.
        let byte_seconds = u128::from(bytes) * u128::from(seconds);
        let (gibs, rest) = (byte_seconds >> 30, byte_seconds & ((1 << 30) - 1));
        gibs.saturating_mul(self.gib_second)
            .saturating_add(rest.saturating_mul(self.gib_second) >> 30)
    }

    fn instructions(&self, instructions: u64, wide_heap: bool) -> u128 {
        let each = self.instruction.saturating_mul(1 << u32::from(wide_heap));
        each.saturating_mul(instructions.into())
    }

    /// What is quoted, on the subnet that is paid.
    fn here(&self, quoted: u128) -> u128 {
        quoted.saturating_mul(self.nodes.into()) / u128::from(QUOTED_NODES)
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
    fn everything_scales_with_the_nodes() {
        let quoted = Prices::default();
        let twice = Prices {
            nodes: 2 * QUOTED_NODES,
            ..quoted
        };
        assert_eq!(twice.message(7, false), 10_000_014);
        assert_eq!(twice.storage(1 << 30, 1), 2 * 137_000);
        assert_eq!(twice.memory(1 << 30, 1), 2 * 127_000);
        assert_eq!(twice.snapshot(5), 2 * quoted.snapshot(5));
        assert_eq!(quoted.snapshot(5), 2_005_000_005);
    }

    #[test]
    fn what_nobody_can_pay_is_a_number_still() {
        let prices = Prices::default();
        assert!(prices.storage(u64::MAX, u64::MAX) > 1 << 100);
    }
}
