//! The memory that all contenders of a size start from: what release 0 leaves.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use canister_host::{Module, StableMemory};
use canister_scenario::Fill;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::BenchError;
use super::generate;
use super::size::{Shape, Size, Source};
use crate::error::{Error, Result};
use crate::progress;
use crate::rehearsal::{Rehearsal, RehearsalError};

/// Where the memories of deployed canisters are, from the workspace.
const FIXTURES: &str = "../shared/fixtures";

/// The memory of one size.
pub struct Start {
    /// The memory.
    pub memory: StableMemory,
    /// Bytes of the value at its beginning.
    pub value_bytes: u64,
}

/// Makes the memory of a size, once for all contenders; none where it is a fixture that is not there.
///
/// # Errors
/// `Prepare` if release 0 refuses, `Value` if what comes out is no legacy value, `File` for a fixture that cannot
/// be read.
pub fn prepare(root: &Path, release_0: &Module, size: &Size) -> Result<Option<Start>> {
    let memory = match &size.source {
        Source::Endpoints(fill) => {
            filled(release_0, fill).map_err(|source| BenchError::Prepare {
                size: size.name,
                source: Box::new(source),
            })?
        }
        Source::Value(shape) => generated(size, shape)?.into(),
        Source::Fixture(name) => match fixture(root, name)? {
            Some(memory) => memory.into(),
            None => return Ok(None),
        },
    };
    let value_bytes = value_bytes(&memory).map_err(|reason| BenchError::Value {
        size: size.name,
        reason,
    })?;
    Ok(Some(Start {
        memory,
        value_bytes,
    }))
}

/// Fills a canister of release 0 through its endpoints, and upgrades it to itself, so that it writes its value.
fn filled(release_0: &Module, fill: &Fill) -> std::result::Result<StableMemory, RehearsalError> {
    let mut rehearsal = Rehearsal::install(release_0)?;
    // A canister with nothing is one that nobody has called.
    if fill.posts > 0 {
        rehearsal.fill(&fill.steps())?;
    }
    rehearsal.upgrade(release_0)?;
    let (host, canister) = rehearsal.subject();
    Ok(host.stable_memory(canister)?)
}

fn generated(size: &Size, shape: &Shape) -> Result<Vec<u8>> {
    let bar = progress::bar("Generating posts", shape.posts as usize);
    let value = generate::value(shape, &|posts| bar.set_position(posts));
    let value = value.map_err(|error| BenchError::Value {
        size: size.name,
        reason: error.to_string(),
    })?;
    Ok(value)
}

fn fixture(root: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let path = root.join(FIXTURES).join(format!("{name}.bin.gz"));
    if !path.is_file() {
        return Ok(None);
    }
    let file = fs::File::open(&path).map_err(Error::file("open", &path))?;
    let mut memory = Vec::new();
    GzDecoder::new(file)
        .read_to_end(&mut memory)
        .map_err(Error::file("unpack", &path))?;
    Ok(Some(memory))
}

/// How long the MessagePack value at the beginning of a memory is.
fn value_bytes(memory: &StableMemory) -> std::result::Result<u64, String> {
    let bytes = memory.to_vec().map_err(|error| error.to_string())?;
    let mut deserializer = rmp_serde::Deserializer::new(Cursor::new(bytes));
    IgnoredAny::deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    Ok(deserializer.get_ref().position())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_it_ends_and_not_with_its_page() {
        let memory = StableMemory::from(b"\x81\xa1n\x07rest".as_slice());
        assert_eq!(value_bytes(&memory), Ok(4));
        assert!(value_bytes(&StableMemory::from(b"\xc1".as_slice())).is_err());
    }

    #[test]
    fn a_fixture_that_is_not_there_is_no_error() {
        let nowhere = Path::new("/nowhere/at/all");
        assert!(fixture(nowhere, "legacy-small").unwrap().is_none());
    }
}
