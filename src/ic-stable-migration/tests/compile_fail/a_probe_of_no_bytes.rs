//! A codec that looks at nothing would match everything or nothing.
use ic_stable_migration::{Codec, Format, OpenOptions};

struct Blind;

impl Codec<u64> for Blind {
    const FORMAT: Format = Format::Cbor;
    const PROBE_BYTES: usize = 0;

    fn can_start(_first: &[u8], _memory_bytes: u64) -> bool {
        true
    }

    fn decode<R: std::io::Read>(_reader: R) -> Result<u64, String> {
        Ok(7)
    }
}

fn main() {
    OpenOptions::new().accept::<u64, Blind>();
}
