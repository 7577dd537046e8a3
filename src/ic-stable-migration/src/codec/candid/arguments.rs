//! Which of a message's arguments a type reads.
//!
//! The decoder reads arguments one by one into types that are known apart. A tuple is one type; but the values of
//! three arguments are, byte for byte, the value of one record of three fields. So a header that declares that record
//! is put in the place of the one that was read, before any value has been.

use candid::types::{Type, TypeInner};

use super::fit::{self, Part, fields_of_tuple};
use super::input::Input;
use super::table::Table;

/// Leaves in `input` the header of a message whose first argument is what `expected` reads.
pub fn prepare(input: &mut Input, table: &Table, expected: &Type) -> Result<(), String> {
    if matches!(expected.as_ref(), TypeInner::Reserved) {
        // Whatever is there is dropped on purpose.
        return Ok(());
    }
    let arguments = &table.arguments[..];
    let alone = match arguments {
        &[ty] => Some(fit::check(table, vec![Part::whole(ty, expected)])),
        _ => None,
    };
    if alone == Some(Ok(())) {
        return Ok(());
    }
    let fields = fields_of_tuple(expected);
    let together = match &fields {
        Some(fields) => together(table, fields),
        None => Err(format!(
            "the message has {} arguments, and the type that is read is one value: with more than one, read a tuple of {}, with none there is nothing to read",
            arguments.len(),
            arguments.len(),
        )),
    };
    match (together, alone) {
        (Ok(()), _) => {
            input.kept = as_one_record(table, &input.kept);
            Ok(())
        }
        (_, Some(Err(reason))) | (Err(reason), _) => Err(reason),
    }
}

/// Whether all arguments together are a tuple of `fields`.
fn together(table: &Table, fields: &[Type]) -> Result<(), String> {
    let (here, there) = (fields.len(), table.arguments.len());
    let optional = |ty: &Type| {
        matches!(
            ty.as_ref(),
            TypeInner::Opt(_) | TypeInner::Null | TypeInner::Reserved
        )
    };
    if there > here || !fields[there..].iter().all(optional) {
        return Err(format!(
            "the message has {there} arguments, and the type that is read is a tuple of {here}"
        ));
    }
    let parts = table.arguments.iter().zip(fields).enumerate();
    let parts = parts.map(|(number, (&ty, field))| Part::argument(number, ty, field));
    fit::check(table, parts.collect())
}

/// The header for the same values as the fields of one record.
fn as_one_record(table: &Table, header: &[u8]) -> Vec<u8> {
    let mut bytes = b"DIDL".to_vec();
    let record = table.shapes.len() as u64;
    leb(&mut bytes, record + 1);
    bytes.extend_from_slice(&header[table.entries.clone()]);
    sleb(&mut bytes, -20);
    leb(&mut bytes, table.arguments.len() as u64);
    for (number, &ty) in table.arguments.iter().enumerate() {
        leb(&mut bytes, number as u64);
        sleb(&mut bytes, ty);
    }
    leb(&mut bytes, 1);
    sleb(&mut bytes, record as i64);
    bytes
}

fn leb(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn sleb(bytes: &mut Vec<u8>, mut number: i64) {
    while !(-64..64).contains(&number) {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8 & 0x7f);
}
