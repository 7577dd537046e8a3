//! A value that was packed with gzip.

use std::io::{self, BufRead, Read};
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
        let mut unpacked = GzDecoder::new(OneByOne::of(reader));
        let value = C::decode(&mut unpacked)?;
        ended(&mut unpacked)?;
        Ok(value)
    }

    fn census<R: Read>(reader: R) -> Result<Option<Census>, String> {
        let mut unpacked = GzDecoder::new(OneByOne::of(reader));
        let Some(census) = C::census(&mut unpacked)? else {
            return Ok(None);
        };
        ended(&mut unpacked)?;
        let bytes = unpacked.get_ref().taken;
        Ok(Some(Census { bytes, ..census }))
    }
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

/// Buffers one byte: what it has not given out, it has not taken.
struct OneByOne<R> {
    reader: R,
    byte: Option<u8>,
    taken: u64,
}

impl<R: Read> OneByOne<R> {
    fn of(reader: R) -> Self {
        Self {
            reader,
            byte: None,
            taken: 0,
        }
    }
}

impl<R: Read> Read for OneByOne<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let (Some(to), Some(&from)) = (target.first_mut(), self.fill_buf()?.first()) else {
            return Ok(0);
        };
        *to = from;
        self.consume(1);
        Ok(1)
    }
}

impl<R: Read> BufRead for OneByOne<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.byte.is_none() {
            let mut byte = [0];
            if self.reader.read(&mut byte)? == 1 {
                self.taken += 1;
                self.byte = Some(byte[0]);
            }
        }
        Ok(self.byte.as_slice())
    }

    fn consume(&mut self, count: usize) {
        if count > 0 {
            self.byte = None;
        }
    }
}
