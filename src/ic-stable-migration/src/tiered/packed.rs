//! Many entries in one byte string.
//!
//! ```text
//! pack   entry, …                 whole entries, one after the other
//! entry  length, key, length, value
//! length LEB128, unsigned         bytes of the key, bytes of the value
//! ```
//! An item of its own for every key and every value would take a visit by the codec each, and more instructions than
//! everything else that is done with an entry.

use crate::codec::short;

/// Bytes of a pack at most, unless it has one entry.
pub const PACK_BYTES: usize = 4 << 10;

/// Bytes of two lengths at most.
const LENGTHS: usize = 2 * 10;

/// Gathers entries until there are enough for a pack.
pub struct Packer {
    buffer: Box<[u8]>,
    filled: usize,
}

impl Packer {
    pub fn new() -> Self {
        Self {
            buffer: vec![0; PACK_BYTES].into(),
            filled: 0,
        }
    }

    /// Adds an entry. Calls `full` with each pack that is ready before it or with it.
    pub fn add<E>(
        &mut self,
        key: &[u8],
        value: &[u8],
        mut full: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let most = LENGTHS + key.len() + value.len();
        if self.filled + most > PACK_BYTES {
            self.finish(&mut full)?;
        }
        if most > PACK_BYTES {
            let mut own = Self {
                buffer: vec![0; most].into(),
                filled: 0,
            };
            own.put_entry(key, value);
            return own.finish(full);
        }
        self.put_entry(key, value);
        Ok(())
    }

    /// Calls `full` with what is left, if anything is.
    pub fn finish<E>(&mut self, full: impl FnOnce(&[u8]) -> Result<(), E>) -> Result<(), E> {
        match std::mem::take(&mut self.filled) {
            0 => Ok(()),
            filled => full(&self.buffer[..filled]),
        }
    }

    #[inline]
    fn put_entry(&mut self, key: &[u8], value: &[u8]) {
        self.put(key);
        self.put(value);
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let mut length = bytes.len();
        // Many collections have no values.
        if length == 0 {
            self.buffer[self.filled] = 0;
            self.filled += 1;
            return;
        }
        while length > 0x7f {
            self.buffer[self.filled] = length as u8 | 0x80;
            self.filled += 1;
            length >>= 7;
        }
        self.buffer[self.filled] = length as u8;
        let start = self.filled + 1;
        self.filled = start + bytes.len();
        short::copy(bytes, &mut self.buffer[start..self.filled]);
    }
}

/// Calls `entry` with the key and the value of each entry of a pack.
///
/// # Errors
/// Those of `entry`, and a sentence where the pack does not hold whole entries.
pub fn each(
    mut pack: &[u8],
    mut entry: impl FnMut(&[u8], &[u8]) -> Result<(), String>,
) -> Result<(), String> {
    while !pack.is_empty() {
        let parts = take(&mut pack).zip(take(&mut pack));
        let (key, value) = parts.ok_or("a pack of entries ends inside one")?;
        entry(key, value)?;
    }
    Ok(())
}

/// Takes a length and as many bytes.
#[inline]
fn take<'a>(pack: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (&first, mut rest) = pack.split_first()?;
    let mut length = u64::from(first & 0x7f);
    if first > 0x7f {
        length |= more_of_length(&mut rest)?;
    }
    let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *pack = rest;
    Some(bytes)
}

/// The bits of a length beyond the first seven.
fn more_of_length(pack: &mut &[u8]) -> Option<u64> {
    let mut length = 0;
    for shift in (7..64).step_by(7) {
        let (&byte, rest) = pack.split_first()?;
        *pack = rest;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return None;
        }
        length |= bits << shift;
        if byte <= 0x7f {
            return Some(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Entry = (Vec<u8>, Vec<u8>);

    fn packs_of(entries: &[Entry]) -> Vec<Vec<u8>> {
        let mut packs = Vec::new();
        let mut full = |pack: &[u8]| {
            packs.push(pack.to_vec());
            Ok::<(), ()>(())
        };
        let mut packer = Packer::new();
        for (key, value) in entries {
            packer.add(key, value, &mut full).unwrap();
        }
        packer.finish(full).unwrap();
        packs
    }

    fn entries_of(packs: &[Vec<u8>]) -> Result<Vec<Entry>, String> {
        let mut entries = Vec::new();
        for pack in packs {
            each(pack, |key, value| {
                entries.push((key.to_vec(), value.to_vec()));
                Ok(())
            })?;
        }
        Ok(entries)
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
        let value = prop_oneof![8 => bytes(100), 1 => bytes(3 * PACK_BYTES)];
        prop::collection::vec((bytes(200), value), 0..200)
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back_in_packs_that_are_not_too_large(entries in entries()) {
            let packs = packs_of(&entries);
            prop_assert_eq!(entries_of(&packs).unwrap(), entries);
            for pack in &packs {
                let mut count = 0;
                each(pack, |_, _| { count += 1; Ok(()) }).unwrap();
                prop_assert!(count > 0 && (pack.len() <= PACK_BYTES || count == 1));
            }
        }

        #[test]
        fn any_bytes_are_entries_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = entries_of(&[bytes]);
        }
    }

    #[test]
    fn a_pack_that_ends_inside_an_entry_is_none() {
        let whole = &packs_of(&[(vec![1, 2, 3], vec![4; 300])])[0];
        for end in 1..whole.len() {
            assert!(entries_of(&[whole[..end].to_vec()]).is_err(), "{end}");
        }
        let too_long = [vec![0xff; 9], vec![0x7f]].concat();
        assert!(entries_of(&[too_long]).is_err());
    }
}
