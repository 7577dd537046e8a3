//! Looking up a place among the keys of a tree, without trusting it: one node a level, each in one read.

use std::ops::ControlFlow;

use ic_stable_structures::Memory;

use super::chunks::{Chunks, damaged};
use super::error::TreeError;
use super::reader::{MAX_LEVELS, TreeReader};
use super::stored::Stored;

/// A key and its value as they stand in a tree.
pub(crate) type Entry = (Vec<u8>, Vec<u8>);

/// The entries on both sides of a place among the keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Neighbours {
    /// The last before it.
    pub before: Option<Entry>,
    /// The first behind it.
    pub after: Option<Entry>,
}

impl<M: Memory> TreeReader<M> {
    /// The entries around the place up to which `before` says yes of each key; behind it, it has to say no of each.
    ///
    /// # Errors
    /// [`TreeError::Damaged`].
    pub(crate) fn around(&self, before: impl Fn(&[u8]) -> bool) -> Result<Neighbours, TreeError> {
        let mut chunks = Chunks::new(self.memory(), *self.header());
        let mut found = Neighbours::default();
        let mut node = Stored::default();
        let mut address = self.header().root;
        for _ in 0..MAX_LEVELS {
            if address == 0 {
                return Ok(found);
            }
            node.read(&mut chunks, self.key_size(), address)?;
            match self.closer(&node, &before, &mut found)? {
                ControlFlow::Continue(child) => address = child,
                ControlFlow::Break(()) => return Ok(found),
            }
        }
        Err(damaged(
            address,
            format!("stands a node more than {MAX_LEVELS} levels below the root"),
        ))
    }

    /// Takes what the node has of closer neighbours, and goes on with the child between them.
    fn closer(
        &self,
        node: &Stored,
        before: impl Fn(&[u8]) -> bool,
        found: &mut Neighbours,
    ) -> Result<ControlFlow<(), u64>, TreeError> {
        let entry = |at: usize| -> Result<Entry, TreeError> {
            let value = node.value(at, self.value_size())?;
            Ok((node.key(at).to_vec(), value.to_vec()))
        };
        let at = (0..node.entries())
            .position(|at| !before(node.key(at)))
            .unwrap_or(node.entries());
        if let Some(last) = at.checked_sub(1) {
            found.before = Some(entry(last)?);
        }
        if at < node.entries() {
            found.after = Some(entry(at)?);
        }
        Ok(match node.is_inner() {
            true => ControlFlow::Continue(node.child(at)),
            false => ControlFlow::Break(()),
        })
    }
}
