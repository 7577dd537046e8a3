//! The configuration: where it is, what the command line says in its place, and `stable-migrate config`.

use std::path::PathBuf;

use clap::Args;
use stable_migrate::{Config, Error};

use super::{Verdict, json, print};

/// Heading of these options in the help of every command.
const HEADING: &str = "Prices and network";

/// What is told of the network and this machine, for every command.
#[derive(Args)]
#[command(next_help_heading = HEADING)]
pub struct ConfigArgs {
    /// File with prices, facts of the network and the folder of compiled code. Otherwise stable-migrate.toml in the current
    /// folder, or in the user's folder for configuration
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Nodes of the subnet that is paid: everything costs n / 13 of its price
    #[arg(long, global = true, value_name = "N")]
    subnet_nodes: Option<u32>,
    /// A price on 13 nodes in place of the one that is known, as gib-second=317500; again for another
    #[arg(long, global = true, value_name = "KEY=CYCLES")]
    price: Vec<String>,
}

impl ConfigArgs {
    /// The effective values: of the command line, else of the file, else the defaults.
    pub fn effective(&self) -> Result<Config, Error> {
        let mut config = Config::find(self.config.as_deref())?;
        let told = |reason| Error::Price { reason };
        for price in &self.price {
            config.set_price(price).map_err(told)?;
        }
        if let Some(nodes) = self.subnet_nodes {
            config.set_nodes(nodes).map_err(told)?;
        }
        Ok(config)
    }
}

/// Print the prices and facts that costs are reckoned with, and where each comes from
///
/// What it prints can be saved as stable-migrate.toml; the folder of compiled code is not taken from the one in the current
/// folder. A value on the command line comes before one in the file, and that
/// before the default, which has a source and a date. A key that is not known is an error.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct ConfigCommand {
    /// Print JSON instead of TOML
    #[arg(long)]
    pub json: bool,
}

const EXAMPLES: &str = "Examples:
  stable-migrate config
  stable-migrate config --subnet-nodes 34 --price gib-second=317500 > stable-migrate.toml";

/// The form of what it prints.
pub const SCHEMA: &str = "stable-migrate/config/1";

impl ConfigCommand {
    pub fn run(self, config: &Config) -> Result<Verdict, Error> {
        print(&match self.json {
            true => json(SCHEMA, &config.settings())?,
            false => config.to_toml(),
        })?;
        Ok(Verdict::Held)
    }
}
