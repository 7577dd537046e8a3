//! What an upgrade found: read in full, and nothing written yet.

use ic_stable_structures::Memory;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Origin, Plan, ReadBack};
use crate::codec::{Cbor, Codec};
use crate::error::Error;
use crate::journal::{Journal, decode};
use crate::legacy::Adoptable;
use crate::managed::{Managed, Memory0Content};
use crate::mover::{Tiered, declared};
use crate::open::Opened;
use crate::proof;

/// Largest payload that is read back when it is adopted. Reading back takes about half as much again as adopting
/// does, and all of it has to fit into one upgrade.
const READ_BACK_BYTES: u64 = 256 << 20;

/// A canister's state, and the memory that it was read from.
pub struct Found<T, M: Memory> {
    pub state: T,
    pub origin: Origin,
    pub place: Place<M>,
}

/// Where the state was, and so what has to be done to have it in memory 0.
pub enum Place<M: Memory> {
    Legacy(Adoptable<M>),
    /// A value in memory 0 that another program wrote.
    Value(Managed<M>),
    Saved(Managed<M>),
}

impl<M: Memory> Place<M> {
    /// The memory under its manager, if it has one.
    pub fn managed(&self) -> Option<&Managed<M>> {
        match self {
            Place::Legacy(_) => None,
            Place::Value(managed) | Place::Saved(managed) => Some(managed),
        }
    }
}

impl<T, M> Found<T, M>
where
    T: Serialize + DeserializeOwned,
    M: Memory,
{
    /// Reads the state from what the canister has; `content` may refuse what memory 0 holds before it is read.
    pub fn read<L, C>(
        plan: &Plan<L, C>,
        opened: Opened<M>,
        content: impl FnOnce(Memory0Content) -> Result<Memory0Content, Error>,
    ) -> Result<Self, Error>
    where
        T: From<L>,
        L: DeserializeOwned,
        C: Codec<L>,
    {
        match opened {
            Opened::Empty(_) => Err(Error::Empty),
            Opened::Unrecognized(unrecognized) => Err(unrecognized.into()),
            Opened::Legacy(legacy) => {
                let (value, adoptable) = legacy.read::<L, C>()?;
                let adoptable = adoptable.trailing(plan.trailing)?;
                let origin = Origin::Legacy {
                    format: C::FORMAT,
                    bytes: adoptable.value_bytes(),
                    repeated_pairs: adoptable.repeated_pairs(),
                    trailing_bytes: adoptable.trailing_bytes(),
                    read_back: false,
                };
                Ok(Self {
                    state: T::from(value),
                    origin,
                    place: Place::Legacy(adoptable),
                })
            }
            Opened::Managed(managed) if managed.is_ours() => {
                let Memory0Content::Saved(header) = content(managed.guard_stamp(plan.stamp(0))?)?
                else {
                    return Err(Error::NothingSaved);
                };
                Ok(Self {
                    state: managed.load_saved::<T, Cbor>(&header)?,
                    origin: Origin::Memory0 {
                        release: header.release,
                    },
                    place: Place::Saved(managed),
                })
            }
            Opened::Managed(managed) => {
                managed.refuse_saved_elsewhere()?;
                managed.refuse_unused()?;
                let (value, found) = managed.load_value::<L, C>(plan.trailing)?;
                Ok(Self {
                    state: T::from(value),
                    origin: Origin::Value {
                        form: found.form,
                        bytes: found.bytes,
                        repeated_pairs: found.repeated_pairs,
                        trailing_bytes: found.trailing_bytes,
                        read_back: false,
                    },
                    place: Place::Value(managed),
                })
            }
        }
    }

    /// The journal of the move, where one has begun. The state gets the hot part that is newer than the payload's.
    pub fn journal(&mut self) -> Result<Option<Journal>, Error>
    where
        T: Tiered<M>,
    {
        let journal = match &self.place {
            Place::Saved(managed) => {
                managed.read_journal(|| declared(&mut self.state).map(Some))?
            }
            Place::Legacy(_) | Place::Value(_) => None,
        };
        if let Some(hot) = journal.as_ref().and_then(|journal| journal.hot.as_ref()) {
            self.state.set_hot(decode(hot)?);
        }
        Ok(journal)
    }

    /// Leaves the state in memory 0, where it is not there already, and the release in the header. What was written
    /// is read back, as the plan says.
    pub fn keep<L, C>(self, plan: &Plan<L, C>, now: u64) -> Result<(T, Managed<M>, Origin), Error> {
        let Self {
            mut state,
            mut origin,
            place,
        } = self;
        let stamp = plan.stamp(now);
        let managed = match place {
            Place::Saved(managed) => {
                let managed = managed.reaching(plan.buckets)?;
                managed.claim(stamp, plan.ceiling)?;
                return Ok((state, managed, origin));
            }
            Place::Legacy(adoptable) => adoptable.adopt::<T, Cbor>(plan.buckets, &state, stamp)?,
            Place::Value(managed) => {
                let managed = managed.with_planned_buckets(plan.buckets)?;
                managed.save_payload::<T, Cbor>(&state, stamp)?;
                managed
            }
        };
        let header = managed.claim(stamp, plan.ceiling)?;
        if plan.read_back != ReadBack::Never && header.payload_bytes <= READ_BACK_BYTES {
            state = proof::read_back(&managed, state)?;
            origin = origin.read_back(true);
        }
        Ok((state, managed, origin))
    }
}
