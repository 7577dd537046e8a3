//! What a canister's memory costs to keep, and what must be in its balance for it to run.

use crate::canister::Canister;
use crate::execution::State;
use crate::instance::Instance;
use crate::prices::Prices;

impl Canister {
    /// Bytes of memory a canister with this module and state pays for: its heap, stable
    /// memory and globals, the module as it was submitted, and its metadata sections once
    /// more. [What it keeps](Canister::kept) comes on top; history and logs do on the network.
    pub(crate) fn usage(instance: Option<&Instance>, state: &State) -> u64 {
        let own = instance.map_or(0, |instance| {
            let module = instance.module();
            let sections = module.metadata().iter().map(|s| s.content.len());
            let globals = module.shape().globals.len() * 8;
            instance.heap().len() + module.bytes().len() + sections.sum::<usize>() + globals
        });
        (own as u64).saturating_add(state.stable.size())
    }

    /// Bytes of its chunks and snapshots.
    pub(crate) fn kept(&self) -> u64 {
        let snapshots = self.snapshots.iter().map(|snapshot| snapshot.size);
        snapshots.fold(self.chunks.size(), u64::saturating_add)
    }

    /// The balance below which the canister is frozen if it uses some bytes of memory.
    pub(crate) fn threshold(&self, usage: u64, prices: &Prices) -> u128 {
        let bytes = usage.saturating_add(self.kept());
        let bytes = bytes.max(self.settings.memory_allocation);
        prices.storage(bytes, self.settings.freezing_threshold)
    }

    /// The balance below which the canister is frozen as it is now.
    pub(crate) fn threshold_now(&self, prices: &Prices) -> u128 {
        let usage = Canister::usage(self.instance.as_ref(), &self.state);
        self.threshold(usage, prices)
    }
}
