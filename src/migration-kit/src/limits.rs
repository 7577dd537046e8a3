//! What an upgrade may cost.

/// A limit that every upgrade, or every canister at the end, has to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Instructions of all hooks of one upgrade, compiling left out.
    UpgradeInstructions(u64),
    /// Pages of stable memory at the end, 64 KiB each.
    StablePages(u64),
    /// Pages of heap at the end, 64 KiB each, right after one more upgrade by the last release.
    HeapPages(u64),
}

/// The limits that were set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub upgrade_instructions: Option<u64>,
    pub stable_pages: Option<u64>,
    pub heap_pages: Option<u64>,
}

impl Limits {
    pub fn set(&mut self, limit: Limit) {
        let (place, most) = match limit {
            Limit::UpgradeInstructions(most) => (&mut self.upgrade_instructions, most),
            Limit::StablePages(most) => (&mut self.stable_pages, most),
            Limit::HeapPages(most) => (&mut self.heap_pages, most),
        };
        *place = Some(most);
    }
}

/// What one more thing was measured at, where it is over its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over {
    pub what: &'static str,
    pub measured: u64,
    pub limit: u64,
}

/// Whether something is over its limit.
pub(crate) fn check(what: &'static str, measured: u64, limit: Option<u64>) -> Result<(), Over> {
    match limit {
        Some(limit) if measured > limit => Err(Over {
            what,
            measured,
            limit,
        }),
        _ => Ok(()),
    }
}
