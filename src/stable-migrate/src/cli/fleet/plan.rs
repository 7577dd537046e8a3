//! `stable-migrate fleet plan`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use candid::Principal;
use clap::{ArgGroup, Args};
use fleet::{ModuleHash, Stage};
use stable_migrate::fleet::{
    Checks, Connection, Estimate, FleetError, FleetPlan, Inventory, MAX_MODULE, ModuleFile,
    NetworkAddress, Operator, RootKey, take_inventory,
};
use stable_migrate::{Config, Error, Progress, bytes_text, check_new, did_you_mean, read_text};

use super::key::Password;
use super::plan_options::Care;
use super::plan_text::{Shown, plan_text};
use crate::cli::steps::encode_argument;
use crate::cli::{Verdict, json, print};

/// Where the Internet Computer is.
const MAINNET: &str = "https://icp-api.io";

/// No list is longer.
const MAX_LIST: u64 = 1 << 30;

/// Say what would be done to a fleet: canisters, waves, cycles, time
///
/// Asks for the status of each canister, deals the canisters to waves, and prints what would be done, which are passed
/// over and why, what it costs and how long it takes, and what a wave without a failure says about the rest. Nothing is
/// changed. With -o the plan is kept for `fleet run`, which holds itself to it.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("fleet").required(true).multiple(true).args(["list", "canister"]))]
#[command(group = ArgGroup::new("origin").required(true).multiple(true).args(["from", "from_found"]))]
pub struct Plan {
    /// File with the id of one canister a line; `#` starts a comment
    #[arg(value_name = "CANISTERS")]
    list: Option<PathBuf>,
    /// A canister; give it again for another
    #[arg(long, value_name = "ID")]
    canister: Vec<Principal>,
    /// Where the network is
    #[arg(long, value_name = "URL", default_value = MAINNET)]
    network: String,
    /// Key that the network's answers are checked against: `fetch` for a local one, or in hexadecimal [default: that of
    /// the Internet Computer]
    #[arg(long, value_name = "KEY")]
    root_key: Option<String>,
    /// Controller of the canisters: a PEM file, or the name of an identity of `icp` or `dfx`
    #[arg(long, value_name = "FILE|NAME")]
    identity: String,
    #[command(flatten)]
    password: Password,
    /// A stage: what reports call it, and the module, plain or packed with gzip; give it again for the next
    #[arg(long, value_name = "NAME=FILE", required = true)]
    stage: Vec<String>,
    /// Argument of the upgrade of a stage, by the stage's name: Candid as 'move=(record { n = 1 })', or move=hex:4449444c…
    /// [default: ()]
    #[arg(long, value_name = "NAME=ARG")]
    arg: Vec<String>,
    /// Module that the first stage may be installed over, or with its name another: its SHA-256, or a file; give it again
    /// for another
    #[arg(long, value_name = "[NAME=]HASH|FILE")]
    from: Vec<String>,
    /// The first stage may be installed over whatever was found installed
    #[arg(long)]
    from_found: bool,
    /// A release of the way back; give it again for the one after it
    #[arg(long, value_name = "FILE")]
    back: Vec<PathBuf>,
    /// Query without an argument that must answer after each stage
    #[arg(long, value_name = "METHOD")]
    ask: Vec<String>,
    /// Query without an argument that must answer as before each stage, byte for byte
    #[arg(long, value_name = "METHOD")]
    same: Vec<String>,
    /// Do not wait for `migration_status` to say that the move is done
    #[arg(long)]
    no_status: bool,
    #[command(flatten)]
    care: Care,
    /// Instructions that the hooks of a stage take, as a rehearsal found them
    #[arg(long, value_name = "N")]
    instructions: Option<u64>,
    /// Canisters that are asked for their status at one time
    #[arg(long, value_name = "N", default_value_t = 50)]
    at_a_time: usize,
    /// Keep the plan in a file; it must not exist
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  stable-migrate fleet plan canisters.txt --identity operator --from-found \\
      --stage adopt=release-1.wasm.gz --stage move=release-2.wasm.gz --rehearse 5 -o plan.json
  stable-migrate fleet plan canisters.txt --identity operator.pem --network http://127.0.0.1:8000 --root-key fetch \\
      --from release-0.wasm.gz --stage adopt=release-1.wasm.gz --same get_profile_details -o plan.json

canisters.txt:
  # one a line
  rrkah-fqaaa-aaaaa-aaaaq-cai   # the first";

impl Plan {
    pub fn run(self, config: &Config) -> Result<Verdict, Error> {
        self.output.as_deref().map(check_new).transpose()?;
        let canisters = self.canisters()?;
        let mut modules = Vec::new();
        let mut stages = self.stages(&mut modules)?;
        let back = self.back(&mut modules)?;
        let key = self.password.key(&self.identity)?;
        let network = NetworkAddress {
            url: self.network.clone(),
            root_key: match self.root_key.as_deref() {
                None => RootKey::Mainnet,
                Some("fetch") => RootKey::Fetch,
                Some(hex) => RootKey::Hex(hex.to_owned()),
            },
        };
        let inventory = self.inventory(&network, key.identity.clone(), &canisters)?;
        self.add_origins(&mut stages, &inventory)?;
        let plan = self.care.plan(stages, back);
        plan.check().map_err(FleetError::from)?;
        let found = inventory.found();
        let care = &self.care;
        let plan = FleetPlan {
            format: FleetPlan::FORMAT,
            network,
            operator: Operator {
                principal: key.principal,
                identity: key.name,
            },
            modules,
            plan,
            checks: Checks {
                ask: self.ask.clone(),
                same: self.same.clone(),
            },
            subnets: inventory.subnets.clone(),
            members: fleet::deal(&found, &care.waves, care.rehearse, care.seed),
            found,
        };
        let estimate = Estimate::of(&plan, self.instructions, config);
        let shown = Shown::of(&plan, &inventory, estimate);
        print(&match self.json {
            true => json("stable-migrate/fleet-plan/1", &shown)?,
            false => plan_text(&plan, &shown),
        })?;
        if let Some(output) = &self.output {
            plan.write(output)?;
            if !self.json {
                print(&format!("\nKept in {}.\n", output.display()))?;
            }
        }
        Ok(
            match shown.passed_over.is_empty() && shown.not_told.is_empty() {
                true => Verdict::Held,
                false => Verdict::Different,
            },
        )
    }

    fn canisters(&self) -> Result<Vec<Principal>, Error> {
        let mut canisters = self.canister.clone();
        if let Some(list) = &self.list {
            let text = read_text(list, MAX_LIST)?;
            for (number, line) in (1..).zip(text.lines()) {
                let id = line.split('#').next().unwrap_or_default().trim();
                if id.is_empty() {
                    continue;
                }
                let id = Principal::from_text(id);
                canisters.push(id.map_err(|error| {
                    given(format!("{}, line {number}: {error}", list.display()))
                })?);
            }
        }
        let mut known = BTreeSet::new();
        if let Some(twice) = canisters.iter().find(|id| !known.insert(**id)) {
            return Err(given(format!("{twice} is in the list twice")));
        }
        match canisters.is_empty() {
            true => Err(given("the list names no canister".to_owned())),
            false => Ok(canisters),
        }
    }

    fn stages(&self, modules: &mut Vec<ModuleFile>) -> Result<Vec<Stage>, Error> {
        let mut stages = Vec::new();
        let mut arguments = self.arguments()?;
        for stage in &self.stage {
            let (name, file) = stage.split_once('=').ok_or_else(|| {
                given(format!(
                    "--stage {stage}: give a name, `=` and a file, as move=release-2.wasm.gz"
                ))
            })?;
            let path = Path::new(file);
            let (mut file, bytes) = look(path)?;
            let module = canister_host::Module::new(&bytes);
            let module =
                module.map_err(|error| given(format!("{}: {error}", file.path.display())))?;
            if let Some(argument) = arguments.remove(name) {
                file.argument = encode_argument(path, &module, argument)?;
            }
            let tells = module.queries().any(|query| query == "migration_status");
            stages.push(Stage {
                name: name.to_owned(),
                module: file.sha256,
                from: Vec::new(),
                moves: !self.no_status && tells,
            });
            modules.push(file);
        }
        match arguments.keys().next() {
            Some(name) => {
                let meant = did_you_mean(name, stages.iter().map(|stage| stage.name.as_str()));
                Err(given(format!(
                    "--arg {name}=…: no stage has this name{meant}"
                )))
            }
            None => Ok(stages),
        }
    }

    /// What `--arg` says, by stage.
    fn arguments(&self) -> Result<BTreeMap<&str, &str>, Error> {
        let mut arguments = BTreeMap::new();
        for arg in &self.arg {
            let (name, argument) = arg.split_once('=').ok_or_else(|| {
                given(format!(
                    "--arg {arg}: give a stage, `=` and Candid, as 'move=(record {{}})'"
                ))
            })?;
            if arguments.insert(name, argument).is_some() {
                return Err(given(format!("--arg {name}=…: given twice")));
            }
        }
        Ok(arguments)
    }

    fn back(&self, modules: &mut Vec<ModuleFile>) -> Result<Vec<ModuleHash>, Error> {
        let mut back = Vec::new();
        for path in &self.back {
            let (file, _) = look(path)?;
            back.push(file.sha256);
            if modules.iter().all(|known| known.sha256 != file.sha256) {
                modules.push(file);
            }
        }
        Ok(back)
    }

    fn inventory(
        &self,
        network: &NetworkAddress,
        identity: std::sync::Arc<dyn ic_agent::Identity>,
        canisters: &[Principal],
    ) -> Result<Inventory, Error> {
        let progress = Progress::steps("asking canisters", canisters.len() as u64);
        let runtime = super::runtime()?;
        let inventory = runtime.block_on(async {
            let connection = Connection::open(network, identity, 330).await?;
            let told = || progress.add(1);
            Ok::<_, FleetError>(take_inventory(&connection, canisters, self.at_a_time, told).await)
        })?;
        match inventory.seen.is_empty() {
            false => Ok(inventory),
            true => {
                let why = inventory.unseen.first();
                Err(given(format!(
                    "no canister could be looked at: {}",
                    why.map_or("none was given", |(_, why)| why.as_str())
                )))
            }
        }
    }

    /// What each stage may be installed over, beside the module of the one before.
    fn add_origins(&self, stages: &mut [Stage], inventory: &Inventory) -> Result<(), Error> {
        let mut origins = vec![BTreeSet::new(); stages.len()];
        for from in &self.from {
            let (stage, module) = match from.split_once('=') {
                Some((name, module)) => {
                    let stage = stages.iter().position(|stage| stage.name == name);
                    let unknown = || given(format!("--from {name}=…: no stage has this name"));
                    (stage.ok_or_else(unknown)?, module)
                }
                None => (0, from.as_str()),
            };
            origins[stage].insert(match module.parse() {
                Ok(hash) => hash,
                Err(_) => look(Path::new(module))?.0.sha256,
            });
        }
        if self.from_found {
            let named: BTreeSet<_> = origins.iter().flatten().copied().collect();
            let found = inventory.seen.iter().filter_map(|seen| seen.found.module);
            origins[0].extend(found.filter(|module| !named.contains(module)));
        }
        let targets: Vec<ModuleHash> = stages.iter().map(|stage| stage.module).collect();
        for (stage, mut origins) in stages.iter_mut().zip(origins) {
            origins.retain(|origin| !targets.contains(origin));
            stage.from = origins.into_iter().collect();
        }
        Ok(())
    }
}

fn look(path: &Path) -> Result<(ModuleFile, Vec<u8>), Error> {
    let (file, bytes) = ModuleFile::look(path)?;
    match file.bytes > MAX_MODULE {
        true => Err(given(format!(
            "{}: {} bytes are more than the network installs, which is {}",
            path.display(),
            file.bytes,
            bytes_text(MAX_MODULE)
        ))),
        false => Ok((file, bytes)),
    }
}

fn given(what: String) -> Error {
    FleetError::Given(what).into()
}
