//! The plan as it is saved: what `fleet run` holds itself to.

use std::fs;
use std::path::{Path, PathBuf};

use ::fleet::{Found, Member, ModuleHash, Plan};
use candid::Principal;
use serde::{Deserialize, Serialize};

use super::error::FleetError;
use crate::module::ModuleWeight;
use crate::run::NO_ARGUMENT;
use crate::staging::NewFile;

/// The form of the file.
const FORMAT: u32 = 1;

/// No plan is larger: a canister takes less than a kilobyte.
const MAX_PLAN: u64 = 1 << 30;

/// What is done, to which canisters, with which modules, on which network, by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetPlan {
    /// Of this form.
    pub format: u32,
    /// Where the canisters are.
    pub network: NetworkAddress,
    /// Who upgrades them.
    pub operator: Operator,
    /// The modules of the stages and of the way back, each with its hash.
    pub modules: Vec<ModuleFile>,
    /// What the engine is given.
    pub plan: Plan,
    /// What is asked after an upgrade.
    pub checks: Checks,
    /// Subnets, in the order in which members number them.
    pub subnets: Vec<Principal>,
    /// The canisters, dealt to waves.
    pub members: Vec<Member>,
    /// What was found of them.
    pub found: Vec<Found>,
}

/// Where a network is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAddress {
    /// The URL of its HTTP interface.
    pub url: String,
    /// What its answers are checked against.
    pub root_key: RootKey,
}

/// What answers of a network are checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootKey {
    /// The key of the Internet Computer, which is built in.
    Mainnet,
    /// Whatever the network says: for local ones.
    Fetch,
    /// This one, in hexadecimal.
    Hex(String),
}

/// Who makes the calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// The controller of the canisters.
    pub principal: Principal,
    /// The file or the name that its key was found by.
    pub identity: String,
}

/// A module in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleFile {
    /// The file, as an absolute path.
    pub path: PathBuf,
    /// SHA-256 of the file, which is what the network calls the module by.
    pub sha256: ModuleHash,
    /// Its length.
    pub bytes: u64,
    /// WebAssembly instructions in it, which compiling is charged by.
    pub instructions: u64,
    /// What its `post_upgrade` is given.
    pub argument: Vec<u8>,
}

/// What is asked after an upgrade, beside whether the canister runs the right module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// Queries without an argument that must answer.
    pub ask: Vec<String>,
    /// Queries without an argument that must answer as before the stage, byte for byte.
    pub same: Vec<String>,
}

impl FleetPlan {
    /// The form that is written now.
    pub const FORMAT: u32 = FORMAT;

    /// Reads a plan.
    ///
    /// # Errors
    /// [`FleetError::Io`], [`FleetError::NotAPlan`], and what is wrong with the engine's plan.
    pub fn read(path: &Path) -> Result<Self, FleetError> {
        let not = |reason: String| FleetError::NotAPlan {
            path: path.to_owned(),
            reason,
        };
        let length = fs::metadata(path).map_err(FleetError::io(path))?.len();
        if length > MAX_PLAN {
            return Err(not(format!("{length} bytes are more than any has")));
        }
        let text = fs::read(path).map_err(FleetError::io(path))?;
        let plan = serde_json::from_slice(&text).map_err(|error| not(error.to_string()))?;
        Self::checked(plan).map_err(not)
    }

    /// The plan in a text that was kept.
    ///
    /// # Errors
    /// A sentence.
    pub fn of_json(text: &str) -> Result<Self, String> {
        let plan = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Self::checked(plan)
    }

    fn checked(plan: Self) -> Result<Self, String> {
        if plan.format != FORMAT {
            return Err(format!("of form {}, {FORMAT} is known", plan.format));
        }
        plan.plan.check().map_err(|error| error.to_string())?;
        Ok(plan)
    }

    /// The plan as JSON.
    ///
    /// # Errors
    /// What the serializer said.
    pub fn to_json(&self) -> Result<String, FleetError> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|error| FleetError::Given(format!("the plan cannot be written: {error}")))
    }

    /// Writes it to a file that does not exist yet.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&self, path: &Path) -> crate::Result<()> {
        use std::io::Write;
        let text = self.to_json()?;
        let file = NewFile::begin(path)?;
        let written = file.file()?.write_all(text.as_bytes());
        written.map_err(crate::Error::io(path))?;
        file.finish()
    }

    /// What tells this plan from others: a digest of all that it says.
    ///
    /// # Errors
    /// What the serializer said.
    pub fn digest(&self) -> Result<String, FleetError> {
        Ok(ModuleHash::of(self.to_json()?.as_bytes()).to_string())
    }

    /// Reads the modules, and refuses any that is not what was planned.
    ///
    /// # Errors
    /// [`FleetError::Io`], [`FleetError::ModuleChanged`].
    pub fn modules(&self) -> Result<Vec<(ModuleHash, Vec<u8>)>, FleetError> {
        let mut modules = Vec::new();
        for file in &self.modules {
            let bytes = fs::read(&file.path).map_err(FleetError::io(&file.path))?;
            let found = ModuleHash::of(&bytes);
            if found != file.sha256 {
                return Err(FleetError::ModuleChanged {
                    path: file.path.clone(),
                    found: found.to_string(),
                    planned: file.sha256.to_string(),
                });
            }
            modules.push((found, bytes));
        }
        Ok(modules)
    }

    /// The file name of a module that it names, or the beginning of the hash.
    pub fn module_name(&self, hash: ModuleHash) -> String {
        let stage = self.plan.stages.iter().find(|stage| stage.module == hash);
        match stage {
            Some(stage) => stage.name.clone(),
            None => hash.to_string().chars().take(12).collect(),
        }
    }
}

impl ModuleFile {
    /// Looks at the module in a file.
    ///
    /// # Errors
    /// Those of the file, [`FleetError::Given`] if it is no module.
    pub fn look(path: &Path) -> Result<(Self, Vec<u8>), FleetError> {
        let bytes = fs::read(path).map_err(FleetError::io(path))?;
        let wrong = |reason: String| FleetError::Given(format!("{}: {reason}", path.display()));
        let instructions = ModuleWeight::of(&bytes).map_err(wrong)?.instructions;
        let file = Self {
            path: fs::canonicalize(path).map_err(FleetError::io(path))?,
            sha256: ModuleHash::of(&bytes),
            bytes: bytes.len() as u64,
            instructions,
            argument: NO_ARGUMENT.to_vec(),
        };
        Ok((file, bytes))
    }
}
