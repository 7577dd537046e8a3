//! Finishing a module: what cargo built becomes what goes on chain.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use ic_wasm::metadata::{Kind, add_metadata};
use ic_wasm::shrink::shrink;
use ic_wasm::utils::parse_wasm;

use crate::error::{Error, Result};
use crate::interface;

/// Removes what a canister never runs – names, and the function that tells the interface with all
/// that only it needs – and adds the public metadata sections `candid:service` and `git_commit`.
/// `file` is only named in errors.
///
/// # Errors
/// `Module` if `raw` is not a WebAssembly module.
pub fn finish(file: &Path, raw: &[u8], candid: &str, commit: &str) -> Result<Vec<u8>> {
    let mut module = parse_wasm(raw, false).map_err(not_a_module(file))?;
    // Only names the export: what nothing calls any more goes with the rest.
    let _ = module.exports.remove(interface::TELLER);
    shrink(&mut module);
    add_metadata(
        &mut module,
        Kind::Public,
        interface::SECTION,
        candid.as_bytes().to_vec(),
    );
    add_metadata(
        &mut module,
        Kind::Public,
        "git_commit",
        commit.as_bytes().to_vec(),
    );
    Ok(module.emit_wasm())
}

/// The module packed with gzip at its best, as it is installed. The header has no name and no time, so
/// that the same module gives the same bytes. `file` is only named in errors.
///
/// # Errors
/// `File` if packing fails.
pub fn pack(file: &Path, wasm: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(wasm).and_then(|()| encoder.finish());
    packed.map_err(Error::file("pack", file))
}

/// What a module offers.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    /// Exported queries, composite ones too.
    pub queries: usize,
    /// Exported updates.
    pub updates: usize,
}

/// Counts what a finished module offers. `file` is only named in errors.
///
/// # Errors
/// `Module` if it is not a WebAssembly module.
pub fn summarize(file: &Path, wasm: &[u8]) -> Result<Summary> {
    let module = parse_wasm(wasm, false).map_err(not_a_module(file))?;
    let count = |kinds: &[&str]| {
        let of_kind = |name: &str| kinds.iter().any(|kind| name.starts_with(kind));
        module
            .exports
            .iter()
            .filter(|export| of_kind(&export.name))
            .count()
    };
    Ok(Summary {
        queries: count(&["canister_query ", "canister_composite_query "]),
        updates: count(&["canister_update "]),
    })
}

fn not_a_module(file: &Path) -> impl FnOnce(ic_wasm::Error) -> Error {
    let module = file.to_owned();
    move |error| Error::Module {
        module,
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    const CANISTER: &str = r#"(module
        (memory 1)
        (data (i32.const 8) "service")
        (func $tell (result i32) (call $longwinded) (i32.const 8))
        (func $longwinded (drop (i32.const 305419896)))
        (export "get_candid_pointer" (func $tell))
        (func $live (export "canister_query get"))
        (func $dead)
        (func (export "canister_update put"))
        (func (export "canister_composite_query all"))
        (func (export "canister_post_upgrade"))
        (@custom "notes" "not for the chain"))"#;

    fn holds(bytes: &[u8], text: &str) -> bool {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }

    #[test]
    fn a_finished_module_says_its_interface_and_commit_and_nothing_else() {
        let raw = wat::parse_str(CANISTER).unwrap();
        assert!(holds(&raw, "not for the chain"));

        let wasm = finish(Path::new("a.wasm"), &raw, "service : {}", "0123abc").unwrap();

        let told = interface::of_finished(Path::new("a.wasm"), &wasm);
        assert_eq!(told.unwrap(), "service : {}");
        assert!(holds(&wasm, "icp:public git_commit"));
        assert!(holds(&wasm, "0123abc"));
        assert!(!holds(&wasm, "not for the chain"));
        assert!(!holds(&wasm, "dead"));
        assert!(!holds(&wasm, "get_candid_pointer"));
        let constant = [0xf8, 0xac, 0xd1, 0x91, 0x01];
        assert!(raw.windows(5).any(|window| window == constant));
        assert!(!wasm.windows(5).any(|window| window == constant));
    }

    #[test]
    fn a_summary_counts_endpoints_but_not_hooks() {
        let raw = wat::parse_str(CANISTER).unwrap();
        let summary = summarize(Path::new("a.wasm"), &raw).unwrap();
        assert_eq!((summary.queries, summary.updates), (2, 1));
    }

    #[test]
    fn a_packed_module_says_no_name_and_no_time() {
        let packed = pack(Path::new("a.wasm"), b"module").unwrap();
        assert_eq!(packed[..3], [0x1f, 0x8b, 8], "gzip, deflate");
        assert_eq!(packed[3], 0, "no field beside the header");
        assert_eq!(packed[4..8], [0; 4], "no time");
        let mut module = Vec::new();
        GzDecoder::new(packed.as_slice())
            .read_to_end(&mut module)
            .unwrap();
        assert_eq!(module, b"module");
    }

    #[test]
    fn a_file_that_is_no_module_is_named() {
        let error = finish(Path::new("notes.txt"), b"hello", "", "").unwrap_err();
        assert!(error.to_string().starts_with("notes.txt: "), "{error}");
    }
}
