//! Values as the usual encodings write them.

use serde::Serialize;

pub fn cbor<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

pub fn messagepack<T: Serialize>(value: &T) -> Vec<u8> {
    rmp_serde::to_vec_named(value).unwrap()
}

/// What a program keeps, in the shapes in which it keeps it.
pub struct Records {
    numbers: Vec<u64>,
    names: Vec<String>,
}

impl Records {
    pub fn of(entries: u64) -> Self {
        Self {
            numbers: (0..entries).map(|i| i * i + 1).collect(),
            names: (0..entries).map(|i| format!("user-{i}")).collect(),
        }
    }
}

/// How an encoding writes numbers and lengths.
#[derive(Clone, Copy)]
enum Width {
    /// Numbers of eight bytes, lengths of so many.
    Fixed(usize),
    /// Seven bits a byte.
    Seven,
}

impl Width {
    fn number(self, out: &mut Vec<u8>, mut number: u64) {
        match self {
            Self::Fixed(_) => out.extend(number.to_le_bytes()),
            Self::Seven => loop {
                let low = (number & 0x7f) as u8;
                number >>= 7;
                out.push(if number > 0 { low | 0x80 } else { low });
                if number == 0 {
                    break;
                }
            },
        }
    }

    fn length(self, out: &mut Vec<u8>, length: usize) {
        match self {
            Self::Fixed(width) => out.extend(&(length as u64).to_le_bytes()[..width]),
            Self::Seven => self.number(out, length as u64),
        }
    }

    fn text(self, out: &mut Vec<u8>, text: &str) {
        self.length(out, text.len());
        out.extend(text.as_bytes());
    }

    /// One memory for each shape.
    fn shapes(self, records: &Records) -> Vec<(&'static str, Vec<u8>)> {
        let entries = records.numbers.len();
        let list = |each: &dyn Fn(&mut Vec<u8>, usize)| {
            let mut out = Vec::new();
            self.length(&mut out, entries);
            (0..entries).for_each(|i| each(&mut out, i));
            out
        };
        let (numbers, names) = (&records.numbers, &records.names);
        let mut record = Vec::new();
        self.text(&mut record, "the owner of this canister");
        self.number(&mut record, 3);
        record.extend(list(&|out, i| self.text(out, &names[i])));
        vec![
            ("numbers", list(&|out, i| self.number(out, numbers[i]))),
            (
                "pairs of numbers",
                list(&|out, i| {
                    self.number(out, i as u64);
                    self.number(out, numbers[i]);
                }),
            ),
            ("names", list(&|out, i| self.text(out, &names[i]))),
            (
                "names by number",
                list(&|out, i| {
                    self.number(out, numbers[i]);
                    self.text(out, &names[i]);
                }),
            ),
            (
                "numbers by name",
                list(&|out, i| {
                    self.text(out, &names[i]);
                    self.number(out, numbers[i]);
                }),
            ),
            ("a record", record),
        ]
    }
}

pub fn bincode(records: &Records) -> Vec<(&'static str, Vec<u8>)> {
    Width::Fixed(8).shapes(records)
}

pub fn borsh(records: &Records) -> Vec<(&'static str, Vec<u8>)> {
    Width::Fixed(4).shapes(records)
}

pub fn postcard(records: &Records) -> Vec<(&'static str, Vec<u8>)> {
    Width::Seven.shapes(records)
}
