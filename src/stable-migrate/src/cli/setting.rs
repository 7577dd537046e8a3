//! What the network knows of a canister and a snapshot does not say, as options.

use std::path::PathBuf;

use candid::Principal;
use clap::Args;
use stable_migrate::{Asking, Error, INSTALL_INSTRUCTIONS, Setting, read_text};

/// No file of calls is longer.
const MAX_CALLS: u64 = 64 << 20;

/// Who the canister is, who upgrades it, what is asked.
#[derive(Args)]
pub struct SettingArgs {
    /// Principal that upgrades the canister and asks; it is its controller
    #[arg(long, value_name = "PRINCIPAL", default_value = "2vxsx-fae", value_parser = principal)]
    sender: Principal,
    /// The canister's id, where it matters to the module; another one by default
    #[arg(long, value_name = "PRINCIPAL", value_parser = principal)]
    canister_id: Option<Principal>,
    /// File with more calls whose answers must stay the same: `METHOD (ARGUMENT)` a line, queries only
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// Query whose answer may change; give it again for another
    #[arg(long, value_name = "QUERY")]
    leave_out: Vec<String>,
    /// Instructions that one installation may take
    #[arg(long, value_name = "N", default_value_t = INSTALL_INSTRUCTIONS)]
    install_instructions: u64,
}

impl SettingArgs {
    /// The host's part of it.
    pub fn setting(&self) -> Setting {
        Setting {
            canister: self.canister_id,
            sender: self.sender,
            install_instructions: self.install_instructions,
        }
    }

    /// What is asked.
    pub fn asking(&self) -> Result<Asking, Error> {
        let read = |path: &PathBuf| read_text(path, MAX_CALLS);
        Ok(Asking {
            sender: self.sender,
            calls: self.calls.as_ref().map(read).transpose()?,
            left_out: self.leave_out.clone(),
        })
    }
}

fn principal(text: &str) -> Result<Principal, String> {
    Principal::from_text(text).map_err(|error| error.to_string())
}
