//! The kit: what is tested, and running it.

use candid::utils::ArgumentEncoder;
use candid::{Principal, encode_args};
use canister_host::{HostConfig, StableMemory};
use canister_questions::{Answer, Asking, Interface, Question, Questionnaire, Respondent};

use crate::act::{Act, Told};
use crate::check::{Check, Planned};
use crate::error::KitError;
use crate::life::{End, Life};
use crate::limits::{Limit, Limits};
use crate::release::Release;
use crate::report::{Failure, Report};
use crate::script::{Call, Line, Script};
use crate::setting::Setting;
use crate::shrink::{Shown, shrink};
use crate::tally::Tally;

/// Random lives that are lived, unless said otherwise.
const SEEDS: u64 = 8;

/// Seconds for which timers are watched, unless said otherwise.
const PATIENCE: usize = 2_000;

/// Traps in one upgrade, unless said otherwise.
const TRAPS: u64 = 200;

/// A test of a canister's upgrades. See the [crate's documentation](crate).
pub struct Kit {
    setting: Setting,
    checks: Vec<Check>,
    seeds: u64,
    left_out: Vec<String>,
    asks_interface: bool,
}

impl Kit {
    /// A test of these releases, the oldest first: what the oldest answers is right.
    pub fn new(releases: impl IntoIterator<Item = Release>) -> Self {
        Self {
            setting: Setting {
                config: HostConfig::default(),
                id: None,
                controller: Principal::from_slice(&[1]),
                releases: releases.into_iter().collect(),
                memory: None,
                lines: Vec::new(),
                questions: Vec::new(),
                interface: Interface::default(),
                unordered: Vec::new(),
                refusable: Vec::new(),
                resume: None,
                limits: Limits::default(),
                patience: PATIENCE,
                traps: TRAPS,
            },
            checks: Check::ALL.to_vec(),
            seeds: SEEDS,
            left_out: Vec::new(),
            asks_interface: true,
        }
    }

    /// The calls that the canister gets, and questions to ask beside those that its interface offers.
    pub fn script(mut self, script: Script) -> Self {
        self.setting.lines = script.lines;
        self.setting.questions = script.queries;
        self
    }

    /// The canister begins with this stable memory, which the oldest release takes up.
    pub fn memory(mut self, memory: impl Into<StableMemory>) -> Self {
        self.setting.memory = Some(memory.into());
        self
    }

    /// Who controls the canister: installs, upgrades and asks. Without this, a principal of one byte.
    pub fn controller(mut self, controller: Principal) -> Self {
        self.setting.controller = controller;
        self
    }

    /// The canister's id, where it matters.
    pub fn canister_id(mut self, id: Principal) -> Self {
        self.setting.id = Some(id);
        self
    }

    /// A host with limits of its own.
    pub fn host(mut self, config: HostConfig) -> Self {
        self.setting.config = config;
        self
    }

    /// A limit to keep.
    pub fn limit(mut self, limit: Limit) -> Self {
        self.setting.limits.set(limit);
        self
    }

    /// The lists in replies of this method have no order, as those made of a `HashMap` or a `HashSet`: a release that keeps
    /// the same in a stable map tells it in key order.
    pub fn unordered(mut self, method: &str) -> Self {
        self.setting.unordered.push(method.to_owned());
        self
    }

    /// A query that may answer otherwise after an upgrade, as one that tells the version or the memory, is not asked.
    pub fn leave_out(mut self, query: &str) -> Self {
        self.left_out.push(query.to_owned());
        self
    }

    /// Asks the queries of the script alone, and none that are made from the interface.
    pub fn only_scripted_queries(mut self) -> Self {
        self.asks_interface = false;
        self
    }

    /// The upgrade between these two releases (by their places, the oldest is 0) may be refused. Without this every
    /// upgrade to the same or a newer release has to work.
    pub fn may_refuse(mut self, from: usize, to: usize) -> Self {
        self.setting.refusable.push((from, to));
        self
    }

    /// What the controller calls when a full subnet has room again, so that a move that got stuck goes on.
    ///
    /// # Errors
    /// `Candid` if the arguments have no encoding.
    pub fn resume(
        mut self,
        method: &str,
        arguments: impl ArgumentEncoder,
    ) -> Result<Self, KitError> {
        self.setting.resume = Some(Call {
            caller: self.setting.controller,
            method: method.to_owned(),
            argument: encode_args(arguments)?,
        });
        Ok(self)
    }

    /// Leaves out a check.
    pub fn without(mut self, check: Check) -> Self {
        self.checks.retain(|other| *other != check);
        self
    }

    /// Does these checks and no others.
    pub fn only(mut self, checks: &[Check]) -> Self {
        self.checks = checks.to_vec();
        self
    }

    /// How many random lives [`Check::Interleaved`] lives; 8 without this.
    pub fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = seeds;
        self
    }

    /// Seconds for which timers are watched at most; 2 000 without this. A canister whose timers never rest needs
    /// fewer.
    pub fn patience(mut self, seconds: usize) -> Self {
        self.setting.patience = seconds;
        self
    }

    /// Traps in one upgrade at most, dealt out evenly among its stable writes and grows; 200 without this.
    pub fn traps(mut self, traps: u64) -> Self {
        self.setting.traps = traps;
        self
    }

    /// Does the checks.
    ///
    /// # Errors
    /// `Found` with the first problem and the shortest way to it; the others if there was nothing to check.
    pub fn run(mut self) -> Result<Report, KitError> {
        if self.setting.releases.len() < 2 {
            return Err(KitError::Releases(self.setting.releases.len()));
        }
        self.prepare()?;
        let mut report = Report {
            releases: self.names(),
            questions: self.setting.questions.len(),
            checks: Vec::new(),
            total: Tally::default(),
        };
        for check in &self.checks {
            let mut tally = Tally::default();
            for life in check.lives(&self.setting, self.seeds) {
                tally.add(&self.live(*check, life)?);
            }
            report.total.add(&tally);
            report.checks.push((*check, tally));
        }
        Ok(report)
    }

    fn names(&self) -> Vec<String> {
        let releases = self.setting.releases.iter();
        releases.map(|release| release.name.clone()).collect()
    }

    /// Finds out what a canister of the oldest release can be asked once the script is over.
    fn prepare(&mut self) -> Result<(), KitError> {
        let mut canister = self.setting.begin(0)?;
        let release = &self.setting.releases[0];
        self.setting.interface = Interface::of(&release.module);
        for line in &self.setting.lines {
            match line {
                Line::Pass(time) => canister.host.advance_time(*time),
                // What is refused now is refused later.
                Line::Update(Call {
                    caller,
                    method,
                    argument,
                }) => drop(canister.update(*caller, method, argument)),
            }
        }
        if self.asks_interface {
            let asking = Asking {
                sender: self.setting.controller,
                calls: None,
                left_out: self.left_out.clone(),
            };
            let found = Questionnaire::begin(&mut canister, &asking);
            let found = found.map_err(|reason| KitError::Start {
                release: release.name.clone(),
                reason,
            })?;
            self.setting.questions.extend(found.questions().cloned());
        }
        let mut replies =
            |question: &Question| matches!(canister.ask(question).0, Answer::Reply(_));
        match self.setting.questions.iter().any(&mut replies) {
            true => Ok(()),
            false => Err(KitError::Mute {
                release: release.name.clone(),
                questions: self.setting.questions.len(),
            }),
        }
    }

    fn live(&self, check: Check, (first, stretches): Planned) -> Result<Tally, KitError> {
        let problem = match Life::begin(&self.setting, first) {
            Err(end) => (end, Vec::new()),
            Ok(mut life) => match life.live(&stretches) {
                Ok(()) => return Ok(life.tally),
                Err(end) => (end, life.acts),
            },
        };
        match problem {
            // A life that makes no sense up to its end was none.
            (End::Senseless, _) => Ok(Tally::default()),
            (End::Problem(problem), acts) => {
                let found_after = acts.len();
                let shown = shrink(&self.setting, first, problem, acts);
                let failure = self.told(check, first, found_after, &shown);
                Err(KitError::Found(Box::new(failure)))
            }
        }
    }

    fn told(&self, check: Check, first: usize, found_after: usize, shown: &Shown) -> Failure {
        let releases = self.names();
        let line = |line: &Line| match line {
            Line::Update(call) => call.to_string(),
            Line::Pass(time) => format!("{} s pass", time.as_secs_f64()),
        };
        let lines: Vec<String> = self.setting.lines.iter().map(line).collect();
        let told = |act: &Act| {
            let (releases, lines) = (&releases[..], &lines[..]);
            let act = *act;
            Told {
                act,
                releases,
                lines,
            }
            .to_string()
        };
        let installed = format!("install {}", releases[first]);
        Failure {
            check,
            problem: shown.problem.to_string(),
            script: [installed]
                .into_iter()
                .chain(shown.acts.iter().map(told))
                .collect(),
            found_after,
            tries: shown.tries,
        }
    }
}
