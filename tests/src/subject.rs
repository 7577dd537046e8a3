//! A canister on the embedded host, and what it is asked.

use candid::{CandidType, Deserialize, decode_args, encode_args, encode_one};
use canister_host::{
    Fault, HostConfig, HostError, InstallReport, LoneCanister, MessageReport, Module, Principal,
    Reject, StableMemory,
};
use canister_scenario::{Answers, Call, Fill, Interview, Step, init_args, people, upgrade_args};
use ic_stable_migration::{MoveStatus, Pace, Phase};

/// What these tests read of the migration's status.
#[derive(CandidType, Deserialize)]
struct Status {
    move_status: Option<MoveStatus>,
    pace: Option<Pace>,
}

/// An individual user canister on a host of its own.
pub struct Subject {
    /// The canister.
    pub lone: LoneCanister,
}

/// A fill of a few of everything: small enough to be migrated hundreds of times in a test.
pub const fn sample() -> Fill {
    Fill::SMALL
}

impl Subject {
    /// A canister with `module` installed and nothing in it.
    pub fn installed(module: &Module) -> Self {
        Self::installed_on(HostConfig::default(), module)
    }

    /// The same on a host with limits of its own.
    pub fn installed_on(config: HostConfig, module: &Module) -> Self {
        let id = Some(people::canister(0));
        let args = init_args();
        let lone = LoneCanister::install(config, id, people::user_index(), module, &args);
        Self {
            lone: lone.expect("an empty canister can be installed"),
        }
    }

    /// The same, filled through its endpoints.
    pub fn filled(module: &Module, fill: &Fill) -> Self {
        let mut subject = Self::installed(module);
        subject.fill(fill);
        subject
    }

    /// Fills the canister through its endpoints.
    pub fn fill(&mut self, fill: &Fill) {
        for step in fill.steps() {
            match step {
                Step::Pass(time) => self.lone.host.advance_time(time),
                Step::Call(call) => {
                    let reply = self.call(&call);
                    assert!(reply.is_ok(), "{call} was refused: {reply:?}");
                }
            }
        }
    }

    /// A canister with `module` installed and stable memory replaced by `memory`. It has not seen it yet: the
    /// next upgrade must skip pre_upgrade.
    pub fn with_memory(module: &Module, memory: &[u8]) -> Self {
        let mut subject = Self::installed(module);
        let LoneCanister { host, id, .. } = &mut subject.lone;
        host.set_stable_memory(*id, memory)
            .expect("the canister is there");
        subject
    }

    /// Upgrades to `module`, as the deployed fleet is: the argument changes nothing.
    pub fn upgrade(&mut self, module: &Module) -> Result<InstallReport, HostError> {
        self.lone.upgrade(module, &upgrade_args(), false)
    }

    /// Upgrades without running the old module's pre_upgrade.
    pub fn upgrade_skipping(&mut self, module: &Module) -> Result<InstallReport, HostError> {
        self.lone.upgrade(module, &upgrade_args(), true)
    }

    /// Upgrades to `module`, which must refuse and leave everything as it was; returns what it said.
    pub fn refused(&mut self, module: &Module, skip_pre_upgrade: bool) -> String {
        let before = self.memory();
        let error = self
            .lone
            .upgrade(module, &upgrade_args(), skip_pre_upgrade)
            .expect_err("the upgrade should have been refused");
        self.assert_memory_is(&before);
        error.to_string()
    }

    /// Makes an update call.
    pub fn call(&mut self, call: &Call) -> Result<Vec<u8>, Reject> {
        self.lone.update(call.caller, call.method, &call.args)
    }

    /// Makes a query. A refusal is told by its code: its words may change from release to release.
    pub fn ask(&mut self, call: &Call) -> Result<Vec<u8>, String> {
        let reply = self.lone.query(call.caller, call.method, &call.args);
        reply.map_err(|reject| reject.error_code.to_owned())
    }

    /// Everything the canister can be asked, and what it answers now.
    pub fn interview(&mut self) -> (Interview, Answers) {
        let interview = Interview::prepare(|call| self.ask(call));
        let answers = self.answers(&interview);
        assert!(answers.len() > answers.refused(), "it answers nothing");
        (interview, answers)
    }

    /// What the canister answers to an interview now.
    pub fn answers(&mut self, interview: &Interview) -> Answers {
        interview.answers(|call| self.ask(call))
    }

    /// Asks everything again, and fails if an answer is another.
    pub fn assert_answers_are(&mut self, (interview, before): &(Interview, Answers)) {
        let now = self.answers(interview);
        if let Some(difference) = before.first_difference(&now) {
            panic!(
                "{} of {} answers are the same; {difference}",
                before.equal(&now),
                now.len()
            );
        }
    }

    /// Lets time pass and runs what timers are due, until none is or `ticks` have passed.
    pub fn run_timers(&mut self, ticks: usize) -> Vec<MessageReport> {
        self.lone.run_timers(ticks)
    }

    /// Calls an update method without argument as a controller.
    pub fn control(&mut self, method: &str) -> Result<Vec<u8>, Reject> {
        let no_argument = encode_args(()).expect("an empty argument");
        self.lone.update(self.lone.controller, method, &no_argument)
    }

    /// Says as a controller how many instructions of an upgrade the move may take.
    pub fn set_move_budget(&mut self, instructions: Option<u64>) {
        let argument = encode_one(instructions).expect("a number");
        self.lone
            .update(self.lone.controller, "migration_budget", &argument)
            .expect("a controller may");
    }

    /// How the move goes; none in a release that does not move.
    pub fn moving(&mut self) -> Option<MoveStatus> {
        self.status().move_status
    }

    /// How far it is, how fast it goes and what holds it up; none in a release that does not move.
    pub fn pace(&mut self) -> Option<Pace> {
        self.status().pace
    }

    fn status(&mut self) -> Status {
        let no_argument = encode_args(()).expect("an empty argument");
        let caller = Principal::anonymous();
        let reply = self
            .lone
            .query(caller, "migration_status", &no_argument)
            .expect("the status is always there");
        let (status,): (Status,) = decode_args(&reply).expect("a status");
        status
    }

    /// Where the move stands.
    pub fn phase(&mut self) -> Phase {
        self.moving().expect("a release that moves").phase
    }

    /// Lets the timer run until the move is done.
    pub fn finish_move(&mut self) -> MoveStatus {
        for _ in 0..10_000 {
            let status = self.moving().expect("a release that moves");
            match status.phase {
                Phase::Moving | Phase::Auditing | Phase::Renewing => self.run_timers(1),
                Phase::Done => return status,
                Phase::Differs | Phase::Stuck => panic!("the move ended with {status:?}"),
            };
        }
        panic!("the move does not end: {:?}", self.moving());
    }

    /// Arms a fault.
    pub fn arm(&mut self, fault: Fault) {
        self.lone.arm(Some(fault)).expect("the canister is there");
    }

    /// A copy of stable memory.
    pub fn memory(&self) -> StableMemory {
        self.lone.memory().expect("the canister is there")
    }

    /// Fails if stable memory is another than `before`.
    pub fn assert_memory_is(&self, before: &StableMemory) {
        let now = self.memory();
        assert_eq!(now.pages(), before.pages());
        let difference = now.first_difference(before);
        assert_eq!(difference.expect("memories can be read"), None);
    }

    /// Size of stable memory in pages of 64 KiB.
    pub fn stable_pages(&self) -> u64 {
        self.memory().pages()
    }

    /// Size of the heap in pages of 64 KiB.
    pub fn heap_pages(&self) -> u64 {
        self.lone.heap_pages().expect("the canister is there")
    }
}
