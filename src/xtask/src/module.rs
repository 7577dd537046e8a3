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

/// Removes what a canister never runs, names included, and adds the public metadata sections
/// `candid:service` and `git_commit`. `file` is only named in errors.
///
/// # Errors
/// `Module` if `raw` is not a WebAssembly module.
pub fn finish(file: &Path, raw: &[u8], candid: &str, commit: &str) -> Result<Vec<u8>> {
    let mut module = parse_wasm(raw, false).map_err(not_a_module(file))?;
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

/// How big a module is and what it offers.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    /// Bytes of the module.
    pub bytes: usize,
    /// Bytes of the module compressed with gzip at its best.
    pub gzip_bytes: usize,
    /// Exported queries, composite ones too.
    pub queries: usize,
    /// Exported updates.
    pub updates: usize,
}

/// Measures a finished module. `file` is only named in errors.
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
        bytes: wasm.len(),
        gzip_bytes: gzip(wasm).map_err(Error::file("compress", file))?.len(),
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

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANISTER: &str = r#"(module
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
    }

    #[test]
    fn a_summary_counts_endpoints_but_not_hooks() {
        let raw = wat::parse_str(CANISTER).unwrap();
        let summary = summarize(Path::new("a.wasm"), &raw).unwrap();
        assert_eq!(summary.bytes, raw.len());
        assert_eq!((summary.queries, summary.updates), (2, 1));
        assert!(summary.gzip_bytes > 0);
    }

    #[test]
    fn a_file_that_is_no_module_is_named() {
        let error = finish(Path::new("notes.txt"), b"hello", "", "").unwrap_err();
        assert!(error.to_string().starts_with("notes.txt: "), "{error}");
    }
}
