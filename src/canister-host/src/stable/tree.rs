//! A sparse array of blocks with structural sharing: three levels of 512, so 2^27 blocks
//! of 4 KiB, which is 512 GiB.

use std::sync::Arc;

/// Bytes in a block: what the network counts dirty pages in.
pub(super) const BLOCK: usize = 4096;
const FANOUT: usize = 512;
const BITS: u32 = FANOUT.ilog2();

pub(super) type Block = [u8; BLOCK];

struct Node<T>([Option<Arc<T>>; FANOUT]);

type Leaf = Node<Block>;
type Inner = Node<Leaf>;

impl<T> Default for Node<T> {
    fn default() -> Self {
        Node([const { None }; FANOUT])
    }
}

impl<T> Clone for Node<T> {
    fn clone(&self) -> Self {
        Node(self.0.clone())
    }
}

impl<T> Node<T> {
    fn child(&self, index: u64, level: u32) -> Option<&T> {
        self.0[slot(index, level)].as_deref()
    }
}

impl<T> Node<T> {
    fn children(&self) -> impl Iterator<Item = (u64, &T)> {
        (0..)
            .zip(&self.0)
            .filter_map(|(index, child)| Some((index, child.as_deref()?)))
    }
}

impl<T: Default + Clone> Node<T> {
    fn child_mut(&mut self, index: u64, level: u32) -> &mut T {
        Arc::make_mut(self.0[slot(index, level)].get_or_insert_default())
    }
}

fn slot(index: u64, level: u32) -> usize {
    (index >> (level * BITS)) as usize % FANOUT
}

#[derive(Clone, Default)]
pub(super) struct Tree(Arc<Node<Inner>>);

impl Tree {
    pub(super) fn get(&self, index: u64) -> Option<&Block> {
        self.0.child(index, 2)?.child(index, 1)?.child(index, 0)
    }

    pub(super) fn put(&mut self, index: u64, block: Block) {
        self.leaf(index).0[slot(index, 0)] = Some(Arc::new(block));
    }

    /// The block to write to, and whether it had to be copied because another tree shares
    /// it. A block that is not there is made of zeros.
    pub(super) fn own(&mut self, index: u64) -> (&mut Block, bool) {
        let block = self.leaf(index).0[slot(index, 0)].get_or_insert_with(|| Arc::new([0; BLOCK]));
        let copied = Arc::get_mut(block).is_none();
        (Arc::make_mut(block), copied)
    }

    /// The indices of the blocks there are, ascending.
    pub(super) fn indices(&self) -> impl Iterator<Item = u64> {
        self.0.children().flat_map(|(high, inner)| {
            inner.children().flat_map(move |(middle, leaf)| {
                leaf.children()
                    .map(move |(low, _)| ((high << BITS | middle) << BITS) | low)
            })
        })
    }

    fn leaf(&mut self, index: u64) -> &mut Leaf {
        Arc::make_mut(&mut self.0)
            .child_mut(index, 2)
            .child_mut(index, 1)
    }
}
