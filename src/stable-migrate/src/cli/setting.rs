//! What the network knows of a canister and a snapshot does not say, as options.

use std::path::PathBuf;

use candid::Principal;
use clap::Args;
use stable_migrate::{
    Asking, Config, Error, OwnSettings, Setting, parse_bytes, parse_cycles, parse_seconds,
    read_text,
};

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
    /// Instructions that one installation may take [default: that of the configuration, 300 000 000 000]
    #[arg(long, value_name = "N")]
    install_instructions: Option<u64>,
    /// Soft limit on the canister's heap, as 1GiB; 0 is none [default: 3 GiB]
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    wasm_memory_limit: Option<u64>,
    /// Cycles the canister has, as 3T. Without it nothing is charged and nothing fails for the lack of cycles
    #[arg(long, value_name = "CYCLES", value_parser = parse_cycles)]
    cycles: Option<u128>,
    /// How long the cycles must last for if the canister is not to be frozen, in seconds or as 90d [default: 30d]
    #[arg(long, value_name = "TIME", value_parser = parse_seconds, requires = "cycles")]
    freezing_threshold: Option<u64>,
    /// Memory that is kept free for the canister and paid for, as 4GiB [default: none]
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, requires = "cycles")]
    memory_allocation: Option<u64>,
}

impl SettingArgs {
    /// The host's part of it.
    pub fn setting(&self, config: &Config) -> Setting {
        let limit = config.network().install_instructions;
        Setting {
            canister: self.canister_id,
            sender: self.sender,
            install_instructions: self.install_instructions.unwrap_or(limit),
            prices: config.prices(),
            own: OwnSettings {
                cycles: self.cycles,
                freezing_threshold: self.freezing_threshold,
                memory_allocation: self.memory_allocation,
                wasm_memory_limit: self.wasm_memory_limit,
            },
        }
    }

    /// The canister's id as a text, where it was given.
    pub fn canister(&self) -> Option<String> {
        self.canister_id.map(|id| id.to_text())
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
    Principal::from_text(text).map_err(|error| {
        format!("{error} A principal is written as 2vxsx-fae or rrkah-fqaaa-aaaaa-aaaaq-cai")
    })
}
