//! What a release says once, and what its hooks then do in a line each.

use std::fmt;
use std::marker::PhantomData;

use ic_stable_structures::Memory;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bucket_plan::BucketPlan;
use crate::codec::{Cbor, Codec, Format};
use crate::error::{Error, Glimpse};
use crate::header::Header;
use crate::managed::{Managed, Memory0Content, Stamp};
use crate::open::{OpenOptions, Opened};

/// A release of a canister: its number, the schema it writes, its bucket size, and the legacy value (`L`, encoded
/// by codec `C`) that it can start from.
///
/// ```
/// use ic_stable_migration::{Cbor, Plan};
/// use ic_stable_structures::VectorMemory;
///
/// // What the canister wrote at offset 0 until now, and its state from now on.
/// type Legacy = Vec<String>;
/// type State = Vec<String>;
/// const PLAN: Plan<Legacy, Cbor> = Plan::new(1).ceiling(4 << 30);
///
/// # let memory = VectorMemory::default();
/// # ic_stable_structures::Memory::grow(&memory, 1);
/// # ic_stable_structures::Memory::write(&memory, 0, b"\x82\x61a\x61b");
/// // post_upgrade:
/// let resumed = PLAN.resume::<State, _>(memory, 1_700_000_000_000_000_000)?;
/// assert_eq!(resumed.state, ["a", "b"]);
/// // pre_upgrade:
/// PLAN.save(&resumed.managed, &resumed.state, 1_700_000_001_000_000_000)?;
/// # Ok::<(), ic_stable_migration::Error>(())
/// ```
pub struct Plan<L, C> {
    release: u32,
    schema: u32,
    buckets: BucketPlan,
    legacy: PhantomData<fn() -> (L, C)>,
}

impl<L, C> Plan<L, C> {
    /// Release number `release`, schema 1, a ceiling of 32 GiB.
    pub const fn new(release: u32) -> Self {
        Self {
            release,
            schema: 1,
            buckets: BucketPlan::for_ceiling(32 << 30),
            legacy: PhantomData,
        }
    }

    /// The schema version of the state that this release writes; it refuses newer ones.
    pub const fn schema(mut self, schema: u32) -> Self {
        self.schema = schema;
        self
    }

    /// How large all virtual memories together may become, in bytes. A lower ceiling wastes less.
    pub const fn ceiling(mut self, bytes: u64) -> Self {
        self.buckets = BucketPlan::for_ceiling(bytes);
        self
    }

    /// The release number.
    pub const fn release(&self) -> u32 {
        self.release
    }

    /// What goes into the header when this release saves at `now`, nanoseconds since 1970.
    pub const fn stamp(&self, now: u64) -> Stamp {
        Stamp {
            release: self.release,
            schema: self.schema,
            now,
        }
    }

    /// For `init`: formats the empty memory of a new canister. Takes one page.
    ///
    /// # Errors
    /// [`Error::NotEmpty`] if the memory holds anything, [`Error::OutOfStableMemory`].
    pub fn begin<M: Memory>(&self, memory: M) -> Result<Managed<M>, Error> {
        let pages = memory.size();
        if pages > 0 {
            let mut first = [0; 16];
            memory.read(0, &mut first);
            let found = Glimpse::of(&first);
            return Err(Error::NotEmpty { pages, found });
        }
        match OpenOptions::new().open(memory) {
            Opened::Empty(empty) => empty.format(self.buckets),
            // A memory of no pages is empty.
            _ => Err(Error::Empty),
        }
    }

    /// For `pre_upgrade`: saves the state in memory 0 as CBOR. See [`Managed::save`].
    ///
    /// # Errors
    /// Those of [`Managed::save`].
    pub fn save<T, M>(&self, managed: &Managed<M>, state: &T, now: u64) -> Result<Header, Error>
    where
        T: Serialize + DeserializeOwned,
        M: Memory,
    {
        managed.save::<T, Cbor>(state, self.stamp(now))
    }

    /// For `post_upgrade`: brings the state back from whatever the canister has, and leaves it in memory 0.
    ///
    /// | found | done |
    /// |---|---|
    /// | memory 0 with this library's header | loaded; the header notes this release |
    /// | a legacy value | read in full, converted, adopted: manager formatted, state saved |
    /// | the frame of 2023 in memory 0 | read in full, converted, saved over it with a header; where memory 0 is all there is, in buckets as planned |
    /// | anything else | an error; nothing is written |
    ///
    /// # Errors
    /// Every variant of [`Error`] that speaks of reading, and [`Error::OutOfStableMemory`]. Trap on it: that
    /// rolls the upgrade back.
    pub fn resume<T, M>(&self, memory: M, now: u64) -> Result<Resumed<T, M>, Error>
    where
        T: Serialize + DeserializeOwned + From<L>,
        L: DeserializeOwned,
        C: Codec<L>,
        M: Memory,
    {
        match OpenOptions::new().accept::<L, C>().open(memory) {
            Opened::Empty(_) => Err(Error::Empty),
            Opened::Unrecognized(unrecognized) => Err(unrecognized.into()),
            Opened::Legacy(legacy) => {
                let (value, adoptable) = legacy.read::<L, C>()?;
                let bytes = adoptable.value_bytes();
                let state = T::from(value);
                let managed = adoptable.adopt::<T, Cbor>(self.buckets, &state, self.stamp(now))?;
                let format = C::FORMAT;
                let origin = Origin::Legacy { format, bytes };
                self.resumed(state, managed, origin)
            }
            Opened::Managed(managed) => match managed.guard(self.release, self.schema)? {
                Memory0Content::Unsaved => Err(Error::NothingSaved),
                Memory0Content::NaiveFrame { bytes } => {
                    let state = T::from(managed.load_naive::<L>()?);
                    let managed = managed.with_smaller_buckets(self.buckets)?;
                    self.save(&managed, &state, now)?;
                    self.resumed(state, managed, Origin::NaiveFrame { bytes })
                }
                Memory0Content::Saved(header) => {
                    let state = managed.load::<T, Cbor>()?;
                    let release = header.release;
                    self.resumed(state, managed, Origin::Memory0 { release })
                }
            },
        }
    }

    fn resumed<T, M: Memory>(
        &self,
        state: T,
        managed: Managed<M>,
        origin: Origin,
    ) -> Result<Resumed<T, M>, Error> {
        managed.claim(self.release, self.schema)?;
        Ok(Resumed {
            state,
            managed,
            origin,
        })
    }
}

/// A canister's state after an upgrade, and where it came from.
pub struct Resumed<T, M: Memory> {
    /// The state.
    pub state: T,
    /// The memory, under its manager.
    pub managed: Managed<M>,
    /// What the upgrade found.
    pub origin: Origin,
}

impl<T, M: Memory> fmt::Debug for Resumed<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "Resumed {{ origin: {:?}, {:?} }}",
            self.origin, self.managed
        )
    }
}

/// What an upgrade found in stable memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A legacy value from offset 0.
    Legacy {
        /// Its encoding.
        format: Format,
        /// The bytes it took.
        bytes: u64,
    },
    /// The frame of 2023 in memory 0.
    NaiveFrame {
        /// Length of its CBOR value in bytes.
        bytes: u64,
    },
    /// Memory 0 with this library's header.
    Memory0 {
        /// The release that had written it.
        release: u32,
    },
}

#[cfg(test)]
mod tests;
