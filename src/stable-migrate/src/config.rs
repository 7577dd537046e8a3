//! What is taken for given of the network and of this machine: prices, facts, the folder of compiled code; and where
//! each of it comes from.
//!
//! An argument comes before the file, and the file before the default, which has a source and a date. What was said is
//! kept by key, so that it can be printed as a file that says the same.

use std::path::{Path, PathBuf};

use canister_host::Prices;
use serde::Serialize;

mod keys;
mod read;
mod write;

use keys::{KEYS, Key, Kind, key};
pub use write::{Settings, assumptions_text};

/// The name of the file, in the current folder or in the user's folder for configuration.
pub const CONFIG_FILE: &str = "stable-migrate.toml";

/// The effective values, by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    settings: Vec<Setting>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    key: &'static Key,
    value: Value,
    origin: ValueSource,
}

/// What is said of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Value {
    Number(u64),
    /// A folder; none is the platform's.
    Folder(Option<PathBuf>),
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(tag = "origin", rename_all = "snake_case")]
pub enum ValueSource {
    /// Nobody said otherwise.
    Default {
        /// Where this program has it from.
        source: &'static str,
        /// When it was read there: year and month.
        date: &'static str,
    },
    /// The file.
    File {
        /// Its path.
        path: PathBuf,
    },
    /// The command line.
    Argument,
}

/// What the network lets an installation do and charges instructions for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct NetworkFacts {
    /// Instructions of one installation: hooks and compiling together.
    pub install_instructions: u64,
    /// Instructions of installations that a subnet runs in a round, and that a canister's debit falls by.
    pub round_instructions: u64,
    /// Charged for compiling an instruction of a module.
    pub compile_instructions: u64,
    /// The same, where the subnet has compiled the module since its last checkpoint.
    pub recompile_instructions: u64,
}

impl NetworkFacts {
    /// Instructions that are charged for compiling a module of so many, for the first canister of a subnet since its last
    /// checkpoint or for every other.
    pub fn compiling(&self, instructions: u64, first: bool) -> u64 {
        instructions.saturating_mul(match first {
            true => self.compile_instructions,
            false => self.recompile_instructions,
        })
    }

    /// Rounds until a debit of so many instructions is paid off.
    pub fn rounds(&self, instructions: u64) -> u64 {
        instructions.div_ceil(self.round_instructions.max(1))
    }
}

/// A price or a fact of the network that something was reckoned with, for a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
pub struct Assumption {
    /// The key, as in the file.
    pub key: String,
    /// Its value.
    pub value: u64,
    /// What it is, with its unit.
    pub about: &'static str,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: ValueSource,
}

impl Default for Config {
    fn default() -> Self {
        let default = |key: &'static Key| Setting {
            key,
            value: match key.kind {
                Kind::Folder => Value::Folder(None),
                Kind::Number { default, .. } | Kind::Bytes { default } => Value::Number(default),
            },
            origin: ValueSource::Default {
                source: key.source,
                date: key.date,
            },
        };
        Self {
            settings: KEYS.iter().map(default).collect(),
        }
    }
}

impl Config {
    /// Prices, with the nodes of the subnet.
    pub fn prices(&self) -> Prices {
        Prices {
            message: self.number(&key::MESSAGE).into(),
            installation: self.number(&key::INSTALLATION).into(),
            instruction: self.number(&key::INSTRUCTION).into(),
            gib_second: self.number(&key::GIB_SECOND).into(),
            canister_second: self.number(&key::CANISTER_SECOND).into(),
            nodes: u32::try_from(self.number(&key::NODES)).unwrap_or(u32::MAX),
            ..Prices::default()
        }
    }

    /// Facts of the network.
    pub fn network(&self) -> NetworkFacts {
        NetworkFacts {
            install_instructions: self.number(&key::INSTALL_INSTRUCTIONS),
            round_instructions: self.number(&key::ROUND_INSTRUCTIONS),
            compile_instructions: self.number(&key::COMPILE_INSTRUCTIONS),
            recompile_instructions: self.number(&key::RECOMPILE_INSTRUCTIONS),
        }
    }

    /// The folder of compiled code, if one is named.
    pub fn cache_folder(&self) -> Option<&Path> {
        match self.value(&key::CACHE_FOLDER) {
            Value::Folder(folder) => folder.as_deref(),
            Value::Number(_) => None,
        }
    }

    /// Bytes of compiled code that are kept.
    pub fn cache_bytes(&self) -> u64 {
        self.number(&key::CACHE_SIZE)
    }

    /// What costs were reckoned with: prices and facts of the network.
    pub fn assumptions(&self) -> Vec<Assumption> {
        let settings = self.settings.iter();
        let of = |setting: &Setting| match setting.value {
            Value::Number(value) if setting.key.section != keys::CACHE => Some(Assumption {
                key: setting.key.path(),
                value,
                about: setting.key.about,
                origin: setting.origin.clone(),
            }),
            _ => None,
        };
        settings.filter_map(of).collect()
    }

    fn number(&self, key: &Key) -> u64 {
        match self.value(key) {
            Value::Number(number) => *number,
            Value::Folder(_) => 0,
        }
    }

    fn value(&self, key: &Key) -> &Value {
        let found = self.settings.iter().find(|setting| setting.key == key);
        // Every key has a setting: they are made of the list of keys.
        found.map_or(&Value::Number(0), |setting| &setting.value)
    }

    fn set(&mut self, key: &'static Key, value: Value, origin: ValueSource) {
        if let Some(setting) = self.settings.iter_mut().find(|setting| setting.key == key) {
            (setting.value, setting.origin) = (value, origin);
        }
    }
}

#[cfg(test)]
mod tests;
