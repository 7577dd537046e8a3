//! The entries of a map in the order of its tree, one at a time: a node a level is all that is kept.

use super::fields::{Fields, fixed_entries};
use super::readings::KeyField;
use super::{MAX_DEPTH, Map, Node, damaged};
use crate::virtual_memory::{Flaw, VirtualMemory};

/// A key and a value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// See the [module](self).
pub struct Entries<'a> {
    map: &'a Map<'a>,
    keys: KeyField,
    way: Vec<Visited<'a>>,
    /// The child that is visited next.
    down: Option<u64>,
    nodes: u64,
    entries: u64,
}

/// A node on the way down.
struct Visited<'a> {
    children: Vec<u64>,
    content: Content<'a>,
    entries: usize,
    /// Entries that were handed out.
    done: usize,
    /// Whether the child before the next entry was visited.
    is_down: bool,
}

enum Content<'a> {
    Fields {
        keys: std::vec::IntoIter<Vec<u8>>,
        values: Fields<'a>,
    },
    Fixed(std::vec::IntoIter<Entry>),
}

impl<'a> Map<'a> {
    /// The map at the start of a memory.
    ///
    /// # Errors
    /// [`Flaw::Damaged`] where none is, or one that contradicts itself.
    pub fn open(memory: &'a VirtualMemory<'a>) -> Result<Self, Flaw> {
        match &memory.bytes_at::<4>(0)? {
            b"BTR\x01" | b"BTR\x02" => Self::read(memory),
            _ => Err(Flaw::Damaged("it is no StableBTreeMap".into())),
        }
    }

    /// Its entries, whose keys stand in the nodes as `keys` says.
    pub fn entries(&'a self, keys: KeyField) -> Entries<'a> {
        Entries {
            map: self,
            keys,
            way: Vec::new(),
            down: Some(self.root).filter(|&root| root != 0),
            nodes: 0,
            entries: 0,
        }
    }

    /// How many entries it has, by its header.
    pub fn len(&self) -> u64 {
        self.entries
    }
}

impl<'a> Entries<'a> {
    /// The next entry; none behind the last.
    ///
    /// # Errors
    /// [`Flaw::Damaged`] where the map contradicts itself, [`Flaw::Unreadable`].
    pub fn next(&mut self) -> Result<Option<Entry>, Flaw> {
        loop {
            if let Some(address) = self.down.take() {
                let visited = self.visit(address)?;
                self.way.push(visited);
            }
            let Some(here) = self.way.last_mut() else {
                return self.end().map(|()| None);
            };
            if !here.children.is_empty() && !here.is_down {
                here.is_down = true;
                self.down = here.children.get(here.done).copied();
                continue;
            }
            if here.done == here.entries {
                self.way.pop();
                continue;
            }
            here.done += 1;
            here.is_down = false;
            self.entries += 1;
            return match &mut here.content {
                Content::Fields { keys, values } => match keys.next() {
                    Some(key) => Ok(Some((key, values.value()?))),
                    None => Err(damaged("has a node with fewer keys than entries".into())),
                },
                Content::Fixed(entries) => Ok(entries.next()),
            };
        }
    }

    fn visit(&mut self, address: u64) -> Result<Visited<'a>, Flaw> {
        self.nodes += 1;
        if self.nodes > self.map.chunks || self.way.len() == MAX_DEPTH {
            return Err(damaged(format!(
                "leads to more nodes than it has at {address}: one is reached twice"
            )));
        }
        let node: Node = self.map.node(address)?;
        let content = match node.fixed_fields(self.map) {
            Some(sizes) => Content::Fixed(fixed_entries(self.map, &node, sizes)?.into_iter()),
            None => {
                let mut fields = Fields::of(self.map, &node);
                let keys = (0..node.entries).map(|_| fields.key(self.keys));
                let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
                Content::Fields {
                    keys: keys.into_iter(),
                    values: fields,
                }
            }
        };
        Ok(Visited {
            content,
            entries: node.entries as usize,
            children: node.children,
            done: 0,
            is_down: false,
        })
    }

    fn end(&self) -> Result<(), Flaw> {
        match self.entries == self.map.entries {
            true => Ok(()),
            false => Err(damaged(format!(
                "says it has {} entries and its nodes hold {}",
                self.map.entries, self.entries
            ))),
        }
    }
}
