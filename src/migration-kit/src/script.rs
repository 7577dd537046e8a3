//! The calls that a canister gets, and what it is asked.

use std::fmt;
use std::time::Duration;

use candid::utils::ArgumentEncoder;
use candid::{IDLArgs, Principal, encode_args};
use canister_questions::{Interface, Question, arguments, words};

use crate::error::KitError;
use crate::release::Release;

/// Characters of a call that are shown.
const SHOWN: usize = 160;

/// A list of calls, in order. The queries in it are asked again and again, the other lines are made once each.
///
/// ```
/// use std::time::Duration;
/// use migration_kit::{Principal, Script};
///
/// let script = Script::new()
///     .update("add", ("milk",))?
///     .by(Principal::management_canister())
///     .update("add", ("bread", 2u64))?
///     .pass(Duration::from_secs(60))
///     .query("list", ())?;
/// assert_eq!(script.len(), 4);
/// # Ok::<(), migration_kit::KitError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Script {
    caller: Principal,
    pub(crate) lines: Vec<Line>,
    pub(crate) queries: Vec<Question>,
}

/// One line of a script that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Update(Call),
    Pass(Duration),
}

/// An update call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub caller: Principal,
    pub method: String,
    pub argument: Vec<u8>,
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl Script {
    /// No calls yet; those that follow are made anonymously.
    pub fn new() -> Self {
        Self {
            caller: Principal::anonymous(),
            lines: Vec::new(),
            queries: Vec::new(),
        }
    }

    /// The calls that follow are made by `caller`.
    pub fn by(self, caller: Principal) -> Self {
        Self { caller, ..self }
    }

    /// An update, with its arguments as a tuple.
    ///
    /// # Errors
    /// `Candid` if they have no encoding.
    pub fn update(self, method: &str, arguments: impl ArgumentEncoder) -> Result<Self, KitError> {
        let argument = encode_args(arguments)?;
        Ok(self.update_encoded(method, argument))
    }

    /// An update with an encoded argument.
    pub fn update_encoded(mut self, method: &str, argument: Vec<u8>) -> Self {
        let call = Call {
            caller: self.caller,
            method: method.to_owned(),
            argument,
        };
        self.lines.push(Line::Update(call));
        self
    }

    /// A question whose answer has to stay that of a canister that never migrates.
    ///
    /// # Errors
    /// `Candid` if the arguments have no encoding.
    pub fn query(self, method: &str, arguments: impl ArgumentEncoder) -> Result<Self, KitError> {
        let argument = encode_args(arguments)?;
        Ok(self.query_encoded(method, argument))
    }

    /// A question with an encoded argument.
    pub fn query_encoded(mut self, method: &str, argument: Vec<u8>) -> Self {
        let text = shown(method, &argument);
        self.queries.push(Question {
            sender: self.caller,
            method: method.to_owned(),
            argument,
            text,
        });
        self
    }

    /// Time passes.
    pub fn pass(mut self, time: Duration) -> Self {
        self.lines.push(Line::Pass(time));
        self
    }

    /// `count` updates that the interface of `release` allows, with arguments made of its types: the same for the same
    /// seed. Methods in `without` are left out: those that a controller operates the canister with, and those that
    /// only ever refuse.
    ///
    /// # Errors
    /// `Call` if the module does not tell its interface or no update can be called.
    pub fn generated(
        mut self,
        release: &Release,
        seed: u64,
        count: usize,
        without: &[&str],
    ) -> Result<Self, KitError> {
        let interface = Interface::of(release.module());
        let nothing = |reason: &str| KitError::Call {
            call: format!("any update of {}", release.name()),
            reason: reason.to_owned(),
        };
        let updates = interface
            .updates()
            .ok_or_else(|| nothing("the module does not tell its interface"))?;
        let callers = [self.caller];
        let choices: Vec<(String, Vec<Vec<u8>>)> = updates
            .into_iter()
            .filter(|(method, _)| !without.contains(&&method[..]))
            .map(|(method, types)| (method, arguments(&interface, &types, &callers)))
            .filter(|(_, arguments)| !arguments.is_empty())
            .collect();
        if choices.is_empty() {
            return Err(nothing("it has none whose arguments can be made"));
        }
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..count {
            let (method, arguments) = &choices[random.usize(..choices.len())];
            let argument = arguments[random.usize(..arguments.len())].clone();
            self = self.update_encoded(method, argument);
        }
        Ok(self)
    }

    /// How many lines it has, queries included.
    pub fn len(&self) -> usize {
        self.lines.len() + self.queries.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Call {
    /// The call as a question, so that replies are compared as answers are.
    pub(crate) fn as_question(&self) -> Question {
        Question {
            sender: self.caller,
            method: self.method.clone(),
            argument: self.argument.clone(),
            text: self.to_string(),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.method, &self.argument))?;
        match self.caller == Principal::anonymous() {
            true => Ok(()),
            false => write!(f, " by {}", self.caller),
        }
    }
}

/// A call in one line of Candid, as far as its argument can be read.
fn shown(method: &str, argument: &[u8]) -> String {
    let argument = match IDLArgs::from_bytes(argument) {
        Ok(arguments) => words::one_line(&arguments.to_string()),
        Err(_) => format!("({} bytes)", argument.len()),
    };
    words::cut(&format!("{method} {argument}"), SHOWN)
}
