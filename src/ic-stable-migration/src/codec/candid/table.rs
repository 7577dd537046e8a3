//! The header of a message: its types.

use super::input::Input;

/// Bytes of a header at most; the decoder that follows has the same limit.
const MAX_HEADER_BYTES: u64 = 64 << 10;

/// The types of a message.
pub struct Table {
    pub shapes: Vec<Shape>,
    /// The types of the arguments.
    pub arguments: Vec<i64>,
    /// Where the entries of the table start and end, in bytes from the start of the message.
    pub entries: std::ops::Range<usize>,
}

/// A type of the table. Types are entries of the table, or negative numbers for those that have a name.
pub enum Shape {
    Opt(i64),
    Vec(i64),
    /// Fields by the hash of their name, or their number.
    Record(Vec<(u32, i64)>),
    Variant(Vec<(u32, i64)>),
    Function,
    Service,
}

impl Table {
    /// Reads the header from the start of a message.
    pub fn read(input: &mut Input) -> Result<Self, String> {
        for expected in *b"DIDL" {
            if input.byte()? != expected {
                return Err("the first bytes are not DIDL".into());
            }
        }
        let entries = count(input)?;
        let start = input.kept.len();
        let mut shapes = Vec::new();
        for _ in 0..entries {
            shapes.push(shape(input)?);
        }
        let entries = start..input.kept.len();
        let mut arguments = Vec::new();
        for _ in 0..count(input)? {
            arguments.push(input.sleb()?);
        }
        Ok(Self {
            shapes,
            arguments,
            entries,
        })
    }

    /// The entry that a type is, if it has no name.
    pub fn shape(&self, ty: i64) -> Result<&Shape, String> {
        usize::try_from(ty)
            .ok()
            .and_then(|entry| self.shapes.get(entry))
            .ok_or_else(|| format!("type {ty} is not in the table"))
    }
}

fn shape(input: &mut Input) -> Result<Shape, String> {
    match input.sleb()? {
        -18 => Ok(Shape::Opt(input.sleb()?)),
        -19 => Ok(Shape::Vec(input.sleb()?)),
        -20 => Ok(Shape::Record(fields(input)?)),
        -21 => Ok(Shape::Variant(fields(input)?)),
        -22 => {
            for _ in 0..2 {
                for _ in 0..count(input)? {
                    input.sleb()?;
                }
            }
            let annotations = count(input)?;
            input.skip(annotations)?;
            Ok(Shape::Function)
        }
        -23 => {
            for _ in 0..count(input)? {
                let name = count(input)?;
                input.skip(name)?;
                input.sleb()?;
            }
            Ok(Shape::Service)
        }
        other => Err(format!("type constructor {other} is not known")),
    }
}

fn fields(input: &mut Input) -> Result<Vec<(u32, i64)>, String> {
    let mut fields = Vec::new();
    for _ in 0..count(input)? {
        let id = u32::try_from(input.leb()?).map_err(|_| "a field number of more than 32 bits")?;
        fields.push((id, input.sleb()?));
    }
    Ok(fields)
}

/// How many things follow, each of which takes a byte of the header at least.
fn count(input: &mut Input) -> Result<u64, String> {
    let count = input.leb()?;
    if input.read.saturating_add(count) > MAX_HEADER_BYTES {
        return Err(format!(
            "the types of the message take more than {MAX_HEADER_BYTES} bytes"
        ));
    }
    Ok(count)
}
