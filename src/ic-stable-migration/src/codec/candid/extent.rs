//! Where a Candid message ends.
//!
//! A message is `DIDL`, a type table, the arguments' types and their values. The table is small and held parsed;
//! values are skipped with a work list on the heap instead of recursion, so that depth costs no stack.

use std::io::Read;

/// Elements in a row that may take no byte (`vec null`, a record that contains itself) before the message is
/// refused: more of them than any canister's state, far fewer than it takes to exhaust an upgrade.
const MAX_IDLE: u32 = 1_000_000;

/// Entries of a type table, and fields of one type, that are read. The decoder that follows has a lower limit.
const MAX_TYPES: u64 = 10_000;

/// Reads one message and returns its bytes.
///
/// # Errors
/// A sentence saying what is malformed, or that the input ended.
pub fn read_message<R: Read>(reader: R) -> Result<Vec<u8>, String> {
    let mut input = Input {
        reader,
        read: Vec::new(),
    };
    if input.take(4)? != b"DIDL" {
        return Err("the first bytes are not DIDL".into());
    }
    let entries = input.count("type table entries")?;
    let mut table = Vec::new();
    for _ in 0..entries {
        table.push(Shape::parse(&mut input)?);
    }
    let arguments = input.count("arguments")?;
    let mut types = Vec::new();
    for _ in 0..arguments {
        types.push(input.sleb()?);
    }
    for ty in types {
        skip_value(&mut input, &table, ty)?;
    }
    Ok(input.read)
}

/// What the table says of a type, as far as skipping its values needs it.
enum Shape {
    Opt(i64),
    Vec(i64),
    Record(Vec<i64>),
    Variant(Vec<i64>),
    Function,
    Service,
}

impl Shape {
    fn parse<R: Read>(input: &mut Input<R>) -> Result<Self, String> {
        match input.sleb()? {
            -18 => Ok(Shape::Opt(input.sleb()?)),
            -19 => Ok(Shape::Vec(input.sleb()?)),
            -20 => Ok(Shape::Record(input.fields()?)),
            -21 => Ok(Shape::Variant(input.fields()?)),
            -22 => {
                for _ in 0..2 {
                    for _ in 0..input.count("function types")? {
                        input.sleb()?;
                    }
                }
                let annotations = input.count("annotations")?;
                input.skip(annotations)?;
                Ok(Shape::Function)
            }
            -23 => {
                for _ in 0..input.count("methods")? {
                    let name = input.leb()?;
                    input.skip(name)?;
                    input.sleb()?;
                }
                Ok(Shape::Service)
            }
            other => Err(format!("type constructor {other} is not known")),
        }
    }
}

enum Work {
    One(i64),
    Many { ty: i64, left: u64 },
    Fields { entry: usize, next: usize },
}

fn skip_value<R: Read>(input: &mut Input<R>, table: &[Shape], ty: i64) -> Result<(), String> {
    let mut work = vec![Work::One(ty)];
    let mut idle = 0;
    let mut seen = input.read.len();
    while let Some(item) = work.pop() {
        if input.read.len() == seen {
            idle += 1;
            if idle > MAX_IDLE {
                return Err(format!("more than {MAX_IDLE} values in a row take no byte"));
            }
        } else {
            seen = input.read.len();
            idle = 0;
        }
        let ty = match item {
            Work::One(ty) => ty,
            Work::Many { left: 0, .. } => continue,
            Work::Many { ty, left } => {
                let left = left - 1;
                work.push(Work::Many { ty, left });
                ty
            }
            Work::Fields { entry, next } => {
                let Some(Shape::Record(fields)) = table.get(entry) else {
                    continue;
                };
                let Some(&ty) = fields.get(next) else {
                    continue;
                };
                let next = next + 1;
                work.push(Work::Fields { entry, next });
                ty
            }
        };
        if ty < 0 {
            skip_primitive(input, ty)?;
            continue;
        }
        let entry = usize::try_from(ty).map_err(|_| "a type index that is too large")?;
        match table.get(entry) {
            None => return Err(format!("type {entry} is not in the table")),
            Some(Shape::Opt(inner)) => match input.byte()? {
                0 => {}
                1 => work.push(Work::One(*inner)),
                tag => return Err(format!("option tag {tag}")),
            },
            Some(Shape::Vec(inner)) => {
                let left = input.leb()?;
                match fixed_width(*inner) {
                    Some(width) => input.skip(left.saturating_mul(width))?,
                    None => work.push(Work::Many { ty: *inner, left }),
                }
            }
            Some(Shape::Record(_)) => work.push(Work::Fields { entry, next: 0 }),
            Some(Shape::Variant(cases)) => {
                let case = input.leb()?;
                let chosen = usize::try_from(case).ok().and_then(|case| cases.get(case));
                match chosen {
                    Some(&inner) => work.push(Work::One(inner)),
                    None => return Err(format!("case {case} of a variant of {}", cases.len())),
                }
            }
            Some(Shape::Function) => {
                input.reference()?;
                input.principal()?;
                let name = input.leb()?;
                input.skip(name)?;
            }
            Some(Shape::Service) => input.principal()?,
        }
    }
    Ok(())
}

/// Bytes of a primitive value, where all its values take the same number and at least one.
fn fixed_width(ty: i64) -> Option<u64> {
    match ty {
        -2 | -5 | -9 => Some(1),
        -6 | -10 => Some(2),
        -7 | -11 | -13 => Some(4),
        -8 | -12 | -14 => Some(8),
        _ => None,
    }
}

fn skip_primitive<R: Read>(input: &mut Input<R>, ty: i64) -> Result<(), String> {
    match (ty, fixed_width(ty)) {
        (_, Some(width)) => input.skip(width),
        (-1 | -16, _) => Ok(()),
        (-3 | -4, _) => {
            while input.byte()? & 0x80 != 0 {}
            Ok(())
        }
        (-15, _) => {
            let length = input.leb()?;
            input.skip(length)
        }
        (-24, _) => input.principal(),
        (-17, _) => Err("a value of the empty type".into()),
        _ => Err(format!("primitive type {ty} is not known")),
    }
}

/// A stream that keeps what was read from it.
struct Input<R> {
    reader: R,
    read: Vec<u8>,
}

impl<R: Read> Input<R> {
    /// Reads `count` bytes; the buffer grows as they arrive, so a false count cannot make it large.
    fn skip(&mut self, count: u64) -> Result<(), String> {
        let arrived = self
            .reader
            .by_ref()
            .take(count)
            .read_to_end(&mut self.read)
            .map_err(super::super::io_reason)?;
        if arrived as u64 == count {
            Ok(())
        } else {
            Err("the memory ends inside the value".into())
        }
    }

    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let start = self.read.len();
        self.skip(count as u64)?;
        Ok(&self.read[start..])
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn leb(&mut self) -> Result<u64, String> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a length of more than 64 bits".into())
    }

    fn sleb(&mut self) -> Result<i64, String> {
        let mut value = 0i64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let unused = 64 - shift - 7;
                return Ok(if unused > 0 {
                    value << unused >> unused
                } else {
                    value
                });
            }
        }
        Err("a type of more than 63 bits".into())
    }

    fn count(&mut self, what: &str) -> Result<u64, String> {
        match self.leb()? {
            count if count <= MAX_TYPES => Ok(count),
            count => Err(format!("{count} {what}, where {MAX_TYPES} is the most")),
        }
    }

    fn fields(&mut self) -> Result<Vec<i64>, String> {
        let mut types = Vec::new();
        for _ in 0..self.count("fields")? {
            self.leb()?;
            types.push(self.sleb()?);
        }
        Ok(types)
    }

    /// A reference by value: the tag 1.
    fn reference(&mut self) -> Result<(), String> {
        match self.byte()? {
            1 => Ok(()),
            tag => Err(format!("reference tag {tag}")),
        }
    }

    fn principal(&mut self) -> Result<(), String> {
        self.reference()?;
        let length = self.leb()?;
        self.skip(length)
    }
}
