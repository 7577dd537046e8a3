//! Several values, one behind the other.

use std::io::Read;
use std::marker::PhantomData;

use super::{Census, Codec, Format};

/// Several values, one behind the other, as hooks write them that save the parts of a state by themselves: a tuple of
/// codecs reads a tuple of values. Each may have a front of its own.
///
/// ```
/// use ic_stable_migration::{Cbor, Codec, LengthU32, Sequence};
///
/// type Parts = Sequence<(Cbor, LengthU32<Cbor>)>;
/// let memory = b"\x81\x62hi\x02\0\0\0\x81\x07";
/// let (names, numbers): (Vec<String>, Vec<u64>) = Parts::decode(&memory[..])?;
/// assert_eq!((names, numbers), (vec!["hi".to_string()], vec![7]));
/// # Ok::<(), String>(())
/// ```
pub struct Sequence<Codecs>(PhantomData<Codecs>);

macro_rules! sequence {
    ($first:ident $first_codec:ident $($next:ident $codec:ident)+) => {
        impl<$first, $first_codec, $($next, $codec),+> Codec<($first, $($next),+)>
            for Sequence<($first_codec, $($codec),+)>
        where
            $first_codec: Codec<$first>,
            $($codec: Codec<$next>),+
        {
            const FORMAT: Format = $first_codec::FORMAT;
            const PROBE_BYTES: usize = $first_codec::PROBE_BYTES;

            fn can_start(first: &[u8], memory_bytes: u64) -> bool {
                $first_codec::can_start(first, memory_bytes)
            }

            fn decode<R: Read>(mut reader: R) -> Result<($first, $($next),+), String> {
                Ok(($first_codec::decode(&mut reader)?, $($codec::decode(&mut reader)?),+))
            }

            fn census<R: Read>(mut reader: R) -> Result<Option<Census>, String> {
                let mut whole = $first_codec::census(&mut reader)?;
                $(
                    // Without the extent of one value there is none of the next.
                    let Some(before) = whole else {
                        return Ok(None);
                    };
                    let next = $codec::census(&mut reader)?;
                    whole = next.map(|next| before.followed_by(next));
                )+
                Ok(whole)
            }
        }
    };
}

sequence!(A CodecA B CodecB);
sequence!(A CodecA B CodecB D CodecD);
sequence!(A CodecA B CodecB D CodecD E CodecE);
