//! Bytes as hexadecimal digits.

/// Two digits for each byte, in lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that pairs of digits stand for; none if they are no such pairs.
///
/// ```
/// assert_eq!(stable_migrate::unhex("4449"), Some(b"DI".to_vec()));
/// assert_eq!(stable_migrate::unhex("444"), None);
/// assert_eq!(stable_migrate::unhex("4x"), None);
/// ```
pub fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    };
    match digits.len().is_multiple_of(2) {
        true => digits.chunks(2).map(byte).collect(),
        false => None,
    }
}
