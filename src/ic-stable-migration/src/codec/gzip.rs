//! A value that was packed with gzip.

use std::io::{self, BufReader, Read};
use std::marker::PhantomData;

use flate2::bufread::GzDecoder;

use super::{Census, Codec, Format};

/// A value of codec `C`, packed with gzip as one member. It is unpacked while it is read and never held as a whole; its
/// checksum is compared.
///
/// The packed bytes are taken one by one, because none behind them may be read.
pub struct Gzip<C>(PhantomData<C>);

impl<T, C: Codec<T>> Codec<T> for Gzip<C> {
    const FORMAT: Format = C::FORMAT;
    const PROBE_BYTES: usize = 3;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        // Deflate is the only method there is.
        first.starts_with(&[0x1f, 0x8b, 8])
    }

    fn decode<R: Read>(reader: R) -> Result<T, String> {
        let mut unpacked = unpacked(reader);
        let value = C::decode(&mut unpacked)?;
        ended(&mut unpacked)?;
        Ok(value)
    }

    fn census<R: Read>(reader: R) -> Result<Option<Census>, String> {
        // The limit is there to be counted down.
        let mut unpacked = unpacked(reader.take(u64::MAX));
        let Some(census) = C::census(&mut unpacked)? else {
            return Ok(None);
        };
        ended(&mut unpacked)?;
        let bytes = u64::MAX - unpacked.get_ref().get_ref().limit();
        Ok(Some(Census { bytes, ..census }))
    }
}

/// The content, unpacked from one packed byte after the other: what is not buffered is not taken.
fn unpacked<R: Read>(packed: R) -> GzDecoder<BufReader<R>> {
    GzDecoder::new(BufReader::with_capacity(1, packed))
}

/// Refuses a value that does not take all of the content; at its end the checksum is looked at.
fn ended(unpacked: &mut impl Read) -> Result<(), String> {
    match io::copy(unpacked, &mut io::sink()).map_err(super::io_reason)? {
        0 => Ok(()),
        left => Err(format!(
            "the value ends {left} bytes before what was packed does"
        )),
    }
}
