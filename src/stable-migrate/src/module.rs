//! What a canister's module tells of itself.

use std::io::Read;

use flate2::read::GzDecoder;
use wasmparser::{BinaryReaderError, Parser, Payload};

#[cfg(feature = "run")]
mod weight;

#[cfg(feature = "run")]
pub use weight::ModuleWeight;

/// The largest module the network takes, unpacked.
const MAX_UNPACKED: u64 = 100 << 20;

/// The custom section by which a module says that it uses this library.
pub const SECTION: &str = "ic-stable-migration";

/// The magic of this library's header, which stands in the data of every module that can read or write one.
const HEADER_MAGIC: &[u8] = b"IC-STMIG";

/// The word in that section by which a module says that whatever it keeps in virtual memories follows.
const FOLLOWS: &[u8] = b"follows";

/// What a module says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    pub uses_library: bool,
    pub follows: bool,
}

/// Whether a module uses `ic-stable-migration`, and so notices when its stable memory was rewritten from outside.
/// Told by the library's custom section, with or without the network's `icp:` prefix, or by its header's magic.
///
/// # Errors
/// A sentence, if the bytes are not a module, plain or packed with gzip.
pub fn uses_this_library(module: &[u8]) -> Result<bool, String> {
    Ok(declaration(module)?.uses_library)
}

/// Whether a module declares that not only its collections but all structures that it keeps in virtual memories
/// follow when stable memory was rewritten: the word `follows` in the library's custom section.
///
/// # Errors
/// Those of [`uses_this_library`].
pub fn follows_a_rewrite(module: &[u8]) -> Result<bool, String> {
    Ok(declaration(module)?.follows)
}

pub fn declaration(module: &[u8]) -> Result<Declaration, String> {
    let unpacked = unpack(module)?;
    let mut found = Declaration::default();
    for payload in Parser::new(0).parse_all(&unpacked) {
        match payload.map_err(invalid)? {
            Payload::CustomSection(section) if section.name().ends_with(SECTION) => {
                found.uses_library = true;
                found.follows |= words(section.data()).any(|word| word == FOLLOWS);
            }
            Payload::DataSection(segments) => {
                for segment in segments {
                    found.uses_library |= holds(segment.map_err(invalid)?.data, HEADER_MAGIC);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The words of the section; the lines of a manifest, in which a collection may have any name, are none.
fn words(section: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut in_manifest = false;
    let lines = section.split(|&byte| byte == b'\n').filter(move |line| {
        in_manifest |= line.starts_with(b"manifest\t");
        let is_words = !in_manifest;
        in_manifest &= *line != b"end";
        is_words
    });
    lines.flat_map(|line| line.split(u8::is_ascii_whitespace))
}

/// The parser's message, in one line.
pub fn invalid(error: BinaryReaderError) -> String {
    let message: Vec<&str> = error.message().split_whitespace().collect();
    format!(
        "not a WebAssembly module: {} (at byte {})",
        message.join(" "),
        error.offset()
    )
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

pub fn unpack(module: &[u8]) -> Result<Vec<u8>, String> {
    if !module.starts_with(&[0x1f, 0x8b]) {
        return Ok(module.to_vec());
    }
    let mut unpacked = Vec::new();
    GzDecoder::new(module)
        .take(MAX_UNPACKED + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| format!("starts like gzip but cannot be unpacked: {error}"))?;
    if unpacked.len() as u64 > MAX_UNPACKED {
        return Err(format!("more than {MAX_UNPACKED} bytes when unpacked"));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn says(wat: &str) -> bool {
        uses_this_library(&wat::parse_str(wat).unwrap()).unwrap()
    }

    #[test]
    fn a_module_is_known_by_its_section_or_by_the_magic_in_its_data() {
        assert!(says("(module (@custom \"ic-stable-migration\" \"1\"))"));
        assert!(says(
            "(module (@custom \"icp:public ic-stable-migration\" \"1\"))"
        ));
        assert!(says(
            "(module (memory 1) (data (i32.const 8) \"... IC-STMIG ...\"))"
        ));
        assert!(!says(
            "(module (memory 1) (@custom \"name\" \"\") (data (i32.const 8) \"IC-ST\"))"
        ));
    }

    #[test]
    fn a_module_follows_if_it_says_so_in_a_word_of_its_section() {
        for (content, follows) in [
            ("layout 1 follows", true),
            ("layout 1\\nfollows other", true),
            ("layout 1", false),
            ("layout 1 unfollows", false),
            (
                "layout 1 \\nmanifest\\t1\\ncollection\\tfollows\\nend\\n",
                false,
            ),
            (
                "layout 1 \\nmanifest\\t1\\ncollection\\tx\\nend\\nfollows ",
                true,
            ),
            ("", false),
        ] {
            let text = format!("(module (@custom \"ic-stable-migration\" \"{content}\"))");
            let module = wat::parse_str(text).unwrap();
            assert_eq!(follows_a_rewrite(&module), Ok(follows), "{content}");
            assert_eq!(uses_this_library(&module), Ok(true));
        }
        let other = "(module (@custom \"other\" \"follows\"))";
        assert_eq!(
            follows_a_rewrite(&wat::parse_str(other).unwrap()),
            Ok(false)
        );
    }

    #[test]
    fn a_module_that_unpacks_to_more_than_any_has_is_refused() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        std::io::copy(&mut std::io::repeat(0).take(MAX_UNPACKED + 1), &mut packed).unwrap();
        let packed = packed.finish().unwrap();
        assert!(packed.len() < 1 << 20);
        let refusal = uses_this_library(&packed).unwrap_err();
        assert!(refusal.contains("more than 104857600 bytes"), "{refusal}");
    }

    #[test]
    fn a_packed_module_is_unpacked() {
        let wasm = wat::parse_str("(module (memory 1) (data (i32.const 0) \"IC-STMIG\"))").unwrap();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&wasm).unwrap();
        assert_eq!(uses_this_library(&packed.finish().unwrap()), Ok(true));
    }

    #[test]
    fn what_is_no_module_is_said_to_be_none() {
        for bytes in [
            &b"hello"[..],
            b"",
            b"\x1f\x8bxx",
            b"\0asm\x01\0\0\0\x0b\xff",
        ] {
            assert!(uses_this_library(bytes).is_err(), "{bytes:?}");
        }
    }
}
