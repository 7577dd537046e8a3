//! Any 128 bytes are a header, none, or an error; a header that was read is written as it was.

#![no_main]

use fuzz::image::repair_header;
use ic_stable_migration::Header;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut bytes = [0; 128];
    let len = input.len().min(bytes.len());
    bytes[..len].copy_from_slice(&input[..len]);
    read(&bytes);
    bytes[..8].copy_from_slice(b"IC-STMIG");
    repair_header(&mut bytes);
    read(&bytes);
});

fn read(bytes: &[u8; 128]) {
    if let Ok(Some(header)) = Header::from_bytes(bytes) {
        assert_eq!(Header::from_bytes(&header.to_bytes()), Ok(Some(header)));
    }
}
