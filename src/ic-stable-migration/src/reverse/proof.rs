//! The proof that the old module will find what this one has: the value that was made of the state is read as the old
//! module reads it, made a state again, and held against the one it was made of.

use ic_stable_structures::Memory;

use super::{ReverseError, ToLegacy, WriteCodec};
use crate::codec::{Codec, Format};
use crate::error::Place;
use crate::error::{Error, shortened};
use crate::ledger::{Digest, SlotIndex};
use crate::legacy::unique;
use crate::mover::Tiered;
use crate::proof::Content;

/// What a state holds, wherever it is.
pub struct Held {
    hot: Content,
    collections: Vec<(&'static str, Digest)>,
}

impl Held {
    /// Of a state whose collections hold `contents`; where that is not known they are on the heap, all of them.
    pub fn by<S: Tiered<M>, M: Memory>(
        state: &mut S,
        contents: Option<Vec<Digest>>,
    ) -> Result<Self, Error> {
        let hot = Content::of(state.hot())?;
        let tiers = state.collections();
        let contents = contents.unwrap_or_else(|| {
            let of_tier = tiers.iter().map(|tier| {
                let mut digest = Digest::default();
                let slot = SlotIndex {
                    index: 0,
                    id: tier.id,
                };
                tier.map.each_on_heap(&mut |key, value| {
                    digest.add(slot.entry_digest(key, value));
                    true
                });
                digest
            });
            of_tier.collect()
        });
        let names = tiers.iter().map(|tier| tier.name);
        Ok(Self {
            hot,
            collections: names.zip(contents).collect(),
        })
    }

    /// In what `there` is another, if it is: but for what the promise names, and for the hot state where what it names
    /// is no collection and so may be a part of that.
    fn differs(&self, there: &Self, dropped: &[&str]) -> Option<String> {
        let is_collection = |name: &&str| self.collections.iter().any(|(known, _)| known == name);
        if dropped.iter().all(is_collection)
            && let Err(Error::NotReadBack { what, .. }) = self.hot.same_as(&there.hot)
        {
            return Some(format!("in the hot state {what}"));
        }
        let both = self.collections.iter().zip(&there.collections);
        let mut kept = both.filter(|((name, _), _)| !dropped.contains(name));
        let ((name, here), (_, there)) = kept.find(|((_, here), (_, there))| here != there)?;
        Some(format!(
            "collection {name:?} has {} entries, and {} are read back{}",
            here.count,
            there.count,
            if here.count == there.count {
                ", not the same"
            } else {
                ""
            }
        ))
    }
}

/// Makes the legacy value of `state`, reads it, and returns its bytes.
///
/// # Errors
/// [`Error::Encode`]; [`ReverseError::NotTheState`] for one that is not read, or not to its end.
pub fn value_of<S, L, C>(state: &S) -> Result<(Vec<u8>, L), Error>
where
    S: ToLegacy + 'static,
    C: Codec<L> + for<'a> WriteCodec<S::Legacy<'a>>,
{
    let mut bytes = Vec::new();
    C::write(&state.to_legacy(), &mut bytes).map_err(|reason| Error::encode(C::FORMAT, reason))?;
    let unlike = |what| not_the_state(C::FORMAT, what);
    let mut rest = &bytes[..];
    let (legacy, counted) = C::decode_counted(&mut rest).map_err(unlike)?;
    if !rest.is_empty() {
        let left = rest.len();
        return Err(unlike(format!(
            "it is read up to {left} bytes before its end"
        )));
    }
    let counted = match counted {
        Some(_) => counted,
        None => C::census(&bytes[..]).map_err(unlike)?,
    };
    if let Err(Error::DuplicateKeys { count, key, .. }) =
        unique(counted, C::FORMAT, Place::StableMemory, 0)
    {
        return Err(unlike(format!(
            "{count} entries have a key that another of the same map has ({key})"
        )));
    }
    Ok((bytes, legacy))
}

/// Checks that the state which is made of a legacy value holds what `held` says.
///
/// # Errors
/// [`ReverseError::NotTheState`] with the first difference.
pub fn holds<S, L, M>(held: &Held, legacy: L, format: Format, dropped: &[&str]) -> Result<(), Error>
where
    S: Tiered<M> + From<L>,
    M: Memory,
{
    let there = Held::by(&mut S::from(legacy), None)?;
    match held.differs(&there, dropped) {
        Some(what) => Err(not_the_state(format, what)),
        None => Ok(()),
    }
}

fn not_the_state(format: Format, what: String) -> Error {
    let what = shortened(what);
    ReverseError::NotTheState { format, what }.into()
}
