//! The nodes of a tree that are still on the heap, level by level, and how trees are joined.
//!
//! Entries come in key order. A level's open node takes 11 of them, the next goes up as the separator between this node
//! and its successor, which becomes the open one. A full node is held back until its successor has the 5 entries that a
//! node needs: where the entries end before that, the two share theirs. All others are written as they are, once.
//!
//! ```text
//! level 1                            [first]  ─   [ open: → 12 → 24 → ]
//! level 0    [first]  12  [written]  24  [held]  36  [ open: 37 38 ]
//! ```
//!
//! The first node of each level is held back too, until the tree is joined: it is then taken into the end of the tree
//! before it, entry by entry, so that no node that was written has to be read, changed and written again. Its address
//! is not known before that, so the first child of a first node is 0.

use std::mem;

use ic_stable_structures::Memory;

use super::error::TreeError;
use super::layout::{CAPACITY, Field, MINIMUM};
use super::node::Node;
use super::output::Output;

/// A tree's nodes that are not written yet; the leaves are level 0.
pub struct Spine {
    levels: Vec<Level>,
    /// Whether something may come before what is here.
    keeps_first: bool,
}

struct Level {
    /// The first node, where it is full and there are others behind it.
    first: Option<Node>,
    /// A full node, and the entry behind it.
    held: Option<Held>,
    open: Node,
}

struct Held {
    node: Node,
    separator: Node,
}

impl Spine {
    pub fn new(keeps_first: bool) -> Self {
        Self {
            levels: Vec::new(),
            keeps_first,
        }
    }

    /// Appends to a level the entry that `put` pushes, behind the child that comes before it; leaves have none.
    pub fn append<M: Memory>(
        &mut self,
        output: &mut Output<M>,
        level: usize,
        child: u64,
        put: impl FnOnce(&mut Node),
    ) -> Result<(), TreeError> {
        if level == self.levels.len() {
            self.levels.push(Level {
                first: None,
                held: None,
                open: output.blank(),
            });
        }
        let here = &mut self.levels[level];
        if level > 0 {
            here.open.push_child(child);
        }
        if here.open.entries() == CAPACITY {
            let mut separator = output.blank();
            put(&mut separator);
            let node = mem::replace(&mut here.open, output.blank());
            here.held = Some(Held { node, separator });
            return Ok(());
        }
        put(&mut here.open);
        if here.open.entries() == MINIMUM
            && let Some(held) = here.held.take()
        {
            return self.release(output, level, held);
        }
        Ok(())
    }

    /// Lets go of a full node, of which the successor has entries enough.
    fn release<M: Memory>(
        &mut self,
        output: &mut Output<M>,
        level: usize,
        Held { node, separator }: Held,
    ) -> Result<(), TreeError> {
        let here = &mut self.levels[level];
        let address = if self.keeps_first && here.first.is_none() {
            here.first = Some(node);
            0
        } else {
            output.write(node)?
        };
        self.append(output, level + 1, address, |open| open.push_all(&separator))?;
        output.recycle(separator);
        Ok(())
    }

    /// Ends a level, of which the last node has `child` as its last, and returns that node's address.
    fn close<M: Memory>(
        &mut self,
        output: &mut Output<M>,
        keys: Field,
        level: usize,
        child: u64,
    ) -> Result<u64, TreeError> {
        let here = &mut self.levels[level];
        let mut last = mem::replace(&mut here.open, output.blank());
        if level > 0 {
            last.push_child(child);
        }
        let Some(Held { node, separator }) = here.held.take() else {
            return output.write(last);
        };
        let [mut left, mut middle, mut right] = [output.blank(), output.blank(), output.blank()];
        let parts = [node, separator, last];
        let in_left = parts.iter().map(Node::entries).sum::<usize>() - 1 - MINIMUM;
        let entries = parts.iter().flat_map(|part| part.encoded(keys));
        for (at, entry) in entries.enumerate() {
            let part = match at {
                _ if at < in_left => &mut left,
                _ if at == in_left => &mut middle,
                _ => &mut right,
            };
            part.push_encoded(entry);
        }
        let children = parts.iter().flat_map(|part| part.children());
        for (at, &child) in children.enumerate() {
            let part = if at <= in_left { &mut left } else { &mut right };
            part.push_child(child);
        }
        parts.into_iter().for_each(|part| output.recycle(part));
        let address = output.write(left)?;
        self.append(output, level + 1, address, |open| open.push_all(&middle))?;
        output.recycle(middle);
        output.write(right)
    }

    /// Takes in all that `next` has, behind what is here: level by level its first node, with which the level ends, and
    /// on its highest level everything. What `next` has on the lower levels becomes their end.
    pub fn join<M: Memory>(
        &mut self,
        output: &mut Output<M>,
        keys: Field,
        next: Spine,
    ) -> Result<(), TreeError> {
        let mut rest = Vec::new();
        // The end of the level below, which has taken in the first child of what comes now.
        let mut below = None;
        for (level, mut part) in next.levels.into_iter().enumerate() {
            if let Some(first) = part.first.take() {
                let child = self.take_in(output, keys, level, first, below)?;
                below = Some(self.close(output, keys, level, child)?);
                rest.push(part);
                continue;
            }
            if let Some(Held { node, separator }) = part.held {
                let child = self.take_in(output, keys, level, node, below.take())?;
                self.append(output, level, child, |open| open.push_all(&separator))?;
                output.recycle(separator);
            }
            self.take_in(output, keys, level, part.open, below)?;
            break;
        }
        for (here, part) in self.levels.iter_mut().zip(rest) {
            here.held = part.held;
            output.recycle(mem::replace(&mut here.open, part.open));
        }
        Ok(())
    }

    /// Appends a node's entries to a level, each behind its child, the first of which is `first_child` where there is one.
    /// Returns the child behind the last entry.
    fn take_in<M: Memory>(
        &mut self,
        output: &mut Output<M>,
        keys: Field,
        level: usize,
        node: Node,
        first_child: Option<u64>,
    ) -> Result<u64, TreeError> {
        let mut children = node.children().iter().copied();
        if first_child.is_some() {
            children.next();
        }
        let mut children = first_child.into_iter().chain(children);
        for entry in node.encoded(keys) {
            let child = children.next().unwrap_or(0);
            self.append(output, level, child, |open: &mut Node| {
                open.push_encoded(entry)
            })?;
        }
        let last = children.next().unwrap_or(0);
        output.recycle(node);
        Ok(last)
    }

    /// Ends all levels and returns the root's address; 0 where there is no entry.
    pub fn finish<M: Memory>(
        mut self,
        output: &mut Output<M>,
        keys: Field,
    ) -> Result<u64, TreeError> {
        let (mut level, mut child) = (0, 0);
        // Closing a level can make one above it.
        while level < self.levels.len() {
            child = self.close(output, keys, level, child)?;
            level += 1;
        }
        Ok(child)
    }
}
