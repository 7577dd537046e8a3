//! A release: a module, and the arguments it is installed and upgraded to with.

use std::fs;
use std::path::Path;

use candid::encode_args;
use candid::utils::ArgumentEncoder;
use canister_host::Module;
use canister_questions::NO_ARGUMENT;

use crate::error::KitError;

mod build;

/// One release of a canister.
///
/// ```no_run
/// use migration_kit::Release;
///
/// // Built by cargo for this test, with a feature of the package that chooses the release …
/// let first = Release::cargo("my-canister", &["release-0"])?;
/// // … or a file, as it was installed.
/// let next = Release::file("target/canisters/my-canister.wasm.gz")?.upgraded_with((true,))?;
/// # Ok::<(), migration_kit::KitError>(())
/// ```
#[derive(Clone)]
pub struct Release {
    pub(crate) name: String,
    pub(crate) module: Module,
    pub(crate) init: Vec<u8>,
    pub(crate) upgrade: Vec<u8>,
}

impl Release {
    /// A module that is there as bytes, plain or packed with gzip. `name` is how reports call it.
    ///
    /// # Errors
    /// `Module` if the network would not take it.
    pub fn of(name: impl Into<String>, wasm: &[u8]) -> Result<Self, KitError> {
        let name = name.into();
        let module = Module::new(wasm).map_err(|source| KitError::Module {
            name: name.clone(),
            source: Box::new(source),
        })?;
        Ok(Self::from_module(name, module))
    }

    /// A module that is compiled already.
    pub fn from_module(name: impl Into<String>, module: Module) -> Self {
        Self {
            name: name.into(),
            module,
            init: NO_ARGUMENT.to_vec(),
            upgrade: NO_ARGUMENT.to_vec(),
        }
    }

    /// A module in a file, plain or packed with gzip. Its name is the file's.
    ///
    /// # Errors
    /// `File` if it cannot be read, `Module` if the network would not take it.
    pub fn file(path: impl AsRef<Path>) -> Result<Self, KitError> {
        let path = path.as_ref();
        let wasm = fs::read(path).map_err(|source| KitError::File {
            path: path.to_owned(),
            source,
        })?;
        let name = path.file_name().unwrap_or(path.as_os_str());
        let name = name.to_string_lossy();
        let name = name.trim_end_matches(".gz").trim_end_matches(".wasm");
        Self::of(name, &wasm)
    }

    /// Builds the library of `package` of this workspace for `wasm32-unknown-unknown`, in the profile `release`, with
    /// these features beside its default ones; `env!("CARGO_PKG_NAME")` is the package that is tested. Costs what cargo
    /// takes, which is little where nothing changed.
    ///
    /// # Errors
    /// `Cargo` with what it printed if it fails or builds no module; those of [`Release::of`].
    pub fn cargo(package: &str, features: &[&str]) -> Result<Self, KitError> {
        let name = match features {
            [] => package.to_owned(),
            _ => format!("{package} ({})", features.join(", ")),
        };
        Self::of(name, &build::module(package, features)?)
    }

    /// The argument of installing it, as a tuple. Without this it is installed with no argument.
    ///
    /// # Errors
    /// `Candid` if it has no encoding.
    pub fn installed_with(self, argument: impl ArgumentEncoder) -> Result<Self, KitError> {
        let init = encode_args(argument)?;
        Ok(Self { init, ..self })
    }

    /// The argument of upgrading to it, as a tuple. Without this it is upgraded to with no argument.
    ///
    /// # Errors
    /// `Candid` if it has no encoding.
    pub fn upgraded_with(self, argument: impl ArgumentEncoder) -> Result<Self, KitError> {
        let upgrade = encode_args(argument)?;
        Ok(Self { upgrade, ..self })
    }

    /// The same with both arguments encoded already.
    pub fn with_encoded(self, init: Vec<u8>, upgrade: Vec<u8>) -> Self {
        Self {
            init,
            upgrade,
            ..self
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its module.
    pub fn module(&self) -> &Module {
        &self.module
    }
}
