//! `--wasm FILE [--arg ARG]`, any number of times: each argument belongs to the module in front of it.

use std::path::{Path, PathBuf};

use canister_host::{Module, ModuleError};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use stable_migrate::{Error, Interface, MAX_MODULE, NO_ARGUMENT, Origin, Step, read_file, unhex};

/// Modules and their arguments, in the order in which they were given.
pub struct Steps(Vec<(PathBuf, Option<String>)>);

impl Steps {
    /// Reads and compiles the modules, and encodes the arguments. `skip_pre_upgrade` is for the first.
    pub fn load(&self, skip_pre_upgrade: bool) -> Result<Vec<Step>, Error> {
        let mut steps = Vec::new();
        for (path, argument) in &self.0 {
            steps.push(Step {
                skip_pre_upgrade: skip_pre_upgrade && steps.is_empty(),
                ..load_step(path, argument.as_deref())?
            });
        }
        Ok(steps)
    }

    /// Names the modules on a page, by their hashes.
    pub fn name_in(&self, origin: &mut Origin) -> Result<(), Error> {
        let mut paths = self.0.iter().map(|(path, _)| path);
        paths.try_for_each(|path| name_module(path, origin))
    }

    /// Encodes another argument for the last module.
    pub fn again(&self, argument: Option<&str>) -> Result<Option<Vec<u8>>, Error> {
        let (Some((path, _)), Some(argument)) = (self.0.last(), argument) else {
            return Ok(None);
        };
        Ok(Some(load_step(path, Some(argument))?.argument))
    }
}

/// Reads and compiles one module, and encodes its argument: Candid text, `hex:` and digits, or nothing.
pub fn load_step(path: &Path, argument: Option<&str>) -> Result<Step, Error> {
    let bytes = read_file(path, MAX_MODULE)?;
    let named = |reason: String| Error::Run {
        what: path.display().to_string(),
        reason,
    };
    let module = match Module::new(&bytes) {
        Ok(module) => Ok(module),
        // The network would refuse the upgrade: that is found where it is tried.
        Err(ModuleError::Rule(rule)) => Err(rule),
        Err(error) => return Err(named(error.to_string())),
    };
    let argument = match (argument, &module) {
        (None, _) | (_, Err(_)) => NO_ARGUMENT.to_vec(),
        (Some(text), Ok(module)) => encode_argument(path, module, text)?,
    };
    Ok(Step {
        name: path.display().to_string(),
        module,
        argument,
        skip_pre_upgrade: false,
    })
}

/// Names the module in a file on a page, by its hash.
pub fn name_module(path: &Path, origin: &mut Origin) -> Result<(), Error> {
    let module = read_file(path, MAX_MODULE)?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    origin.add_module(&name.to_string_lossy(), &module);
    Ok(())
}

/// Encodes the argument of an upgrade to the module in a file.
pub fn encode_argument(path: &Path, module: &Module, text: &str) -> Result<Vec<u8>, Error> {
    let named = |reason: String| Error::Run {
        what: path.display().to_string(),
        reason,
    };
    match text.strip_prefix("hex:") {
        Some(digits) => unhex(digits).ok_or_else(|| {
            named(format!(
                "{text} is not hexadecimal: two digits from 0 to f for each byte, as hex:4449444c0000"
            ))
        }),
        None => {
            let interface = Interface::of(module);
            let takes = || interface.init_types().unwrap_or_else(|| "Candid".into());
            interface.init_argument(text).map_err(|reason| {
                named(format!(
                    "its argument cannot be encoded: {reason}. It takes {}, written as '(record {{ n = 1 }})'",
                    takes()
                ))
            })
        }
    }
}

impl Args for Steps {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new("wasm")
                    .long("wasm")
                    .value_name("FILE")
                    .help("Module to upgrade to, plain or packed with gzip; give it again for the next upgrade")
                    .value_parser(value_parser!(PathBuf))
                    .action(ArgAction::Append)
                    .required(true),
            )
            .arg(
                Arg::new("arg")
                    .long("arg")
                    .value_name("ARG")
                    .help("Argument of the upgrade to the module in front of it: Candid as '(record { n = 1 })', or hex:4449444c… [default: ()]")
                    .action(ArgAction::Append),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Steps {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let wasms = matches.get_many::<PathBuf>("wasm").into_iter().flatten();
        let wasm_at = matches.indices_of("wasm").into_iter().flatten();
        let mut steps: Vec<(usize, PathBuf, Option<String>)> = wasm_at
            .zip(wasms)
            .map(|(at, wasm)| (at, wasm.clone(), None))
            .collect();
        let arguments = matches.get_many::<String>("arg").into_iter().flatten();
        let argument_at = matches.indices_of("arg").into_iter().flatten();
        for (at, argument) in argument_at.zip(arguments) {
            match steps.iter_mut().rfind(|(wasm_at, _, _)| *wasm_at < at) {
                Some((_, _, slot @ None)) => *slot = Some(argument.clone()),
                _ => {
                    return Err(clap::Error::raw(
                        clap::error::ErrorKind::WrongNumberOfValues,
                        "each --arg belongs to the --wasm in front of it, as --wasm release-1.wasm --arg '()', and each --wasm has one at \
                         most\n",
                    ));
                }
            }
        }
        let steps = steps
            .into_iter()
            .map(|(_, wasm, argument)| (wasm, argument));
        Ok(Self(steps.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
