//! Whether a type takes all that a message has.
//!
//! Stricter than Candid's subtyping, under which a reader drops the fields it does not know, and makes none of
//! whatever stands in an option and does not fit.

use std::collections::BTreeSet;

use candid::types::internal::{TypeId, find_type};
use candid::types::{Field, Type, TypeInner};

use super::table::{Shape, Table};

/// A place where a type of the message meets one of the reader.
pub struct Part {
    wire: i64,
    expected: Type,
    path: String,
    /// Whether what does not fit here would be read as none.
    optional: bool,
}

impl Part {
    pub fn whole(wire: i64, expected: &Type) -> Self {
        Self::at(wire, expected, String::from("the value"), false)
    }

    pub fn argument(number: usize, wire: i64, expected: &Type) -> Self {
        Self::at(wire, expected, format!("argument {number}"), false)
    }

    fn at(wire: i64, expected: &Type, path: String, optional: bool) -> Self {
        let expected = expected.clone();
        Self {
            wire,
            expected,
            path,
            optional,
        }
    }
}

/// The types of a tuple's fields; none if `ty` is not a tuple.
pub fn fields_of_tuple(ty: &Type) -> Option<Vec<Type>> {
    match known(ty).as_ref() {
        TypeInner::Record(fields) => {
            let numbered = |(number, field): (usize, &Field)| {
                (field.id.get_id() as usize == number).then(|| field.ty.clone())
            };
            fields.iter().enumerate().map(numbered).collect()
        }
        _ => None,
    }
}

/// Compares all of `parts`, and what they contain.
///
/// # Errors
/// What would be lost or does not fit, and where.
pub fn check(table: &Table, parts: Vec<Part>) -> Result<(), String> {
    let mut work = parts;
    // Where a type of the reader contains itself, comparing ends at what was compared before.
    let mut compared: BTreeSet<(i64, TypeId, bool)> = BTreeSet::new();
    while let Some(part) = work.pop() {
        let expected = match part.expected.as_ref() {
            TypeInner::Knot(id) => {
                if !compared.insert((part.wire, id.clone(), part.optional)) {
                    continue;
                }
                known(&part.expected)
            }
            _ => part.expected.clone(),
        };
        part.compare(table, &expected, &mut work)?;
    }
    Ok(())
}

impl Part {
    fn compare(&self, table: &Table, expected: &Type, work: &mut Vec<Self>) -> Result<(), String> {
        let wire = self.wire;
        let inner = |wire: i64, expected: &Type, step: &str| {
            Self::at(
                wire,
                expected,
                format!("{}{step}", self.path),
                self.optional,
            )
        };
        match expected.as_ref() {
            // Whatever is there is dropped on purpose.
            TypeInner::Reserved | TypeInner::Unknown => return Ok(()),
            TypeInner::Opt(expected) => {
                let wire = match (wire, table.shape(wire)) {
                    (-1 | -16, _) => return Ok(()),
                    (_, Ok(Shape::Opt(inner))) => *inner,
                    _ => wire,
                };
                let mut part = inner(wire, expected, "?");
                part.optional = true;
                work.push(part);
                return Ok(());
            }
            _ if wire < 0 => return self.compare_named(expected),
            _ => {}
        }
        match (table.shape(wire)?, expected.as_ref()) {
            (Shape::Vec(wire), TypeInner::Vec(expected)) => work.push(inner(*wire, expected, "[]")),
            (Shape::Record(there), TypeInner::Record(here)) => {
                for &(id, wire) in there {
                    let Some(field) = field(here, id) else {
                        return Err(format!(
                            "{} has a field {} that the type lacks and would drop: add it to the type, as candid::Reserved if it is to be dropped",
                            self.path,
                            number_or_hash(id),
                        ));
                    };
                    work.push(inner(wire, &field.ty, &format!(".{}", field.id)));
                }
                for field in here {
                    let known = known(&field.ty);
                    let may_lack = matches!(
                        known.as_ref(),
                        TypeInner::Opt(_) | TypeInner::Null | TypeInner::Reserved
                    );
                    let lacks = there.iter().all(|&(id, _)| id != field.id.get_id());
                    if lacks && !may_lack {
                        return Err(format!(
                            "{} lacks the field {}, which is not optional",
                            self.path, field.id
                        ));
                    }
                }
            }
            (Shape::Variant(there), TypeInner::Variant(here)) => {
                for &(id, wire) in there {
                    match field(here, id) {
                        Some(case) => work.push(inner(wire, &case.ty, &format!(".{}", case.id))),
                        // Elsewhere a value of that case is an error when it is decoded.
                        None if self.optional => {
                            return Err(format!(
                                "{} may be of a case {} that the type lacks and would read as none",
                                self.path,
                                number_or_hash(id),
                            ));
                        }
                        None => {}
                    }
                }
            }
            (Shape::Service, TypeInner::Principal | TypeInner::Service(_))
            | (Shape::Function, TypeInner::Func(_)) => {}
            (shape, _) => return Err(self.mismatch(shape.name(), expected)),
        }
        Ok(())
    }

    /// Compares a type that has a name.
    fn compare_named(&self, expected: &Type) -> Result<(), String> {
        let (name, fits) = match self.wire {
            -1 => ("null", matches!(expected.as_ref(), TypeInner::Null)),
            -2 => ("bool", matches!(expected.as_ref(), TypeInner::Bool)),
            -3 => (
                "nat",
                matches!(expected.as_ref(), TypeInner::Nat | TypeInner::Int),
            ),
            -4 => ("int", matches!(expected.as_ref(), TypeInner::Int)),
            -5 => ("nat8", matches!(expected.as_ref(), TypeInner::Nat8)),
            -6 => ("nat16", matches!(expected.as_ref(), TypeInner::Nat16)),
            -7 => ("nat32", matches!(expected.as_ref(), TypeInner::Nat32)),
            -8 => ("nat64", matches!(expected.as_ref(), TypeInner::Nat64)),
            -9 => ("int8", matches!(expected.as_ref(), TypeInner::Int8)),
            -10 => ("int16", matches!(expected.as_ref(), TypeInner::Int16)),
            -11 => ("int32", matches!(expected.as_ref(), TypeInner::Int32)),
            -12 => ("int64", matches!(expected.as_ref(), TypeInner::Int64)),
            -13 => ("float32", matches!(expected.as_ref(), TypeInner::Float32)),
            -14 => ("float64", matches!(expected.as_ref(), TypeInner::Float64)),
            -15 => ("text", matches!(expected.as_ref(), TypeInner::Text)),
            // No value has it.
            -17 => ("empty", true),
            -24 => (
                "principal",
                matches!(expected.as_ref(), TypeInner::Principal),
            ),
            _ => ("another type", false),
        };
        match fits {
            true => Ok(()),
            false => Err(self.mismatch(name, expected)),
        }
    }

    #[cold]
    fn mismatch(&self, found: &str, expected: &Type) -> String {
        let Self { path, .. } = self;
        let expected = kind(expected);
        match self.optional {
            false => format!("{path} is {found}, and the type has {expected} there"),
            true => format!(
                "{path} is {found}, and the type has {expected} in an option there, which would be read as none"
            ),
        }
    }
}

impl Shape {
    fn name(&self) -> &'static str {
        match self {
            Shape::Opt(_) => "opt",
            Shape::Vec(_) => "vec",
            Shape::Record(_) => "record",
            Shape::Variant(_) => "variant",
            Shape::Function => "func",
            Shape::Service => "service",
        }
    }
}

/// The constructor or name of a type, without what it contains.
fn kind(ty: &Type) -> &'static str {
    match ty.as_ref() {
        TypeInner::Null => "null",
        TypeInner::Bool => "bool",
        TypeInner::Nat => "nat",
        TypeInner::Int => "int",
        TypeInner::Nat8 => "nat8",
        TypeInner::Nat16 => "nat16",
        TypeInner::Nat32 => "nat32",
        TypeInner::Nat64 => "nat64",
        TypeInner::Int8 => "int8",
        TypeInner::Int16 => "int16",
        TypeInner::Int32 => "int32",
        TypeInner::Int64 => "int64",
        TypeInner::Float32 => "float32",
        TypeInner::Float64 => "float64",
        TypeInner::Text => "text",
        TypeInner::Opt(_) => "opt",
        TypeInner::Vec(_) => "vec",
        TypeInner::Record(_) => "record",
        TypeInner::Variant(_) => "variant",
        TypeInner::Func(_) => "func",
        TypeInner::Service(_) => "service",
        TypeInner::Principal => "principal",
        _ => "another type",
    }
}

fn field(fields: &[Field], id: u32) -> Option<&Field> {
    fields.iter().find(|field| field.id.get_id() == id)
}

/// A tuple's fields have numbers; the names of others are hashed.
fn number_or_hash(id: u32) -> String {
    match id {
        0..1_000 => id.to_string(),
        hash => format!("with the hash {hash}"),
    }
}

/// The type itself, where it is the name of one that contains itself.
fn known(ty: &Type) -> Type {
    match ty.as_ref() {
        TypeInner::Knot(id) => find_type(id).unwrap_or_else(|| ty.clone()),
        _ => ty.clone(),
    }
}
