//! The stages on a PocketIC server: the replica's own execution. Runs where `POCKET_IC_BIN` names one.

use std::time::Duration;

use canister_host::{Module, Principal};
use canister_scenario::{Answers, Call, Interview, Step, init_args, people, upgrade_args};
use pocket_ic::{PocketIc, PocketIcBuilder};
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2};
use scenarios::sample;

/// More than a migration of the sample costs.
const CYCLES: u128 = 100_000_000_000_000;

/// A canister on a PocketIC server.
struct Remote {
    server: PocketIc,
    id: Principal,
}

impl Remote {
    /// A filled canister of release 0, or none where there is no server; then a sentence says so.
    fn filled() -> Option<Self> {
        if std::env::var_os("POCKET_IC_BIN").is_none_or(|path| path.is_empty()) {
            eprintln!("skipped: POCKET_IC_BIN names no PocketIC server");
            return None;
        }
        let server = PocketIcBuilder::new().with_application_subnet().build();
        let controller = Some(people::user_index());
        let id = server.create_canister_with_settings(controller, None);
        server.add_cycles(id, CYCLES);
        let wasm = RELEASE_0.bytes().to_vec();
        server.install_canister(id, wasm, init_args(), controller);
        let mut remote = Self { server, id };
        let mut done = 0;
        for step in sample().steps() {
            match step {
                Step::Pass(time) => remote.server.advance_time(time),
                Step::Call(call) => done += usize::from(remote.call(&call).is_ok()),
            }
        }
        assert!(done > 50, "only {done} calls were accepted");
        Some(remote)
    }

    fn call(&mut self, call: &Call) -> Result<Vec<u8>, String> {
        let reply = self
            .server
            .update_call(self.id, call.caller, call.method, call.args.clone());
        reply.map_err(|reject| reject.to_string())
    }

    fn ask(&self, call: &Call) -> Result<Vec<u8>, String> {
        let reply = self
            .server
            .query_call(self.id, call.caller, call.method, call.args.clone());
        reply.map_err(|reject| format!("{:?}", reject.error_code))
    }

    fn interview(&self) -> (Interview, Answers) {
        let interview = Interview::prepare(|call| self.ask(call));
        let answers = interview.answers(|call| self.ask(call));
        (interview, answers)
    }

    fn upgrade(&self, module: &Module) -> Result<(), String> {
        let wasm = module.bytes().to_vec();
        let controller = Some(people::user_index());
        let upgraded = self
            .server
            .upgrade_canister(self.id, wasm, upgrade_args(), controller);
        upgraded.map_err(|reject| reject.to_string())
    }

    fn assert_answers_are(&self, (interview, before): &(Interview, Answers)) {
        let now = interview.answers(|call| self.ask(call));
        if let Some(difference) = before.first_difference(&now) {
            panic!("{difference}");
        }
    }
}

/// Upgrades through `releases` and asks everything again after each.
fn survives(releases: &[&Module]) {
    let Some(remote) = Remote::filled() else {
        return;
    };
    let asked = remote.interview();
    for release in releases {
        remote.upgrade(release).unwrap();
        remote.assert_answers_are(&asked);
    }
    for _ in 0..30 {
        remote.server.advance_time(Duration::from_secs(1));
        remote.server.tick();
    }
    remote.assert_answers_are(&asked);
}

#[test]
fn stage_by_stage() {
    survives(&[&RELEASE_1, &RELEASE_2, &RELEASE_2]);
}

#[test]
fn straight_from_legacy_to_release_2() {
    survives(&[&RELEASE_2]);
}

#[test]
fn each_stage_twice() {
    survives(&[&RELEASE_1, &RELEASE_1, &RELEASE_2, &RELEASE_2]);
}

#[test]
fn stage_one_over_stage_two_is_refused() {
    let Some(remote) = Remote::filled() else {
        return;
    };
    remote.upgrade(&RELEASE_2).unwrap();
    let asked = remote.interview();
    let said = remote.upgrade(&RELEASE_1).unwrap_err();
    assert!(said.contains("install release 2"), "{said}");
    remote.assert_answers_are(&asked);
}
