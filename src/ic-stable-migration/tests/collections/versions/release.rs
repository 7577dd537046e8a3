//! The releases of a canister with notes, which differ in the versions that they have.

use std::collections::BTreeMap;

use ic_stable_migration::{
    Cbor, MoveBudget, Plan, Record, Schema, SchemaReport, Tier, Tiered, TieredMap, Versioned,
};
use ic_stable_structures::VectorMemory;
use serde::{Deserialize, Serialize};

use super::chain::{v1, v2, v3, v4};

/// What the canister kept as one value.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Legacy {
    pub owner: String,
    pub notes: BTreeMap<u64, String>,
}

/// The map that notes and tags share, in a canister that has it so.
const SHARED: u8 = 9;

macro_rules! release {
    ($name:ident, $hot:ty, $note:ty) => {
        /// The state of one release. `SHARES` tells whether the notes share a map with the tags.
        #[derive(Serialize, Deserialize, Default)]
        pub struct $name<const SHARES: bool> {
            pub hot: Versioned<$hot>,
            pub notes: TieredMap<u64, Record<$note>, VectorMemory>,
            pub tags: TieredMap<u64, u64, VectorMemory>,
        }

        impl<const SHARES: bool> $name<SHARES> {
            pub const fn plan() -> Plan<Legacy, Cbor> {
                let schema = <$hot as Schema>::NUMBER;
                Plan::new(schema)
                    .schema(schema)
                    .move_budget(MoveBudget::STEPS_ONLY)
            }
        }

        impl<const SHARES: bool> Tiered<VectorMemory> for $name<SHARES> {
            type Hot = Versioned<$hot>;

            fn hot(&self) -> &Versioned<$hot> {
                &self.hot
            }

            fn set_hot(&mut self, hot: Versioned<$hot>) {
                self.hot = hot;
            }

            fn schema(&self) -> Option<SchemaReport> {
                Some(self.hot.report())
            }

            fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
                if SHARES {
                    self.notes.sharing(SHARED);
                    self.tags.sharing(SHARED);
                }
                vec![
                    Tier::of_records("notes", 1, &mut self.notes),
                    Tier::new("tags", 2, &mut self.tags),
                ]
            }
        }
    };
}

release!(One, v1::Hot, v1::Note);
release!(Two, v2::Hot, v2::Note);
release!(Four, v4::Hot, v4::Note);
release!(FourAlone, v4::Hot, v4::NoteAlone);

/// The hot state of schema 3 and notes of version 4 under a plan that was left behind.
pub const LEFT_BEHIND: Plan<Legacy, Cbor> = Plan::new(5).schema(<v3::Hot as Schema>::NUMBER);

impl<const SHARES: bool> From<Legacy> for One<SHARES> {
    fn from(legacy: Legacy) -> Self {
        let note = |(key, text)| (key, Record::new(v1::Note { text }));
        Self {
            hot: Versioned::new(v1::Hot {
                owner: legacy.owner,
            }),
            tags: legacy.notes.keys().map(|key| (*key, 2 * key)).collect(),
            notes: legacy.notes.into_iter().map(note).collect(),
        }
    }
}

/// What is no longer found there.
macro_rules! never_legacy {
    ($($name:ident)*) => {$(
        impl<const SHARES: bool> From<Legacy> for $name<SHARES> {
            fn from(_: Legacy) -> Self {
                panic!("the legacy value is gone by then")
            }
        }
    )*};
}
never_legacy!(Two Four FourAlone);
