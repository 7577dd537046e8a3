//! How values of foreign types stand in the CBOR of a record.

/// A principal as a byte string of at most 29 bytes.
pub mod principal {
    use candid::Principal;
    use minicbor::decode::{Decoder, Error};
    use minicbor::encode::{self, Encoder, Write};

    /// Writes `value`.
    pub fn encode<C, W: Write>(
        value: &Principal,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.bytes(value.as_slice())?.ok()
    }

    /// Reads a principal; more than 29 bytes are an error.
    pub fn decode<'b, C>(d: &mut Decoder<'b>, _: &mut C) -> Result<Principal, Error> {
        let at = d.position();
        Principal::try_from_slice(d.bytes()?).map_err(|e| Error::message(e).at(at))
    }
}
