//! What a release says once, and what its hooks then do in a line each.

use std::fmt;
use std::marker::PhantomData;

use ic_stable_structures::Memory;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::application::Application;
use crate::bucket_plan::BucketPlan;
use crate::codec::{Cbor, Codec};
use crate::error::Error;
use crate::header::Header;
use crate::legacy::Trailing;
use crate::managed::{Managed, Memory0Content, Stamp};
use crate::manifest::Declarations;
use crate::mover::{FromEntries, Mover, Phase, Tiered, fit};
use crate::open::{OpenOptions, Opened};
use crate::proof;
use crate::transfer::{self, Ground, LegacyOutcome, MoveBudget, Outcome, Terms};

mod begin;
mod found;
mod names;
mod origin;
mod reverse;

use found::{Found, Place};
pub use origin::Origin;
pub(crate) use reverse::AsFound;

/// The ceiling of a plan that names none: what a 32-bit heap could hold, with buckets of two pages.
const DEFAULT_CEILING: u64 = 4 << 30;

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
    oldest_schema: u32,
    buckets: BucketPlan,
    /// What was asked of the buckets, in bytes.
    ceiling: u64,
    trailing: Trailing,
    read_back: ReadBack,
    move_budget: MoveBudget,
    zeroed_is_empty: bool,
    memory: u8,
    application: Application,
    declarations: Declarations,
    legacy: PhantomData<fn() -> (L, C)>,
}

impl<L, C> Plan<L, C> {
    /// Release number `release`, schema 1, a ceiling of 4 GiB; refuses what nobody can account for.
    pub const fn new(release: u32) -> Self {
        Self {
            release,
            schema: 1,
            oldest_schema: 1,
            buckets: BucketPlan::for_ceiling(DEFAULT_CEILING),
            ceiling: DEFAULT_CEILING,
            trailing: Trailing::Refuse,
            read_back: ReadBack::Adopted,
            move_budget: MoveBudget::DEFAULT,
            zeroed_is_empty: false,
            memory: 0,
            application: Application::NONE,
            declarations: Declarations::NONE,
            legacy: PhantomData,
        }
    }

    /// The schema version of the state that this release writes, 1 unless said; it refuses newer ones. Where the hot state is
    /// [`Versioned`](crate::Versioned), the number of its last version: `.schema(Hot::NUMBER)`.
    pub const fn schema(mut self, schema: u32) -> Self {
        self.schema = schema;
        self
    }

    /// The oldest schema that this release still reads, 1 unless said: `.oldest_schema(Hot::OLDEST)`. It is told in the
    /// [manifest](Plan::manifest); what refuses an older one is the chain itself.
    pub const fn oldest_schema(mut self, schema: u32) -> Self {
        self.oldest_schema = schema;
        self
    }

    /// How large all virtual memories together may become, in bytes. A lower ceiling wastes less. Where a release raises
    /// it, the memory gets larger buckets in `post_upgrade`; one of more than 2 GiB is refused instead, and has to be
    /// rewritten offline first.
    pub const fn ceiling(mut self, bytes: u64) -> Self {
        self.buckets = BucketPlan::for_ceiling(bytes);
        self.ceiling = bytes;
        self
    }

    /// What to do with bytes behind the legacy value that are not zero and that nothing accounts for. Adopting
    /// overwrites them.
    pub const fn trailing(mut self, trailing: Trailing) -> Self {
        self.trailing = trailing;
        self
    }

    /// What is read back and compared before a hook returns.
    pub const fn read_back(mut self, what: ReadBack) -> Self {
        self.read_back = what;
        self
    }

    /// What the move may take of the upgrade that begins it. A controller can say otherwise at any time before:
    /// [`Managed::set_move_budget`].
    pub const fn move_budget(mut self, budget: MoveBudget) -> Self {
        self.move_budget = budget;
        self
    }

    /// Whether every save is to be read back.
    pub(crate) const fn reads_saves_back(&self) -> bool {
        matches!(self.read_back, ReadBack::EverySave)
    }

    /// Takes a memory of nothing but zero bytes for empty. See [`OpenOptions::zeroed_is_empty`].
    pub const fn zeroed_is_empty(mut self, yes: bool) -> Self {
        self.zeroed_is_empty = yes;
        self
    }

    /// The virtual memory that has, or gets, the header and the state: 0 unless said. A canister that has a memory manager
    /// already, with maps in memory 0 and its state in another, names that one. It cannot be changed later:
    /// [`Error::SavedElsewhere`]. What is said here and in errors of memory 0 is then said of this one.
    ///
    /// # Panics
    /// For 255, which marks free buckets: where the plan is a constant, it does not compile.
    pub const fn memory(mut self, id: u8) -> Self {
        assert!(id < u8::MAX, "virtual memory 255 marks free buckets");
        self.memory = id;
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
            application: self.application,
        }
    }

    fn options(&self) -> OpenOptions {
        OpenOptions::new()
            .zeroed_is_empty(self.zeroed_is_empty)
            .memory(self.memory)
    }

    /// For `pre_upgrade`: saves the state in memory 0 as CBOR. See [`Managed::save`].
    ///
    /// # Errors
    /// Those of [`Managed::save`]; [`Error::NotReadBack`] where every save is read back.
    pub fn save<T, M>(&self, managed: &Managed<M>, state: &T, now: u64) -> Result<Header, Error>
    where
        T: Serialize + DeserializeOwned,
        M: Memory,
    {
        let header = managed.save::<T, Cbor>(state, self.stamp(now))?;
        if self.reads_saves_back() {
            proof::holds(managed, state)?;
        }
        Ok(header)
    }

    /// For `post_upgrade` of stage one: brings the state back from whatever the canister has, and leaves it in memory
    /// 0.
    ///
    /// | found | done |
    /// |---|---|
    /// | memory 0 with this library's header | loaded; the header notes this release |
    /// | a legacy value | read in full, converted, adopted: manager formatted, state saved and read back |
    /// | a value of another program in memory 0: the frame of 2023, or [another form](Managed::load_value) | read in full, converted, saved over it with a header and read back; where memory 0 is all there is, in buckets as planned |
    /// | anything else, a move that has begun included | an error; nothing is written |
    ///
    /// # Errors
    /// Every variant of [`Error`] that speaks of reading, [`Error::MoveBegun`], [`Error::NotReadBack`] and
    /// [`Error::OutOfStableMemory`]. Trap on it: that rolls the upgrade back.
    pub fn resume<T, M>(&self, memory: M, now: u64) -> Result<Resumed<T, M>, Error>
    where
        T: Serialize + DeserializeOwned + From<L>,
        L: DeserializeOwned,
        C: Codec<L>,
        M: Memory,
    {
        self.declarations.hold_none()?;
        let opened = self.options().accept::<L, C>().open(memory);
        let found = Found::read(self, opened, Memory0Content::refuse_move)?;
        let (state, managed, origin) = found.keep(self, now)?;
        Ok(Resumed {
            state,
            managed,
            origin,
        })
    }

    /// For `post_upgrade` of stage two: the same, and the collections are in stable memory, or on their way there where
    /// the move does not fit its [budget](Plan::move_budget).
    /// Before anything is written, what the release declares of its collections is held against what is written down
    /// of them and against what their memories hold.
    ///
    /// # Errors
    /// Those of [`Plan::resume`] but [`Error::MoveBegun`]; [`Error::ReservedMemory`], [`Error::Ownership`], and errors
    /// of reading the journal.
    pub fn resume_tiered<S, M>(&self, memory: M, now: u64) -> Result<(S, Mover<M>, Origin), Error>
    where
        S: Tiered<M> + From<L>,
        L: DeserializeOwned,
        C: Codec<L>,
        M: Memory + 'static,
    {
        self.resume_opened(self.options().accept::<L, C>().open(memory), now)
    }

    /// The same for a state that takes the entries of a legacy value while it is decoded ([`Each`](crate::Each)): what
    /// fits the budget goes into stable maps at once, and neither the value nor the state is ever on the heap as a whole.
    ///
    /// # Errors
    /// Those of [`Plan::resume_tiered`].
    pub fn resume_streamed<S, M>(&self, memory: M, now: u64) -> Result<(S, Mover<M>, Origin), Error>
    where
        S: Tiered<M> + From<L> + FromEntries<L> + 'static,
        L: DeserializeOwned,
        C: Codec<L>,
        M: Memory + 'static,
    {
        let opened = match self.options().accept::<L, C>().open(memory) {
            Opened::Legacy(legacy) => {
                let terms = self.terms(now);
                match transfer::of_legacy::<S, M, L, C>(terms, legacy, self.trailing)? {
                    LegacyOutcome::Moved(state, mover, origin) => {
                        return Ok((state, *mover, origin));
                    }
                    LegacyOutcome::OnHeap(legacy) => Opened::Legacy(legacy),
                }
            }
            opened => opened,
        };
        self.resume_opened(opened, now)
    }

    fn terms(&self, now: u64) -> Terms {
        Terms {
            stamp: self.stamp(now),
            home: self.memory,
            declarations: self.declarations,
            buckets: self.buckets,
            ceiling: self.ceiling,
            budget: self.move_budget,
            read_back: self.read_back != ReadBack::Never,
        }
    }

    fn resume_opened<S, M>(
        &self,
        opened: Opened<M>,
        now: u64,
    ) -> Result<(S, Mover<M>, Origin), Error>
    where
        S: Tiered<M> + From<L>,
        L: DeserializeOwned,
        C: Codec<L>,
        M: Memory + 'static,
    {
        let terms = self.terms(now);
        let opened = match opened {
            Opened::Managed(managed) if managed.is_ours() => {
                match transfer::of_payload::<S, M>(terms, managed)? {
                    Outcome::Moved(state, mover, before) => {
                        let origin = Origin::Memory0 {
                            release: before.release,
                        };
                        return Ok((state, *mover, origin));
                    }
                    Outcome::InSteps(managed) => Opened::Managed(managed),
                }
            }
            opened => opened,
        };
        let mut found = Found::<S, M>::read(self, opened, Ok)?;
        let journal = found.journal()?;
        let done = journal
            .as_ref()
            .is_some_and(|journal| journal.progress.phase == Phase::Done && journal.hot.is_none());
        let fitting = fit(
            &self.declarations,
            self.memory,
            found.place.managed(),
            journal,
            &mut found.state,
            terms.stamp,
        )?;
        if !matches!(found.place, Place::Saved(_))
            && let Some(request) = transfer::heap_fits(terms, &mut found.state)?
        {
            let ground = match found.place {
                Place::Legacy(adoptable) => {
                    Ground::free(adoptable.into_memory(), self.memory, self.buckets)
                }
                Place::Value(managed) | Place::Saved(managed) => {
                    Ground::of(managed, self.buckets, 0)?
                }
            };
            let (state, mut mover) =
                transfer::of_heap(terms, ground, found.state, fitting, request)?;
            mover.note_heap_was_used();
            return Ok((state, *mover, found.origin.read_back(terms.read_back)));
        }
        let (mut state, managed, origin) = found.keep(self, now)?;
        let managed = if done { managed.reclaimed()? } else { managed };
        let mover = Mover::resume(managed, fitting, &mut state)?;
        Ok((state, mover, origin))
    }
}

/// What is read back from memory 0, and held against the state, before a hook returns. See [`Plan::read_back`].
///
/// A codec can take a value that it does not give back: without this, the next upgrade would find out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadBack {
    /// Nothing.
    Never,
    /// What was adopted, up to 256 MiB of it: the state is given up, loaded again and compared. [`Origin`] says
    /// whether that was done.
    #[default]
    Adopted,
    /// What was adopted and every save: `pre_upgrade` then has the state on the heap twice.
    EverySave,
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

#[cfg(test)]
mod tests;
