//! Where a message ends, and what is in it.
//!
//! Values are skipped with a work list on the heap instead of recursion, so that depth costs no stack here. It may
//! cost the decoder some, so depth is counted and ends where the stack would not do for decoding.

use std::io::Read;

use candid::types::Type;

use super::arguments;
use super::input::Input;
use super::table::{Shape, Table};
use crate::codec::census::{Census, Keys, MAX_DEPTH, Mark};
use crate::codec::stack::{ORDINARY_DEPTH, Stack};

/// Steps that may take no byte (`null`, a record that contains nothing or itself) beyond those that the bytes of a
/// message pay for: a set kept as a map to `null` has one or two a key.
const FREE_STEPS: u64 = 1 << 16;
const FREE_STEPS_PER_BYTE: u64 = 64;

/// Stack that decoding takes for a level of nesting, in bytes: for an option, for any other type, and for each field
/// of a record. The decoder cannot be asked how much it has left, so this is measured on WebAssembly and generous:
/// 32 bytes for a value of a field, five times, for a decoder holds the fields, then the struct, and hands it up.
const OPTION_BYTES: u32 = 320;
const LEVEL_BYTES: u32 = 200;
const FIELD_BYTES: u32 = 160;

/// Reads a message and returns it as one whose first argument is what a type reads, and what is in it.
///
/// # Errors
/// A sentence saying what is malformed, what the type would drop, or that the input ended.
pub fn message_for(reader: &mut dyn Read, expected: &Type) -> Result<(Vec<u8>, Census), String> {
    let mut input = Input::new(reader);
    let table = Table::read(&mut input)?;
    arguments::prepare(&mut input, &table, expected)?;
    let mut values = Values::new(&mut input, &table);
    values.stack = u32::try_from(Stack::left().bytes()).unwrap_or(u32::MAX);
    values.skip_all()?;
    let census = values.census();
    Ok((input.kept, census))
}

/// Counts what is in a message. Keys are the first members of pairs, in every list of pairs.
pub fn census(reader: &mut dyn Read) -> Result<Census, String> {
    let mut input = Input::new(reader);
    let table = Table::read(&mut input)?;
    input.kept.clear();
    input.keeps = false;
    let mut values = Values::new(&mut input, &table);
    values.skip_all()?;
    Ok(values.census())
}

/// How deep something is nested.
#[derive(Clone, Copy, Default)]
struct Depth {
    levels: u32,
    /// Stack that decoding takes to get there, in bytes.
    stack: u32,
}

impl Depth {
    fn below(self, shape: &Shape) -> Self {
        let stack = match shape {
            Shape::Opt(_) => OPTION_BYTES,
            Shape::Record(fields) => LEVEL_BYTES + FIELD_BYTES.saturating_mul(fields.len() as u32),
            _ => LEVEL_BYTES,
        };
        Self {
            levels: self.levels + 1,
            stack: self.stack.saturating_add(stack),
        }
    }
}

/// What is still to be skipped, and how deep it is nested.
enum Work<'t> {
    One {
        ty: i64,
        depth: Depth,
    },
    Many {
        ty: i64,
        left: u64,
        depth: Depth,
        /// Of a list of pairs, where their keys begin.
        keys: Option<Mark>,
    },
    Fields {
        fields: &'t [(u32, i64)],
        depth: Depth,
        /// Whether the first field is a key.
        pair: bool,
    },
    /// The first member of a pair has ended.
    KeyEnd,
}

struct Values<'i, 'r, 't> {
    input: &'i mut Input<'r>,
    table: &'t Table,
    keys: Keys,
    /// Where the key that is being read starts in what is kept.
    key: usize,
    /// Whether the rest is kept, too.
    keeps: bool,
    /// Steps that took no byte.
    free: u64,
    deepest: u32,
    /// Stack that decoding may take, in bytes.
    stack: u32,
}

impl<'i, 'r, 't> Values<'i, 'r, 't> {
    fn new(input: &'i mut Input<'r>, table: &'t Table) -> Self {
        Self {
            keeps: input.keeps,
            input,
            table,
            keys: Keys::raw(),
            key: 0,
            free: 0,
            deepest: 0,
            stack: u32::MAX,
        }
    }

    /// What was skipped.
    fn census(self) -> Census {
        Census {
            bytes: self.input.read,
            unpacked_bytes: self.input.read,
            deepest: self.deepest,
            duplicate_keys: self.keys.duplicates,
            first_duplicate: self.keys.first,
            has_maps: false,
        }
    }

    fn skip_all(&mut self) -> Result<(), String> {
        for &ty in &self.table.arguments {
            self.skip_value(ty)?;
        }
        Ok(())
    }

    fn skip_value(&mut self, ty: i64) -> Result<(), String> {
        let mut work = vec![Work::One {
            ty,
            depth: Depth::default(),
        }];
        while let Some(item) = work.pop() {
            let before = self.input.read;
            let (ty, depth, pair) = match item {
                Work::One { ty, depth } => (ty, depth, false),
                Work::Many {
                    left: 0,
                    keys: mark,
                    ..
                } => {
                    if let Some(mark) = mark {
                        self.keys.compare(mark);
                    }
                    continue;
                }
                Work::Many {
                    ty,
                    left,
                    depth,
                    keys,
                } => {
                    let left = left - 1;
                    work.push(Work::Many {
                        ty,
                        left,
                        depth,
                        keys,
                    });
                    (ty, depth, keys.is_some())
                }
                Work::Fields {
                    fields,
                    depth,
                    pair,
                } => {
                    let Some((&(_, ty), rest)) = fields.split_first() else {
                        continue;
                    };
                    work.push(Work::Fields {
                        fields: rest,
                        depth,
                        pair: false,
                    });
                    if pair {
                        self.begin_key(work.len());
                        work.push(Work::KeyEnd);
                    }
                    (ty, depth, false)
                }
                Work::KeyEnd => {
                    self.end_key(work.len());
                    continue;
                }
            };
            self.value(&mut work, ty, depth, pair)?;
            if self.input.read == before {
                self.free += 1;
                let allowed = FREE_STEPS + FREE_STEPS_PER_BYTE.saturating_mul(self.input.read);
                if self.free > allowed {
                    return Err(format!(
                        "{} values take no byte, in {} bytes: this is no canister's state",
                        self.free, self.input.read
                    ));
                }
            }
        }
        Ok(())
    }

    /// Reads what a value starts with and leaves the rest as work.
    fn value(
        &mut self,
        work: &mut Vec<Work<'t>>,
        ty: i64,
        depth: Depth,
        pair: bool,
    ) -> Result<(), String> {
        if ty < 0 {
            return self.named(ty);
        }
        let shape = self.table.shape(ty)?;
        let depth = depth.below(shape);
        self.deepest = self.deepest.max(depth.levels);
        let deep = depth.levels > ORDINARY_DEPTH && depth.stack > self.stack;
        if deep || depth.levels > MAX_DEPTH {
            return Err(too_deep(depth.levels));
        }
        match shape {
            Shape::Opt(inner) => match self.input.byte()? {
                0 => {}
                1 => work.push(Work::One { ty: *inner, depth }),
                tag => return Err(format!("option tag {tag}")),
            },
            Shape::Vec(inner) => {
                let left = self.input.leb()?;
                match fixed_width(*inner) {
                    Some(width) => self.input.skip(left.saturating_mul(width))?,
                    None => work.push(Work::Many {
                        ty: *inner,
                        left,
                        depth,
                        keys: self.is_pair(*inner).then(|| self.keys.mark()).flatten(),
                    }),
                }
            }
            Shape::Record(fields) => work.push(Work::Fields {
                fields,
                depth,
                pair,
            }),
            Shape::Variant(cases) => {
                let case = self.input.leb()?;
                let chosen = usize::try_from(case).ok().and_then(|case| cases.get(case));
                match chosen {
                    Some(&(_, ty)) => work.push(Work::One { ty, depth }),
                    None => return Err(format!("case {case} of a variant of {}", cases.len())),
                }
            }
            Shape::Function => {
                self.input.reference()?;
                self.input.principal()?;
                let name = self.input.leb()?;
                self.input.skip(name)?;
            }
            Shape::Service => self.input.principal()?,
        }
        Ok(())
    }

    fn is_pair(&self, ty: i64) -> bool {
        matches!(self.table.shape(ty), Ok(Shape::Record(fields)) if matches!(fields[..], [(0, _), (1, _)]))
    }

    /// What is read from here on is a key.
    fn begin_key(&mut self, depth: usize) {
        self.keys.begin(depth, self.input.read);
        self.key = self.input.kept.len();
        self.input.keeps = true;
    }

    fn end_key(&mut self, depth: usize) {
        let key = &self.input.kept[self.key..];
        self.keys.bytes().extend_from_slice(key);
        self.input.keeps = self.keeps;
        if !self.keeps {
            self.input.kept.truncate(self.key);
        }
        // In Candid's bytes numbers do not come in their order.
        self.keys.end(depth, None);
    }

    /// A value of a type that has a name.
    fn named(&mut self, ty: i64) -> Result<(), String> {
        match (ty, fixed_width(ty)) {
            (_, Some(width)) => self.input.skip(width),
            (-1 | -16, _) => Ok(()),
            (-3 | -4, _) => {
                while self.input.byte()? & 0x80 != 0 {}
                Ok(())
            }
            (-15, _) => {
                let length = self.input.leb()?;
                self.input.skip(length)
            }
            (-24, _) => self.input.principal(),
            (-17, _) => Err("a value of the empty type".into()),
            _ => Err(format!("type {ty} is not known")),
        }
    }
}

/// Bytes of a value, where all values of the type take the same number and at least one.
fn fixed_width(ty: i64) -> Option<u64> {
    match ty {
        -2 | -5 | -9 => Some(1),
        -6 | -10 => Some(2),
        -7 | -11 | -13 => Some(4),
        -8 | -12 | -14 => Some(8),
        _ => None,
    }
}

#[cold]
fn too_deep(depth: u32) -> String {
    format!(
        "the value is nested {depth} deep and more, and the stack is too small to decode that: link the module with a larger one (-C link-arg=-zstack-size=…)"
    )
}
