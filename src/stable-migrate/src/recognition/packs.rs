//! The entries of collections in a payload that this library saved: byte strings that hold packs of them.
//!
//! A pack is entries one after the other: LEB128 length of the key, key, LEB128 length of the value, value. A byte string of
//! another meaning hardly ever reads so to its last byte.

use super::Kind;
use super::span::{Bytes, Source, Span};
use super::tokens::Token;
use super::tree::tokens_of;
use crate::virtual_memory::Flaw;

/// Counts them in the payload of this format that stands from `start` to `end` of `bytes`; none where the format has no
/// tokens, or the payload breaks off.
///
/// # Errors
/// [`Flaw::Unreadable`].
pub fn packed_entries(
    bytes: &dyn Bytes,
    kind: Kind,
    start: u64,
    end: u64,
) -> Result<Option<u64>, Flaw> {
    let Some(next) = tokens_of(kind) else {
        return Ok(None);
    };
    let source = Source::of(bytes)?;
    let payload = source.whole().part(start, end.saturating_sub(start));
    let mut reader = payload.reader(0);
    let mut entries = 0;
    let whole = loop {
        let begun = reader.position();
        if begun == payload.len() {
            break true;
        }
        let Some((token, _)) = next(&mut reader) else {
            break false;
        };
        if token == Token::Bytes {
            let front = front_bytes(kind, payload.array::<1>(begun)[0]);
            let content = reader.position().saturating_sub(begun + front);
            entries += entries_of(payload.part(begun + front, content)).unwrap_or(0);
        }
    };
    source.finish()?;
    Ok(whole.then_some(entries))
}

/// Bytes of the length in front of a byte string that begins so.
fn front_bytes(kind: Kind, first: u8) -> u64 {
    match (kind, first) {
        (Kind::MessagePack, 0xc4) | (Kind::Cbor, 0x58) => 2,
        (Kind::MessagePack, 0xc5) | (Kind::Cbor, 0x59) => 3,
        (Kind::MessagePack, 0xc6) | (Kind::Cbor, 0x5a) => 5,
        (Kind::Cbor, 0x5b) => 9,
        _ => 1,
    }
}

/// The entries of a pack; none where it is none.
fn entries_of(pack: Span) -> Option<u64> {
    let mut reader = pack.reader(0);
    let mut entries = 0;
    while reader.left() > 0 {
        for _key_and_value in 0..2 {
            let length = reader.leb()?;
            reader.skip(length)?;
        }
        entries += 1;
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_images::TestImage;

    fn count(kind: Kind, payload: &[u8]) -> Option<u64> {
        let whole = [b"in front", payload].concat();
        let image = TestImage::of(&whole).image;
        packed_entries(&*image, kind, 8, whole.len() as u64).unwrap()
    }

    #[test]
    fn entries_are_counted_in_packs_and_in_no_other_bytes() {
        // Two entries, keys of one byte, a value of two and one of none.
        let pack = b"\x01k\x02vv\x01l\x00";
        let long = [&[1, b'k', 0xc8, 1][..], &[7; 200]].concat();
        let text = "not a pack";
        let mut cbor = Vec::new();
        let bytes = |bytes: &[u8]| ciborium::Value::Bytes(bytes.to_vec());
        let state = ciborium::Value::Array(vec![
            bytes(pack),
            bytes(&long),
            bytes(b"\x05ab"),
            text.into(),
        ]);
        ciborium::into_writer(&state, &mut cbor).unwrap();
        assert_eq!(count(Kind::Cbor, &cbor), Some(3));
        let packed = [&[0x92, 0xc4, 8][..], pack, &[0xc4, 204], &long].concat();
        assert_eq!(count(Kind::MessagePack, &packed), Some(3));
    }

    #[test]
    fn a_payload_that_breaks_off_is_not_counted() {
        assert_eq!(count(Kind::Cbor, b"\x45abc"), None);
        assert_eq!(count(Kind::Candid, b"DIDL"), None);
        assert_eq!(count(Kind::Cbor, b"\x00"), Some(0));
    }
}
