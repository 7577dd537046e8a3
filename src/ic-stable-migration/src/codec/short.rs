//! Copies of few bytes.
//!
//! A copy of unknown length is WebAssembly's `memory.copy`, which is charged a hundred instructions: more than the
//! whole work on a field's name. Copies of a known length are loads and stores.

/// Copies `from` to `to`, which are of one length.
#[inline]
pub fn copy(from: &[u8], to: &mut [u8]) {
    match from.len() {
        0 => {}
        1 => to[0] = from[0],
        2..=3 => ends::<2>(from, to),
        4..=7 => ends::<4>(from, to),
        8..=15 => ends::<8>(from, to),
        16..=32 => ends::<16>(from, to),
        33..=64 => ends::<32>(from, to),
        _ => to.copy_from_slice(from),
    }
}

/// Copies the first and the last `N` bytes, which may overlap.
#[inline]
fn ends<const N: usize>(from: &[u8], to: &mut [u8]) {
    if let (Some(first), Some(place)) = (from.first_chunk::<N>(), to.first_chunk_mut()) {
        *place = *first;
    }
    if let (Some(last), Some(place)) = (from.last_chunk::<N>(), to.last_chunk_mut()) {
        *place = *last;
    }
}

/// Bytes that [`take`] reads at most; so many have to lie behind `at`.
pub const MAX: usize = 32;

/// The `length` bytes of `bytes` from `at` on, in a buffer of their own; at most [`MAX`], which is what has to be
/// there.
#[inline]
pub fn take(bytes: &[u8], at: usize, length: usize) -> Option<Vec<u8>> {
    let from = bytes.get(at..)?.first_chunk::<MAX>()?;
    let mut taken = match length {
        0 => Vec::new(),
        1..=8 => Vec::from(from.first_chunk::<8>().copied()?),
        9..=16 => Vec::from(from.first_chunk::<16>().copied()?),
        17..=24 => Vec::from(from.first_chunk::<24>().copied()?),
        25..=MAX => Vec::from(*from),
        _ => return None,
    };
    taken.truncate(length);
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_copied_and_taken() {
        let from: Vec<u8> = (1..=100).collect();
        for length in 0..=60 {
            let mut to = vec![0; length];
            copy(&from[..length], &mut to);
            assert_eq!(to, from[..length]);
            let taken = take(&from, 7, length);
            assert_eq!(taken, (length <= MAX).then(|| from[7..7 + length].to_vec()));
        }
        assert_eq!(take(&from, 69, 1), None);
    }
}
