//! `--identity` and `--password-file`.

use std::path::PathBuf;

use clap::Args;
use stable_migrate::fleet::{FleetError, Folders, Key, find_identity};
use stable_migrate::read_text;

/// No password is longer.
const MAX_PASSWORD: u64 = 4096;

/// Where the password of a key is.
#[derive(Args)]
pub struct Password {
    /// File with the password of the identity's key; without it, the password is asked for
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Password {
    /// The key that was given, as a file or by name.
    pub fn key(&self, identity: &str) -> Result<Key, FleetError> {
        let ask = |what: &str| match &self.password_file {
            Some(file) => match read_text(file, MAX_PASSWORD) {
                Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(error) => Err(error.to_string()),
            },
            None => rpassword::prompt_password(format!("Password of {what}: ")).map_err(|error| {
                format!("its password cannot be asked for here ({error}): give --password-file")
            }),
        };
        find_identity(identity, &Folders::of_system(), &ask)
    }
}
