//! JSON, as `serde_json` writes it.

use std::io::Read;

use serde::de::DeserializeOwned;

use super::{Codec, Format};

/// JSON, as `serde_json` writes it: an object or an array. Memory 0 is never written in JSON.
///
/// It takes no census: where an object has a key twice, decoding a map keeps the last, and nothing says so.
pub struct Json;

impl<T: DeserializeOwned> Codec<T> for Json {
    const FORMAT: Format = Format::Other("JSON");
    const PROBE_BYTES: usize = 1;

    fn can_start(first: &[u8], _memory_bytes: u64) -> bool {
        matches!(first.first(), Some(b'{' | b'['))
    }

    fn decode<R: Read>(reader: R) -> Result<T, String> {
        // An object or an array ends with its bracket, so no byte behind it is read.
        let mut deserializer = serde_json::Deserializer::from_reader(reader);
        T::deserialize(&mut deserializer).map_err(|error| error.to_string())
    }
}
