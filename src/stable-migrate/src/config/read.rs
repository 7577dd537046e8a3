//! Reading the file, and what the command line says in its place.

use std::path::Path;

use canister_questions::nearest;
use toml::Value as Toml;

use super::keys::{KEYS, Key, Kind, key};
use super::{CONFIG_FILE, Config, Value, ValueSource};
use crate::error::{Error, Result};
use crate::input::read_text;
use crate::quantity::parse_bytes;

/// No file of a dozen keys is longer.
const MAX_FILE: u64 = 1 << 20;

impl Config {
    /// The file that was named; else the one in the current folder; else the one in the user's folder for
    /// configuration; else the defaults.
    ///
    /// # Errors
    /// [`Error::Config`] for a file that says what it cannot, [`Error::Io`] for one that cannot be read.
    pub fn find(named: Option<&Path>) -> Result<Self> {
        if let Some(named) = named {
            return Self::read(named);
        }
        let here = Path::new(CONFIG_FILE);
        if here.is_file() {
            return Self::read(here)?.without_folder(here);
        }
        let own = dirs::config_dir().map(|folder| folder.join("stable-migrate").join(CONFIG_FILE));
        let own = own.filter(|own| own.is_file());
        own.map_or_else(|| Ok(Self::default()), |own| Self::read(&own))
    }

    /// Refuses a file that nobody named and that says where code lies: it may have come with a snapshot, and code that is
    /// found in the folder is run.
    fn without_folder(self, path: &Path) -> Result<Self> {
        match self.cache_folder() {
            None => Ok(self),
            Some(_) => Err(Error::Config {
                path: path.to_owned(),
                reason: format!(
                    "{} is not taken from the current folder, because code that is found there is run: name the file with \
                     --config, or put it into your folder for configuration",
                    key::CACHE_FOLDER.path()
                ),
            }),
        }
    }

    /// The defaults, with what a file says.
    ///
    /// # Errors
    /// As [`Config::find`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = read_text(path, MAX_FILE)?;
        Self::parse(&text, path).map_err(|reason| Error::Config {
            path: path.to_owned(),
            reason,
        })
    }

    /// The defaults, with what the text of a file says; `path` is where it is from.
    ///
    /// # Errors
    /// A sentence, with the key that is not known or cannot be what it is.
    pub fn parse(text: &str, path: &Path) -> std::result::Result<Self, String> {
        let file: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error
                .span()
                .map_or(1, |span| 1 + newlines(text, span.start));
            format!("line {line}: {}", error.message())
        })?;
        let mut config = Self::default();
        for (section, keys) in &file {
            let Toml::Table(keys) = keys else {
                return Err(unknown(section));
            };
            if !KEYS.iter().any(|key| key.section == section) {
                return Err(unknown(section));
            }
            for (name, value) in keys {
                let path_of_key = format!("{section}.{name}");
                let key = find(&path_of_key)?;
                let value =
                    value_of(key, value).map_err(|wrong| format!("{path_of_key} {wrong}"))?;
                let origin = ValueSource::File {
                    path: path.to_owned(),
                };
                config.set(key, value, origin);
            }
        }
        Ok(config)
    }

    /// Takes a price from the command line: `gib-second=317500`, in cycles on 13 nodes.
    ///
    /// # Errors
    /// A sentence, as [`Config::parse`] has it.
    pub fn set_price(&mut self, text: &str) -> std::result::Result<(), String> {
        let Some((name, number)) = text.split_once('=') else {
            return Err(format!("\"{text}\" is not a price as gib-second=127000 is"));
        };
        let path = format!("prices.{}", name.trim());
        let key = find(&path)?;
        let number: i64 = number
            .trim()
            .replace('_', "")
            .parse()
            .map_err(|_| format!("{path} is \"{number}\", not a whole number of cycles"))?;
        self.set_number(key, number)
    }

    /// Takes the size of the subnet from the command line.
    ///
    /// # Errors
    /// A sentence, if no subnet has so many nodes.
    pub fn set_nodes(&mut self, nodes: u32) -> std::result::Result<(), String> {
        self.set_number(find(&key::NODES.path())?, nodes.into())
    }

    fn set_number(&mut self, key: &'static Key, number: i64) -> std::result::Result<(), String> {
        let value = value_of(key, &Toml::Integer(number));
        let value = value.map_err(|wrong| format!("{} {wrong}", key.path()))?;
        self.set(key, value, ValueSource::Argument);
        Ok(())
    }
}

fn newlines(text: &str, end: usize) -> usize {
    let before = text.bytes().take(end);
    before.filter(|&byte| byte == b'\n').count()
}

/// The key of this path.
fn find(path: &str) -> std::result::Result<&'static Key, String> {
    let found = KEYS.iter().find(|key| key.path() == path);
    found.ok_or_else(|| unknown(path))
}

/// What is said of a key or section that there is none of.
fn unknown(path: &str) -> String {
    let name = path.rsplit('.').next().unwrap_or(path);
    let names = |key: &'static Key| [key.name, key.section];
    // A name that is known, though not there, is its own nearest.
    let meant = nearest(name, KEYS.iter().flat_map(names));
    let is_meant = |key: &&'static Key| names(key).into_iter().any(|known| Some(known) == meant);
    match KEYS.iter().find(is_meant) {
        Some(key) => format!("there is no key {path}; did you mean {}?", key.path()),
        None => format!("there is no key {path}: `stable-migrate config` prints those that are"),
    }
}

/// A value of this key.
fn value_of(key: &Key, given: &Toml) -> std::result::Result<Value, String> {
    match (key.kind, given) {
        (Kind::Number { least, most, .. }, Toml::Integer(number)) => u64::try_from(*number)
            .ok()
            .filter(|number| (least..=most).contains(number))
            .map(Value::Number)
            .ok_or_else(|| format!("is {number}: it must be from {least} to {most}")),
        (Kind::Number { .. }, other) => Err(format!("is {other}: it must be a whole number")),
        (Kind::Bytes { .. }, Toml::Integer(number)) => u64::try_from(*number)
            .map(Value::Number)
            .map_err(|_| format!("is {number}: it must not be negative")),
        (Kind::Bytes { .. }, Toml::String(text)) => parse_bytes(text).map(Value::Number),
        (Kind::Bytes { .. }, other) => Err(format!(
            "is {other}: it must be bytes, as 536870912 or \"512MiB\""
        )),
        (Kind::Folder, Toml::String(folder)) if !folder.is_empty() => {
            Ok(Value::Folder(Some(folder.into())))
        }
        (Kind::Folder, other) => Err(format!("is {other}: it must be the path of a folder")),
    }
}
