//! What the subnet charges, as it is told on the command line.

use canister_host::Prices;
use clap::Args;
use serde::{Deserialize, Serialize};

/// A year, as prices are reckoned by it: 365 days, in seconds.
pub const YEAR: u64 = 365 * 24 * 3600;

/// Prices in cycles, on a subnet of 13 nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct Tariff {
    /// Cycles for a GiB and second on 13 nodes: 127 000 in the documentation in November 2026; 317 500 is quoted of
    /// newer source of the replica
    #[arg(long, value_name = "CYCLES", default_value_t = 127_000)]
    pub storage_price: u64,
    /// Cycles for a canister and second on 13 nodes, whatever its size: pull request 10292 of dfinity/ic, merged in
    /// May 2026
    #[arg(long, value_name = "CYCLES", default_value_t = 10_000)]
    pub base_fee: u64,
    /// Nodes of the subnet; everything costs n ÷ 13 of what it costs on 13
    #[arg(long, value_name = "COUNT", default_value_t = 13, value_parser = clap::value_parser!(u32).range(1..))]
    pub nodes: u32,
}

impl Default for Tariff {
    fn default() -> Self {
        Self {
            storage_price: 127_000,
            base_fee: 10_000,
            nodes: 13,
        }
    }
}

impl Tariff {
    /// What is paid for keeping a canister of so many bytes for a year.
    pub fn year(&self, bytes: u64) -> u64 {
        told(self.prices().storage(bytes, YEAR))
    }

    /// What an installation of so many instructions costs, compiling included.
    pub fn installation(&self, instructions: u64) -> u64 {
        told(self.prices().installation(instructions, false))
    }

    /// What messages cost that execute so many instructions together.
    pub fn messages(&self, count: u64, instructions: u64) -> u64 {
        let all = Prices {
            message: self.prices().message.saturating_mul(count.into()),
            ..self.prices()
        };
        told(all.message(instructions, false))
    }

    fn prices(&self) -> Prices {
        Prices {
            gib_second: self.storage_price.into(),
            canister_second: self.base_fee.into(),
            nodes: self.nodes,
            ..Prices::default()
        }
    }
}

/// Cycles as they stand in the figures.
fn told(cycles: u128) -> u64 {
    u64::try_from(cycles).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gib_and_a_year_cost_what_the_documentation_says() {
        let tariff = Tariff::default();
        assert_eq!(tariff.year(1 << 30) - tariff.year(0), 4_005_072_000_000);
        assert_eq!(tariff.year(0), 10_000 * YEAR);
    }

    #[test]
    fn prices_are_parameters_and_scale_with_the_nodes() {
        let dear = Tariff {
            storage_price: 317_500,
            base_fee: 0,
            nodes: 26,
        };
        assert_eq!(dear.year(1 << 30), 2 * 317_500 * YEAR);
        assert_eq!(dear.installation(1_000), 2 * 20_001_000);
        assert_eq!(dear.messages(2, 7), 2 * 10_000_007);
    }

    #[test]
    fn the_defaults_of_the_command_line_are_those_of_the_host() {
        assert_eq!(Tariff::default().prices(), Prices::default());
    }
}
