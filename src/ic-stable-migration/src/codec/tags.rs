//! The CBOR tags that memory 0 uses.

/// RFC 8746: a byte string that is an array of `uint8`.
pub const BYTES_OF_SEQUENCE: u64 = 64;

/// RFC 8949: a byte string that is a natural number of any size, big-endian.
pub const NATURAL: u64 = 2;

/// RFC 8949: the same for -1 minus the number.
pub const NEGATIVE: u64 = 3;

/// `Some` of what follows. It stands only in front of null or itself, where nothing else tells `Some(None)`
/// or `Some(())` from `None`. Private: "ICSo".
pub const SOME: u64 = 0x4943_536f;

/// A `candid::Int` in its serde form: an array of the sign and an array of 32-bit digits, the lowest first.
/// `candid` writes that and cannot read it. Private: "ICIn".
pub const INT: u64 = 0x4943_496e;
