//! The proof that the old module will find what this one has: the value that was made of the state is read as the old
//! module reads it, made a state again, and held against the one it was made of.

use ic_stable_structures::Memory;

use super::{ReverseError, ToLegacy, WriteCodec};
use crate::codec::{Codec, Format};
use crate::error::Place;
use crate::error::{Error, shortened};
use crate::ledger::{Digest, SlotIndex};
use crate::legacy::unique;
use crate::mover::{Tier, Tiered};
use crate::proof::Content;

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

/// Checks that the state which is made of a legacy value is `state`, whose collections hold `contents`, by their ids; where
/// that is not known they are on the heap, all of them. What `dropped` names is lost with a promise: a collection is not compared, and
/// where a name is no collection's it may be a part of the hot state, which is not compared then.
///
/// # Errors
/// [`ReverseError::NotTheState`] with the first difference.
pub fn holds<S, L, M>(
    state: &mut S,
    contents: Option<&[(u8, Digest)]>,
    legacy: L,
    format: Format,
    dropped: &[&str],
) -> Result<(), Error>
where
    S: Tiered<M> + From<L>,
    M: Memory,
{
    let mut there = S::from(legacy);
    let hot = Content::of(state.hot())?.same_as(&Content::of(there.hot())?);
    let (here, there) = (state.collections(), there.collections());
    let is_collection = |name: &&str| here.iter().any(|tier| tier.name == *name);
    if dropped.iter().all(is_collection)
        && let Err(Error::NotReadBack { what, .. }) = hot
    {
        return Err(not_the_state(format, format!("in the hot state {what}")));
    }
    for (here, there) in here.iter().zip(&there) {
        let known = contents.and_then(|all| all.iter().find(|(id, _)| *id == here.id));
        let known = known.map_or_else(|| on_heap(here), |(_, content)| *content);
        let found = on_heap(there);
        if known == found || dropped.contains(&here.name) {
            continue;
        }
        let what = match known.count == found.count {
            // Equal entries may be written otherwise: by an earlier version of their type.
            true if same_entries(here, there) => continue,
            true => "not the same".into(),
            false => format!("and {} are read back", found.count),
        };
        let what = format!(
            "collection {:?} has {} entries, {what}",
            here.name, known.count
        );
        return Err(not_the_state(format, what));
    }
    Ok(())
}

/// The digest of what a collection has on the heap.
fn on_heap<M: Memory>(tier: &Tier<'_, M>) -> Digest {
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
}

/// Whether each entry that `there` has on the heap is one of `here`, wherever that has it.
fn same_entries<M: Memory>(here: &Tier<'_, M>, there: &Tier<'_, M>) -> bool {
    let mut same = true;
    there.map.each_on_heap(&mut |key, value| {
        let known = here.map.on_heap(key).or_else(|| here.map.in_stable(key));
        same = known.as_deref() == Some(value);
        same
    });
    same
}

fn not_the_state(format: Format, what: String) -> Error {
    let what = shortened(what);
    ReverseError::NotTheState { format, what }.into()
}
