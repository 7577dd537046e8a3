//! Writing a value for the program that wrote it before: the way back of a [reverse release](crate::Reverse).

use serde::Serialize;

#[cfg(feature = "messagepack")]
use super::MessagePack;
use super::{Cbor, Framed, Front, Sequence, U32Be, U32Le, U64Be, U64Le, encoder};

/// A codec that writes a `V` as another program reads it. `V` is a view: it need not be the type that the codec reads, only
/// come out as the same bytes.
///
/// | codec | writes | what `V` has to be |
/// |---|---|---|
/// | [`Cbor`] | what `ciborium` writes, without a tag that only this library reads | `Serialize` |
/// | `MessagePack` | what `rmp-serde` writes, structs as maps | `Serialize` |
/// | `Candid` | what `stable_save` writes | the tuple of arguments that it gets, `(value,)` for one |
/// | `Json` | what `serde_json` writes | `Serialize` |
/// | `Gzip<C>` | what `C` writes, packed | what `C` asks for |
/// | [`Framed<F, C>`](Framed) | what `C` writes behind a [length](WriteFront) | what `C` asks for |
/// | [`Sequence<(A, B)>`](Sequence) | what `A` writes, then what `B` writes | a tuple |
///
/// A codec of an adopter's own takes a few lines:
///
/// ```
/// use ic_stable_migration::WriteCodec;
///
/// /// Numbers, eight bytes each, behind how many there are.
/// struct Numbers;
///
/// impl WriteCodec<Vec<u64>> for Numbers {
///     fn write(value: &Vec<u64>, out: &mut Vec<u8>) -> Result<(), String> {
///         out.extend((value.len() as u64).to_le_bytes());
///         out.extend(value.iter().flat_map(|number| number.to_le_bytes()));
///         Ok(())
///     }
/// }
/// ```
pub trait WriteCodec<V> {
    /// Appends the value, and what stands in front of it, to `out`.
    ///
    /// # Errors
    /// The encoder's sentence, for a value that would not be read back as it is.
    fn write(value: &V, out: &mut Vec<u8>) -> Result<(), String>;
}

/// A [`Front`] that can be written, because the length of the value is all it says.
pub trait WriteFront: Front {
    /// Its [`Front::BYTES`] bytes for a value of so many bytes.
    ///
    /// # Errors
    /// A sentence, for a length that it cannot say.
    fn front(value_bytes: u64) -> Result<Vec<u8>, String>;
}

macro_rules! lengths {
    ($($name:ident: $integer:ty, $write:ident;)+) => {$(
        impl WriteFront for $name {
            fn front(value_bytes: u64) -> Result<Vec<u8>, String> {
                let length = <$integer>::try_from(value_bytes);
                let length = length.map_err(|_| {
                    format!("its length of {value_bytes} bytes does not fit into a {}", stringify!($integer))
                })?;
                Ok(length.$write().to_vec())
            }
        }
    )+};
}

lengths! {
    U32Le: u32, to_le_bytes;
    U64Le: u64, to_le_bytes;
    U32Be: u32, to_be_bytes;
    U64Be: u64, to_be_bytes;
}

impl<V, F: WriteFront, C: WriteCodec<V>> WriteCodec<V> for Framed<F, C> {
    fn write(value: &V, out: &mut Vec<u8>) -> Result<(), String> {
        let at = out.len();
        out.resize(at + F::BYTES, 0);
        C::write(value, out)?;
        let bytes = (out.len() - at - F::BYTES) as u64;
        out.splice(at..at + F::BYTES, F::front(bytes)?);
        Ok(())
    }
}

impl<V: Serialize> WriteCodec<V> for Cbor {
    fn write(value: &V, out: &mut Vec<u8>) -> Result<(), String> {
        encoder::write_plain(value, out)
    }
}

#[cfg(feature = "messagepack")]
impl<V: Serialize> WriteCodec<V> for MessagePack {
    /// What MessagePack does not carry, `Some(None)` is written as `None`: as the program wrote it that reads it.
    fn write(value: &V, out: &mut Vec<u8>) -> Result<(), String> {
        let mut serializer = rmp_serde::Serializer::new(out).with_struct_map();
        value
            .serialize(&mut serializer)
            .map_err(|error| error.to_string())
    }
}

#[cfg(feature = "candid")]
impl<V: candid::utils::ArgumentEncoder> WriteCodec<V> for super::Candid {
    fn write(value: &V, out: &mut Vec<u8>) -> Result<(), String> {
        let message = candid::utils::encode_args_ref(value).map_err(|error| error.to_string())?;
        out.extend(message);
        Ok(())
    }
}

#[cfg(feature = "json")]
impl<V: Serialize> WriteCodec<V> for super::Json {
    fn write(value: &V, out: &mut Vec<u8>) -> Result<(), String> {
        serde_json::to_writer(out, value).map_err(|error| error.to_string())
    }
}

#[cfg(feature = "gzip")]
impl<V, C: WriteCodec<V>> WriteCodec<V> for super::Gzip<C> {
    /// Holds the value unpacked, too.
    fn write(value: &V, out: &mut Vec<u8>) -> Result<(), String> {
        use std::io::Write;

        let mut unpacked = Vec::new();
        C::write(value, &mut unpacked)?;
        let mut packed = flate2::write::GzEncoder::new(out, flate2::Compression::default());
        packed
            .write_all(&unpacked)
            .and_then(|()| packed.finish().map(drop))
            .map_err(|error| error.to_string())
    }
}

macro_rules! sequence {
    ($($part:ident $codec:ident $place:tt)+) => {
        impl<$($part, $codec: WriteCodec<$part>),+> WriteCodec<($($part,)+)> for Sequence<($($codec,)+)> {
            fn write(value: &($($part,)+), out: &mut Vec<u8>) -> Result<(), String> {
                $($codec::write(&value.$place, out)?;)+
                Ok(())
            }
        }
    };
}

sequence!(A CodecA 0 B CodecB 1);
sequence!(A CodecA 0 B CodecB 1 D CodecD 2);
sequence!(A CodecA 0 B CodecB 1 D CodecD 2 E CodecE 3);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::everything::{Everything, everything};
    use crate::codec::{Candid, Codec, Gzip, Json, LengthU32, LengthU64};
    use crate::test_memory::{Sample, samples};

    fn written<C: WriteCodec<V>, V>(value: &V) -> Vec<u8> {
        let mut out = b"before".to_vec();
        C::write(value, &mut out).unwrap();
        out.split_off(6)
    }

    #[track_caller]
    fn comes_back<C, V>(value: &V)
    where
        C: WriteCodec<V> + Codec<V>,
        V: PartialEq + Debug,
    {
        let bytes = written::<C, V>(value);
        let mut rest = &bytes[..];
        assert_eq!(C::decode(&mut rest).as_ref(), Ok(value));
        assert!(rest.is_empty());
    }

    proptest! {
        #[test]
        fn each_codec_reads_what_it_writes(sample in samples()) {
            comes_back::<Cbor, _>(&sample);
            comes_back::<MessagePack, _>(&sample);
            // JSON does not keep the last bit of every number.
            let whole = Sample { score: 1.0, ..sample.clone() };
            comes_back::<Json, _>(&whole);
            comes_back::<Gzip<Cbor>, _>(&sample);
            comes_back::<LengthU32<Cbor>, _>(&sample);
            comes_back::<LengthU64<MessagePack>, _>(&sample);
            comes_back::<Framed<U32Be, Gzip<Json>>, _>(&whole);
            let parts = (sample.clone(), vec![sample.clone()]);
            comes_back::<Sequence<(LengthU32<Cbor>, MessagePack)>, _>(&parts);
            comes_back::<Candid, _>(&parts);
            let alone = written::<Candid, _>(&(sample.clone(),));
            prop_assert_eq!(<Candid as Codec<Sample>>::decode(&alone[..]), Ok(sample));
        }

        #[test]
        fn other_programs_read_what_is_written_for_them(sample in samples(), value in everything()) {
            let cbor = written::<Cbor, _>(&sample);
            prop_assert_eq!(ciborium::from_reader::<Sample, _>(&cbor[..]).unwrap(), sample.clone());
            let framed = written::<LengthU32<Cbor>, _>(&sample);
            prop_assert_eq!(&framed[4..], &cbor[..]);
            let packed = written::<MessagePack, _>(&sample);
            prop_assert_eq!(packed, rmp_serde::to_vec_named(&sample).unwrap());
            let message = written::<Candid, _>(&(sample.clone(), 7u64));
            prop_assert_eq!(candid::decode_args::<(Sample, u64)>(&message).unwrap(), (sample, 7));
            // A value that others could not read is refused instead.
            let mut out = Vec::new();
            if Cbor::write(&value, &mut out).is_ok() {
                let there: Everything = ciborium::from_reader(&out[..]).unwrap();
                prop_assert_eq!(there, value);
            }
        }
    }

    #[test]
    fn a_list_of_bytes_is_a_list_of_numbers_without_a_tag() {
        let value = BTreeMap::from([("bytes", vec![200u8; 20])]);
        let mut others = Vec::new();
        ciborium::into_writer(&value, &mut others).unwrap();
        assert_eq!(written::<Cbor, _>(&value), others);
    }

    #[test]
    fn a_length_that_does_not_fit_is_refused() {
        assert_eq!(
            U32Le::front(1 << 32).map(|_| ()).unwrap_err(),
            "its length of 4294967296 bytes does not fit into a u32"
        );
        assert_eq!(U32Be::front(258), Ok(vec![0, 0, 1, 2]));
        assert_eq!(U64Le::front(258), Ok(vec![2, 1, 0, 0, 0, 0, 0, 0]));
    }
}
