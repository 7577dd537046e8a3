//! Arguments of a method, made from its types and from what was found in the canister.

use std::cell::Cell;

use candid::types::value::{IDLField, VariantValue};
use candid::types::{Label, Type, TypeInner};
use candid::{IDLArgs, IDLValue, Int, Nat, Principal, TypeEnv};

use crate::findings::Findings;
use crate::interface::Interface;

/// Arguments that are made for one method.
const MADE: usize = 48;

/// Values that are made for one type.
const WIDTH: usize = 24;

/// Types that are visited for one method: one that contains itself many times over would take forever.
const WORK: u32 = 10_000;

/// How deep types are followed: one that contains itself ends here.
const DEPTH: usize = 8;

/// The encoded arguments that can be made of `types` and `principals`, before anything is known of a canister's state:
/// the plainest first; none where one of the types has no value that can be made. Deterministic.
pub fn arguments(interface: &Interface, types: &[Type], principals: &[Principal]) -> Vec<Vec<u8>> {
    let findings = Findings::begin(principals.iter().copied());
    let rows = made(interface.types(), types, &findings);
    rows.iter()
        .filter_map(|row| encoded(interface, types, row))
        .collect()
}

/// A row of values as the argument of a method that takes `types`.
pub fn encoded(interface: &Interface, types: &[Type], row: &[IDLValue]) -> Option<Vec<u8>> {
    let args = IDLArgs::new(row);
    args.to_bytes_with_types(interface.types(), types).ok()
}

/// The arguments of a method that takes `types`, the plainest first; none where one of the types has no value that
/// can be made.
pub fn made(env: &TypeEnv, types: &[Type], findings: &Findings) -> Vec<Vec<IDLValue>> {
    let maker = Maker {
        env,
        findings,
        work: Cell::new(WORK),
    };
    let lists: Vec<Vec<IDLValue>> = types.iter().map(|ty| maker.values(ty, DEPTH)).collect();
    combined(&lists, MADE)
}

/// Rows with a value of each list: first all lists go forward together, then one by one while the others stay.
fn combined(lists: &[Vec<IDLValue>], most: usize) -> Vec<Vec<IDLValue>> {
    if lists.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let longest = lists.iter().map(Vec::len).max().unwrap_or(1);
    let row = |pick: &dyn Fn(usize) -> usize| -> Vec<IDLValue> {
        let lists = lists.iter().enumerate();
        lists
            .map(|(at, list)| list[pick(at) % list.len()].clone())
            .collect()
    };
    let mut rows: Vec<Vec<IDLValue>> = Vec::new();
    let mut add = |row: Vec<IDLValue>| {
        if rows.len() < most && !rows.contains(&row) {
            rows.push(row);
        }
    };
    for index in 0..longest {
        add(row(&|_| index));
    }
    for (moving, list) in lists.iter().enumerate() {
        for index in 1..list.len() {
            add(row(&|at| if at == moving { index } else { 0 }));
        }
    }
    rows
}

struct Maker<'a> {
    env: &'a TypeEnv,
    findings: &'a Findings,
    /// What is left of [`WORK`].
    work: Cell<u32>,
}

impl Maker<'_> {
    /// Values of a type, at most [`WIDTH`].
    fn values(&self, ty: &Type, depth: usize) -> Vec<IDLValue> {
        let Ok(ty) = self.env.trace_type(ty) else {
            return Vec::new();
        };
        let work = self.work.get();
        self.work.set(work.saturating_sub(1));
        let Some(below) = depth.checked_sub(1).filter(|_| work > 0) else {
            // What ends a type that contains itself.
            return match ty.as_ref() {
                TypeInner::Opt(_) => vec![IDLValue::None],
                TypeInner::Vec(_) => vec![IDLValue::Vec(Vec::new())],
                TypeInner::Null => vec![IDLValue::Null],
                _ => Vec::new(),
            };
        };
        let mut values = match ty.as_ref() {
            TypeInner::Null => vec![IDLValue::Null],
            TypeInner::Reserved => vec![IDLValue::Reserved],
            TypeInner::Bool => vec![IDLValue::Bool(false), IDLValue::Bool(true)],
            TypeInner::Text => {
                let texts = self.findings.texts.iter();
                texts.map(|text| IDLValue::Text(text.clone())).collect()
            }
            TypeInner::Principal => {
                let principals = self.findings.principals.iter();
                principals.map(|id| IDLValue::Principal(*id)).collect()
            }
            TypeInner::Float32 => vec![IDLValue::Float32(0.0), IDLValue::Float32(1.0)],
            TypeInner::Float64 => vec![IDLValue::Float64(0.0), IDLValue::Float64(1.0)],
            TypeInner::Opt(inner) => {
                let some = self.values(inner, below).into_iter();
                let some = some.map(|value| IDLValue::Opt(Box::new(value)));
                std::iter::once(IDLValue::None).chain(some).collect()
            }
            TypeInner::Vec(_) if ty.is_blob(self.env) => {
                let blobs = self.findings.blobs.iter();
                blobs.map(|blob| IDLValue::Blob(blob.clone())).collect()
            }
            TypeInner::Vec(inner) => {
                let one = self.values(inner, below).into_iter();
                let one = one.map(|value| IDLValue::Vec(vec![value]));
                std::iter::once(IDLValue::Vec(Vec::new()))
                    .chain(one)
                    .collect()
            }
            TypeInner::Record(fields) => {
                let lists: Vec<_> = fields
                    .iter()
                    .map(|field| self.values(&field.ty, below))
                    .collect();
                let rows = combined(&lists, WIDTH).into_iter();
                let record = |row: Vec<IDLValue>| {
                    let fields = fields.iter().zip(row);
                    let field = fields.map(|(field, val)| named(&field.id, val));
                    IDLValue::Record(field.collect())
                };
                rows.map(record).collect()
            }
            TypeInner::Variant(cases) => {
                let case = |(index, case): (usize, &candid::types::Field)| {
                    let value = self.values(&case.ty, below).into_iter().next()?;
                    let field = Box::new(named(&case.id, value));
                    Some(IDLValue::Variant(VariantValue(field, index as u64)))
                };
                cases.iter().enumerate().filter_map(case).collect()
            }
            number => {
                let numbers = self.findings.numbers.iter();
                numbers.filter_map(|&n| number_of(number, n)).collect()
            }
        };
        values.truncate(WIDTH);
        values
    }
}

fn named(id: &Label, val: IDLValue) -> IDLField {
    let id = id.clone();
    IDLField { id, val }
}

/// A number as a value of a type of numbers; none where it is no such type or does not hold it.
fn number_of(ty: &TypeInner, number: u128) -> Option<IDLValue> {
    Some(match ty {
        TypeInner::Nat => IDLValue::Nat(Nat::from(number)),
        TypeInner::Int => IDLValue::Int(Int::from(number)),
        TypeInner::Nat8 => IDLValue::Nat8(number.try_into().ok()?),
        TypeInner::Nat16 => IDLValue::Nat16(number.try_into().ok()?),
        TypeInner::Nat32 => IDLValue::Nat32(number.try_into().ok()?),
        TypeInner::Nat64 => IDLValue::Nat64(number.try_into().ok()?),
        TypeInner::Int8 => IDLValue::Int8(number.try_into().ok()?),
        TypeInner::Int16 => IDLValue::Int16(number.try_into().ok()?),
        TypeInner::Int32 => IDLValue::Int32(number.try_into().ok()?),
        TypeInner::Int64 => IDLValue::Int64(number.try_into().ok()?),
        _ => return None,
    })
}

/// An argument with other numbers in the places where a page is asked for: the first two numbers in it, `from` and
/// `limit`, or `from` and `to`. None where there are no two.
pub fn page(argument: &[IDLValue], from: u64, limit: u64) -> Option<Vec<IDLValue>> {
    let mut argument = argument.to_vec();
    let mut wanted = [from, limit].into_iter();
    let mut open = wanted.next();
    for value in &mut argument {
        put(value, &mut open, &mut wanted)?;
    }
    open.is_none().then_some(argument)
}

/// Puts the next wanted number into each number of `value`. None if it does not fit there.
fn put(
    value: &mut IDLValue,
    open: &mut Option<u64>,
    wanted: &mut impl Iterator<Item = u64>,
) -> Option<()> {
    let Some(number) = *open else {
        return Some(());
    };
    match value {
        IDLValue::Record(fields) => {
            for field in fields {
                put(&mut field.val, open, wanted)?;
            }
            return Some(());
        }
        IDLValue::Opt(inner) => return put(inner, open, wanted),
        _ => {}
    }
    let ty = value.value_ty();
    if number_of(ty.as_ref(), 0).is_some() {
        *value = number_of(ty.as_ref(), number.into())?;
        *open = wanted.next();
    }
    Some(())
}

/// The most entries that a list in the values has.
pub fn longest_list(values: &[IDLValue]) -> u64 {
    let of = |value: &IDLValue| match value {
        IDLValue::Vec(entries) => entries.len() as u64,
        IDLValue::Opt(inner) => longest_list(std::slice::from_ref(inner)),
        IDLValue::Variant(VariantValue(field, _)) => longest_list(std::slice::from_ref(&field.val)),
        IDLValue::Record(fields) => {
            let fields = fields.iter();
            fields
                .map(|field| longest_list(std::slice::from_ref(&field.val)))
                .max()
                .unwrap_or(0)
        }
        _ => 0,
    };
    values.iter().map(of).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use candid::Principal;
    use candid::types::FuncMode;
    use candid_parser::{IDLProg, check_prog};

    use super::*;

    /// The arguments made for the method `ask` of an interface, as text.
    fn asked(types: &str, argument: &str) -> Vec<String> {
        let text = format!("{types}; service : {{ ask : {argument} -> () query }}");
        let program: IDLProg = text.parse().unwrap();
        let mut env = TypeEnv::new();
        let service = check_prog(&mut env, &program).unwrap().unwrap();
        let ask = env.get_method(&service, "ask").unwrap();
        assert_eq!(ask.modes, [FuncMode::Query]);
        let findings = Findings::begin([Principal::management_canister()]);
        let rows = made(&env, &ask.args, &findings);
        for row in &rows {
            let args = candid::IDLArgs::new(row);
            args.to_bytes_with_types(&env, &ask.args).unwrap();
        }
        rows.iter()
            .map(|row| candid::IDLArgs::new(row).to_string())
            .collect()
    }

    #[test]
    fn numbers_texts_options_and_principals_are_made() {
        let numbers = asked("type Id = nat8", "(Id)");
        assert_eq!(
            numbers,
            ["(0 : nat8)", "(1 : nat8)", "(2 : nat8)", "(3 : nat8)"]
        );
        assert_eq!(asked("type A = nat", "(principal, opt bool)").len(), 3);
        assert_eq!(asked("type A = nat", "(text)"), ["(\"\")", "(\"a\")"]);
        assert_eq!(
            asked("type A = nat", "(variant { up; down : nat8 })").len(),
            2
        );
        assert_eq!(asked("type A = nat", "(empty)"), [""; 0]);
        assert_eq!(asked("type A = nat", "(func () -> ())"), [""; 0]);
    }

    #[test]
    fn arguments_are_encoded_for_the_types_of_the_interface() {
        let did = "type Id = nat8; service : { put : (Id, principal) -> () }";
        let module = format!("(module (@custom \"icp:public candid:service\" \"{did}\"))");
        let module = canister_host::Module::new(&wat::parse_str(module).unwrap()).unwrap();
        let interface = Interface::of(&module);
        let (_, types) = &interface.updates().unwrap()[0];
        let who = Principal::management_canister();
        let wanted: Vec<_> = (0..4u8)
            .map(|number| candid::encode_args((number, who)).unwrap())
            .collect();
        assert_eq!(arguments(&interface, types, &[who]), wanted);
        assert_eq!(arguments(&interface, types, &[]), [[0; 0]; 0]);
    }

    #[test]
    fn each_part_of_an_argument_is_moved_alone_too() {
        let pairs = asked("type A = nat", "(record { a : nat8; b : bool })");
        assert!(
            pairs.contains(&"(record { a = 1 : nat8; b = true })".to_string()),
            "{pairs:?}"
        );
        assert!(
            pairs.contains(&"(record { a = 1 : nat8; b = false })".to_string()),
            "{pairs:?}"
        );
        assert!(asked("type A = nat", "(nat, nat, nat, text, bool, principal)").len() <= MADE);
    }

    #[test]
    fn a_type_that_contains_itself_comes_to_an_end() {
        assert!(!asked("type List = opt record { nat8; List }", "(List)").is_empty());
        assert!(!asked("type Tree = variant { leaf; node : vec Tree }", "(Tree)").is_empty());
        let wide = format!("type Wide = record {{ {} }}", "opt Wide; ".repeat(30));
        assert!(!asked(&wide, "(Wide)").is_empty());
        assert!(asked("type Never = record { Never }", "(Never)").is_empty());
    }

    #[test]
    fn a_page_is_put_into_the_first_two_numbers() {
        let row = [
            IDLValue::Text("x".into()),
            IDLValue::Nat64(0),
            IDLValue::Nat8(1),
        ];
        let told =
            |from, limit| page(&row, from, limit).map(|row| candid::IDLArgs::new(&row).to_string());
        assert_eq!(told(20, 10).unwrap(), "(\"x\", 20 : nat64, 10 : nat8)");
        assert_eq!(told(20, 1_000), None);
        assert_eq!(page(&row[..2], 0, 10), None);
    }
}
