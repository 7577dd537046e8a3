//! What is measured of one contender at one size. Every figure is a count that comes out the same each time.

use serde::{Deserialize, Serialize};

use super::prices::Tariff;

/// One contender at one size.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Why it did not get to its end. What was measured until then stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// The upgrades from release 0, in order.
    pub upgrades: Vec<Upgrade>,
    /// The steps of a timer after the last upgrade; all zero where there are none.
    pub steps: Steps,
    /// One more upgrade with the last module, after everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_more: Option<Upgrade>,
    /// Heap pages of 64 KiB.
    pub heap_pages: HeapPages,
    /// Stable pages of 64 KiB.
    pub stable_pages: StablePages,
    /// Bytes that are paid for, after everything.
    pub paid_bytes: Paid,
    /// Cycles, by the prices that stand at the head of the file.
    pub cycles: Cycles,
}

/// Where a contender stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The upgrade.
    pub at: String,
    /// What the host or the hook said.
    pub reason: String,
}

/// One upgrade.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    /// Its name.
    pub name: String,
    /// The new module.
    pub module: String,
    /// Instructions of the old module's `pre_upgrade`.
    pub pre_upgrade: u64,
    /// Instructions of the new module's `post_upgrade`.
    pub post_upgrade: u64,
    /// Instructions for compiling on the first canister of a subnet.
    pub compile_first: u64,
    /// Instructions for compiling on every other one until the next checkpoint.
    pub compile_again: u64,
    /// Heap pages when it is over.
    pub heap_pages: u64,
    /// Stable pages when it is over.
    pub stable_pages: u64,
}

/// The messages of a timer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Steps done.
    pub done: u64,
    /// Messages: the steps, and the timers and callbacks around them.
    pub messages: u64,
    /// Instructions of all messages.
    pub instructions: u64,
    /// Instructions of the largest.
    pub largest: u64,
}

/// Heap pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapPages {
    /// Of release 0, before anything.
    pub before: u64,
    /// The most that any hook or message ended with.
    pub peak: u64,
    /// After everything.
    pub after: u64,
    /// After one more upgrade.
    pub after_one_more: u64,
}

/// Stable pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StablePages {
    /// Of release 0, before anything.
    pub before: u64,
    /// After everything.
    pub after: u64,
    /// After one more upgrade.
    pub after_one_more: u64,
}

/// Bytes that are paid for, as the network counts them. History, logs, chunks and snapshots come on top.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// The heap.
    pub heap: u64,
    /// Stable memory.
    pub stable: u64,
    /// The module, as it is submitted.
    pub module: u64,
    /// Its metadata sections, once more.
    pub custom_sections: u64,
    /// Its globals.
    pub globals: u64,
}

/// Cycles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycles {
    /// The upgrades and steps on the first canister of a subnet.
    pub migration_first: u64,
    /// The same on every other canister until the next checkpoint.
    pub migration_again: u64,
    /// Keeping the canister for a year as it is after everything.
    pub year: u64,
    /// Keeping it for a year as it is after one more upgrade.
    pub year_after_one_more: u64,
}

impl Upgrade {
    /// Instructions of both hooks.
    pub fn hooks(&self) -> u64 {
        self.pre_upgrade + self.post_upgrade
    }
}

impl Paid {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.heap + self.stable + self.module + self.custom_sections + self.globals
    }
}

impl Figures {
    /// Instructions of all hooks and steps of the migration, without compiling.
    pub fn instructions(&self) -> u64 {
        let hooks = self.upgrades.iter().map(Upgrade::hooks);
        hooks.sum::<u64>() + self.steps.instructions
    }

    /// Bytes that are paid for after one more upgrade.
    pub fn paid_after_one_more(&self) -> u64 {
        let page = canister_host::PAGE_SIZE;
        let (heap, stable) = (
            self.heap_pages.after_one_more * page,
            self.stable_pages.after_one_more * page,
        );
        Paid {
            heap,
            stable,
            ..self.paid_bytes
        }
        .total()
    }

    /// The cycles by these prices.
    pub fn cycles(&self, tariff: &Tariff) -> Cycles {
        let upgrades = |compile: fn(&Upgrade) -> u64| -> u64 {
            let cost = |upgrade| tariff.installation(Upgrade::hooks(upgrade) + compile(upgrade));
            self.upgrades.iter().map(cost).sum()
        };
        let steps = tariff.messages(self.steps.messages, self.steps.instructions);
        Cycles {
            migration_first: upgrades(|upgrade| upgrade.compile_first) + steps,
            migration_again: upgrades(|upgrade| upgrade.compile_again) + steps,
            year: tariff.year(self.paid_bytes.total()),
            year_after_one_more: tariff.year(self.paid_after_one_more()),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Figures of two upgrades and a step.
    pub fn figures() -> Figures {
        let upgrade = |name: &str, post_upgrade| Upgrade {
            name: name.to_owned(),
            module: "a module".to_owned(),
            pre_upgrade: 100,
            post_upgrade,
            compile_first: 6_000,
            compile_again: 60,
            heap_pages: 4,
            stable_pages: 3,
        };
        let mut figures = Figures {
            refused: None,
            upgrades: vec![upgrade("one", 1_000), upgrade("two", 500)],
            steps: Steps {
                done: 1,
                messages: 3,
                instructions: 300,
                largest: 280,
            },
            one_more: Some(upgrade("one more", 50)),
            heap_pages: HeapPages {
                before: 4,
                peak: 9,
                after: 8,
                after_one_more: 2,
            },
            stable_pages: StablePages {
                before: 2,
                after: 5,
                after_one_more: 5,
            },
            paid_bytes: Paid {
                heap: 8 * 65_536,
                stable: 5 * 65_536,
                module: 1_000,
                custom_sections: 100,
                globals: 8,
            },
            cycles: Cycles::default(),
        };
        figures.cycles = figures.cycles(&Tariff::default());
        figures
    }

    #[test]
    fn a_migration_is_its_hooks_and_steps() {
        assert_eq!(figures().instructions(), 1_100 + 600 + 300);
    }

    #[test]
    fn cycles_are_those_of_installations_messages_and_bytes() {
        let figures = figures();
        let cycles = figures.cycles(&Tariff::default());
        let steps = 3 * 5_000_000 + 300;
        assert_eq!(cycles.migration_first, 40_000_000 + 1_700 + 12_000 + steps);
        assert_eq!(cycles.migration_again, 40_000_000 + 1_700 + 120 + steps);
        let saved = 6 * 65_536;
        assert_eq!(
            figures.paid_bytes.total() - figures.paid_after_one_more(),
            saved
        );
        assert!(cycles.year > cycles.year_after_one_more);
    }
}
