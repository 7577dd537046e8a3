//! A Candid message: its table of types, and its values skipped by their types.
//!
//! The `candid` crate decodes from a slice of all of it and does not say where it ended. Here the values are
//! counted, so that what follows can be told; nothing is built. A message can describe itself as larger than any
//! memory (`vec null` of 2^60 elements), so the work is bounded.

use super::span::{Reader, Span};

/// More types than any interface has.
const MAX_TYPES: u64 = 100_000;
/// More fields than all types of an interface have together.
const MAX_FIELDS: u64 = 1_000_000;
/// Values that take no byte, and those that a byte pays for: a set is a list of pairs of a key and null.
const FREE_VALUES: u64 = 1 << 20;
const FREE_VALUES_PER_BYTE: u64 = 64;

/// What a message says of itself.
pub struct Message {
    /// Bytes it takes.
    pub bytes: u64,
    /// How many values it has.
    pub arguments: u64,
    /// Whether it is one record, as Motoko's stable variables are.
    pub is_one_record: bool,
}

enum Type {
    Opt(i64),
    Vec(i64),
    Record(Vec<i64>),
    Variant(Vec<i64>),
    Function,
    Service,
}

/// Reads the message at the start of a span.
///
/// # Errors
/// A sentence: where it breaks off.
pub fn read(span: Span) -> Result<Message, String> {
    let mut reader = span.reader(0);
    let broken = |reader: &Reader, part: &str| {
        format!("its {part} break off after {} bytes", reader.position())
    };
    if reader.array() != Some(*b"DIDL") {
        return Err("it does not start with DIDL".into());
    }
    let types = table(&mut reader).ok_or_else(|| broken(&reader, "types"))?;
    let arguments = argument_types(&mut reader).ok_or_else(|| broken(&reader, "types"))?;
    let is_one_record = match &arguments[..] {
        &[index] => matches!(type_at(&types, index), Some(Type::Record(_))),
        _ => false,
    };
    let count = arguments.len() as u64;
    skip(&mut reader, span.most_read(), &types, arguments)
        .ok_or_else(|| broken(&reader, "values"))?;
    Ok(Message {
        bytes: reader.position(),
        arguments: count,
        is_one_record,
    })
}

/// A number of seven bits a byte with a sign.
fn sleb(reader: &mut Reader) -> Option<i64> {
    let mut value = 0i64;
    for shift in (0..63).step_by(7) {
        let byte = reader.byte()?;
        value |= i64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let unused = 64 - (shift + 7);
            return Some((value << unused) >> unused);
        }
    }
    None
}

fn table(reader: &mut Reader) -> Option<Vec<Type>> {
    let count = reader.leb().filter(|&count| count <= MAX_TYPES)?;
    let mut types = Vec::new();
    let mut fields = 0;
    for _ in 0..count {
        types.push(match sleb(reader)? {
            -18 => Type::Opt(sleb(reader)?),
            -19 => Type::Vec(sleb(reader)?),
            -20 => Type::Record(members(reader, &mut fields)?),
            -21 => Type::Variant(members(reader, &mut fields)?),
            -22 => {
                for _ in 0..2 {
                    let values = reader.leb().filter(|&values| values <= MAX_FIELDS)?;
                    for _ in 0..values {
                        sleb(reader)?;
                    }
                }
                let annotations = reader.leb()?;
                reader.skip(annotations)?;
                Type::Function
            }
            -23 => {
                let methods = reader.leb().filter(|&methods| methods <= MAX_FIELDS)?;
                for _ in 0..methods {
                    let name = reader.leb()?;
                    reader.skip(name)?;
                    sleb(reader)?;
                }
                Type::Service
            }
            _ => return None,
        });
    }
    Some(types)
}

fn members(reader: &mut Reader, fields: &mut u64) -> Option<Vec<i64>> {
    let count = reader.leb()?;
    *fields = fields.checked_add(count).filter(|&all| all <= MAX_FIELDS)?;
    let mut members = Vec::new();
    for _ in 0..count {
        reader.leb().filter(|&hash| hash <= u64::from(u32::MAX))?;
        members.push(sleb(reader)?);
    }
    Some(members)
}

fn argument_types(reader: &mut Reader) -> Option<Vec<i64>> {
    let count = reader.leb().filter(|&count| count <= MAX_TYPES)?;
    (0..count).map(|_| sleb(reader)).collect()
}

fn type_at(types: &[Type], index: i64) -> Option<&Type> {
    types.get(usize::try_from(index).ok()?)
}

/// Skips values of these types, without recursion: what is still to be skipped lies on a heap of its own, and no
/// more of it than bytes pay for.
fn skip(reader: &mut Reader, most: u64, types: &[Type], arguments: Vec<i64>) -> Option<()> {
    let mut values = 0u64;
    let mut open: Vec<(i64, u64)> = arguments.into_iter().rev().map(|kind| (kind, 1)).collect();
    while let Some((kind, count)) = open.pop() {
        let Some(rest) = count.checked_sub(1) else {
            continue;
        };
        if let Some(width) = fixed_width(kind) {
            reader.skip(width.checked_mul(count)?)?;
            continue;
        }
        if rest > 0 {
            open.push((kind, rest));
        }
        values += 1;
        let paid = reader.position().saturating_mul(FREE_VALUES_PER_BYTE);
        let too_many = values > paid.saturating_add(FREE_VALUES);
        if too_many || open.len() as u64 > FREE_VALUES || reader.position() > most {
            return None;
        }
        match kind {
            // Numbers of any size.
            -3 | -4 => while reader.byte()? & 0x80 != 0 {},
            -15 => {
                let length = reader.leb()?;
                super::tokens::text(reader, length)?;
            }
            -24 => principal(reader)?,
            // No value is of type empty.
            -17 => return None,
            _ => match type_at(types, kind)? {
                Type::Opt(inner) => match reader.byte()? {
                    0 => {}
                    1 => open.push((*inner, 1)),
                    _ => return None,
                },
                Type::Vec(inner) => {
                    let elements = reader.leb()?;
                    open.push((*inner, elements));
                }
                Type::Record(fields) => {
                    open.extend(fields.iter().rev().map(|&field| (field, 1)));
                }
                Type::Variant(cases) => {
                    let case = usize::try_from(reader.leb()?).ok()?;
                    open.push((*cases.get(case)?, 1));
                }
                Type::Service => principal(reader)?,
                Type::Function => {
                    reader.byte().filter(|&mark| mark == 1)?;
                    principal(reader)?;
                    let name = reader.leb()?;
                    reader.skip(name)?;
                }
            },
        }
    }
    Some(())
}

fn principal(reader: &mut Reader) -> Option<()> {
    reader.byte().filter(|&mark| mark == 1)?;
    let length = reader.leb()?;
    reader.skip(length)
}

/// Bytes of a value whose type says how many it has.
fn fixed_width(kind: i64) -> Option<u64> {
    Some(match kind {
        // null and reserved
        -1 | -16 => 0,
        // bool, nat8, int8
        -2 | -5 | -9 => 1,
        -6 | -10 => 2,
        -7 | -11 | -13 => 4,
        -8 | -12 | -14 => 8,
        _ => return None,
    })
}
