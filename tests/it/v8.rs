//! The embedded host and V8 behave alike: every call of a list is made on both, and every reply compared.
//!
//! Both have the same clock, so that what depends on time is compared too. What depends on the count of
//! instructions is left out: V8 counts none.

use std::time::Duration;

use candid::types::value::VariantValue;
use candid::{IDLArgs, IDLValue, Principal, encode_args, idl_hash};
use canister_host::{HostError, Reject};
use canister_scenario::{Call, Fill, Random, Step, init_args, random_call, upgrade_args};
use scenarios::modules::{self, RELEASE_0};
use scenarios::{Said, Subject, V8};

/// What follows from a count of instructions; the slack of memory 0 does, because its journal holds such counts in
/// as few bytes as they take.
const COUNTED: [&str; 6] = [
    "estimated_steps_left",
    "instructions",
    "largest_step",
    "last_step",
    "save_instructions",
    "slack_bytes",
];

/// One canister on each.
struct Twins {
    host: Subject,
    v8: V8,
}

impl Twins {
    /// Installs release 0 on both; none where there is no V8.
    fn installed() -> Option<Self> {
        let host = Subject::installed(&RELEASE_0);
        let cycles = host.lone.host.cycles(host.lone.id).unwrap();
        let mut v8 = V8::canister(cycles)?;
        v8.set_time(host.lone.host.time());
        v8.install("release-0-legacy", &init_args()).unwrap();
        Some(Self { host, v8 })
    }

    fn filled(fill: &Fill) -> Option<Self> {
        let mut twins = Self::installed()?;
        for step in fill.steps() {
            match step {
                Step::Pass(time) => twins.pass(time),
                Step::Call(call) => twins.call(&call),
            }
        }
        Some(twins)
    }

    /// Lets time pass on both and runs what timers are due.
    fn pass(&mut self, time: Duration) {
        self.host.lone.host.advance_time(time);
        while !self.host.lone.host.tick().is_empty() {}
        self.v8.set_time(self.host.lone.host.time());
    }

    fn call(&mut self, call: &Call) {
        let on_host = said(self.host.call(call));
        let on_v8 = self.v8.call(call);
        same(&call.to_string(), &on_host, &on_v8);
    }

    fn ask(&mut self, call: &Call) -> Said {
        let host = &mut self.host.lone.host;
        let reply = host.query(self.host.lone.id, call.caller, call.method, &call.args);
        let on_host = said(reply.map(|reply| reply.bytes));
        let on_v8 = self.v8.ask(call);
        same(&call.to_string(), &on_host, &on_v8);
        on_host
    }

    /// Asks both everything, and what they say of themselves.
    fn ask_everything(&mut self) {
        let (interview, _) = self.host.interview();
        for question in interview.questions() {
            let _ = self.ask(question);
        }
        for method in ["migration_status", "memory_report"] {
            let _ = self.ask(&call(method, encode_args(()).unwrap()));
        }
    }

    /// Upgrades both; whether it went through.
    fn upgrade(&mut self, module: &str, skip_pre_upgrade: bool, args: &[u8]) -> bool {
        let on_v8 = self.v8.upgrade(module, skip_pre_upgrade, args);
        let module = modules::load(module);
        let on_host = match self.host.lone.upgrade(&module, args, skip_pre_upgrade) {
            Ok(_) => Ok(on_v8.clone().unwrap_or_default()),
            Err(HostError::Hook { reject, .. }) => said(Err(reject)),
            Err(other) => panic!("{other}"),
        };
        same("upgrade", &on_host, &on_v8);
        on_host.is_ok()
    }

    fn upgraded(&mut self, module: &str) {
        assert!(self.upgrade(module, false, &upgrade_args()), "{module}");
        self.ask_everything();
    }

    fn refused(&mut self, module: &str, skip_pre_upgrade: bool) {
        assert!(
            !self.upgrade(module, skip_pre_upgrade, &upgrade_args()),
            "{module}"
        );
        self.ask_everything();
    }
}

fn call(method: &'static str, args: Vec<u8>) -> Call {
    Call {
        caller: Principal::anonymous(),
        method,
        args,
    }
}

fn said(result: Result<Vec<u8>, Reject>) -> Said {
    result.map_err(|reject| (reject.error_code.to_owned(), reject.message))
}

/// Fails unless both said the same. A rejection is told by its code; where the canister itself gave the words, by
/// them too: how they are wrapped is each implementation's own.
fn same(what: &str, on_host: &Said, on_v8: &Said) {
    match (on_host, on_v8) {
        (Ok(host), Ok(v8)) if host == v8 => {}
        (Ok(host), Ok(v8)) => assert_eq!(uncounted(host), uncounted(v8), "{what}"),
        (Err((code, words)), Err((v8_code, v8_words))) => {
            assert_eq!(code, v8_code, "{what}: {words} / {v8_words}");
            assert_eq!(quoted(words), quoted(v8_words), "{what}");
        }
        _ => panic!("{what}: {on_host:?} on the host, {on_v8:?} on V8"),
    }
}

/// The words of a trap, between the first and the last quotation mark.
fn quoted(words: &str) -> Option<&str> {
    let (_, rest) = words.split_once("with message: '")?;
    Some(rest.rsplit_once('\'')?.0)
}

/// A reply without what was counted.
fn uncounted(reply: &[u8]) -> IDLArgs {
    let mut args = IDLArgs::from_bytes(reply).expect("a reply in Candid");
    args.args.iter_mut().for_each(forget);
    args
}

fn forget(value: &mut IDLValue) {
    match value {
        IDLValue::Opt(inner) => forget(inner),
        IDLValue::Vec(items) => items.iter_mut().for_each(forget),
        IDLValue::Variant(VariantValue(field, _)) => forget(&mut field.val),
        IDLValue::Record(fields) => {
            let counted = |id: u32| COUNTED.iter().any(|name| idl_hash(name) == id);
            fields.retain(|field| !counted(field.id.get_id()));
            fields.iter_mut().for_each(|field| forget(&mut field.val));
        }
        _ => {}
    }
}

#[test]
fn both_stages_and_the_move_go_alike_on_v8() {
    let Some(mut twins) = Twins::filled(&Fill::SMALL) else {
        return;
    };
    twins.ask_everything();
    twins.upgraded("release-0-legacy");
    twins.upgraded("release-1-adopt");
    twins.upgraded("individual-user");
    for _ in 0..3 {
        twins.pass(Duration::from_secs(1));
        twins.ask_everything();
    }
    twins.upgraded("individual-user");
}

#[test]
fn calls_while_the_bulk_moves_go_alike_on_v8() {
    let Some(mut twins) = Twins::filled(&Fill::SMALL) else {
        return;
    };
    twins.upgraded("tiny-budget");
    let mut random = Random::new(7);
    for second in 0..60 {
        for _ in 0..5 {
            twins.call(&random_call(&mut random, 14));
        }
        twins.pass(Duration::from_secs(1));
        if second % 20 == 0 {
            twins.upgraded("tiny-budget");
        }
    }
    twins.ask_everything();
}

#[test]
fn what_is_refused_is_refused_alike_on_v8() {
    let Some(mut twins) = Twins::filled(&Fill::SMALL) else {
        return;
    };
    twins.refused("release-1-adopt", true);
    twins.upgraded("release-1-adopt");
    twins.refused("release-0-legacy", false);
    twins.upgraded("individual-user");
    twins.refused("release-1-adopt", false);
    twins.refused("release-1-adopt", true);
    twins.refused("release-0-legacy", true);
    assert!(!twins.upgrade("individual-user", false, b"no Candid"));
    assert!(twins.upgrade("individual-user", true, &upgrade_args()));
    twins.ask_everything();

    for method in ["add_post_v2", "get_profile_details", "no_such_method", ""] {
        for args in [
            b"".as_slice(),
            b"DIDL",
            b"DIDL\0\0",
            b"DIDL\0\x01\x71\x02ab",
        ] {
            twins.call(&call(method, args.to_vec()));
            let _ = twins.ask(&call(method, args.to_vec()));
        }
    }
    twins.ask_everything();
}
