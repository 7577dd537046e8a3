//! Stable memories that the releases have left behind, whole, and what the canister answered then: today's release
//! takes every one of them up, and so does the release after it.
//!
//! An image stays as it is when a format changes: canisters have it. Where a format may still change, all of them are
//! written anew, by the modules in `target/canisters`, with
//! `cargo xtask test -p scenarios golden::write -- --ignored`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use canister_host::{HostConfig, LoneCanister, Principal};
use canister_scenario::{Answers, Call, Fill, Interview, Random, random_call};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ic_stable_migration::Phase;
use scenarios::Subject;
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2, RELEASE_3, TINY, load};
use serde::{Deserialize, Serialize};

/// A few of everything: an image takes a few KiB.
const FILL: Fill = Fill {
    posts: 6,
    likes: 8,
    views: 6,
    shares: 2,
    bets: 6,
    followers: 4,
    rewards: 3,
    seed: 5,
};

/// Steps of three entries after which the move is in its middle.
const STEPS_TO_THE_MIDDLE: usize = 4;

/// Calls while entries are in both tiers.
const CALLS_IN_THE_MIDDLE: usize = 12;

/// The canister when an image was taken.
#[derive(Serialize, Deserialize)]
struct Then {
    /// Nanoseconds since 1970.
    time: u64,
    /// What it was asked, and the reply in hexadecimal or the code of the refusal.
    said: BTreeMap<String, Result<String, String>>,
}

impl Then {
    fn said(&self, call: &Call) -> Result<Vec<u8>, String> {
        match self.said.get(&key(call)) {
            Some(Ok(reply)) => Ok(bytes(reply)),
            Some(Err(code)) => Err(code.clone()),
            None => panic!("{call} was not asked then: write the images anew"),
        }
    }

    /// What the canister was asked then, and what it answered.
    fn interview(&self) -> (Interview, Answers) {
        let interview = Interview::prepare(|call| self.said(call));
        let answers = interview.answers(|call| self.said(call));
        assert!(answers.len() > 20 && answers.len() > 2 * answers.refused());
        (interview, answers)
    }
}

#[test]
fn the_legacy_memory_is_taken_up() {
    taken_up("release-0");
}

#[test]
fn an_adopted_memory_is_taken_up() {
    taken_up("release-1");
}

#[test]
fn a_memory_in_the_middle_of_the_move_is_taken_up() {
    taken_up("release-2-moving");
}

#[test]
fn a_memory_whose_move_is_done_is_taken_up() {
    taken_up("release-2-done");
}

fn taken_up(name: &str) {
    let then: Then = read(name);
    let asked = then.interview();
    for release in [&RELEASE_2, &RELEASE_3] {
        let mut subject = Subject::with_memory(release, &image(name));
        subject.lone.host.set_time(then.time);
        subject.upgrade_skipping(release).unwrap();
        subject.assert_answers_are(&asked);
        subject.finish_move();
        subject.assert_answers_are(&asked);
        subject.upgrade(release).unwrap();
        subject.assert_answers_are(&asked);
    }
}

#[test]
fn every_memory_of_the_to_do_list_is_taken_up() {
    for release in 0..=2 {
        let name = format!("todo-{release}");
        let then: Vec<(u64, String)> = read(&name);
        let mut todo = Todo::installed(&load("todo-release-2"));
        todo.0
            .host
            .set_stable_memory(todo.0.id, image(&name))
            .unwrap();
        todo.upgrade(2, true);
        assert_eq!(todo.list(), then, "{name}");
        todo.run_timers();
        todo.upgrade(2, false);
        assert_eq!(todo.list(), then, "{name}");
    }
}

/// Each schema that the hot state has had, in a memory that its own release has written.
#[test]
fn a_memory_of_every_frozen_schema_is_taken_up() {
    let chain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/individual-user/src/state/hot");
    let frozen = migration_kit::Frozen::of(chain).unwrap();
    frozen.check().unwrap();
    let frozen: Vec<u32> = frozen.numbers().collect();
    assert!(!frozen.is_empty());
    for schema in frozen {
        taken_up(&schema_name(schema));
    }
}

fn schema_name(number: u32) -> String {
    format!("schema-{number}")
}

#[test]
#[ignore = "keeps a memory with the present schema"]
fn keep_schema() {
    let name =
        schema_name(<individual_user::state::hot::Hot as ic_stable_migration::Schema>::NUMBER);
    if path(&name, "bin").exists() {
        // It was written by a release that had the schema, and stays.
        return;
    }
    let mut subject = Subject::filled(&RELEASE_2, &FILL);
    subject.upgrade(&RELEASE_2).unwrap();
    keep(&name, &mut subject);
}

#[test]
#[ignore = "writes tests/golden anew"]
fn write() {
    let mut subject = Subject::filled(&RELEASE_0, &FILL);
    subject.upgrade(&RELEASE_0).unwrap();
    keep("release-0", &mut subject);
    subject.upgrade(&RELEASE_1).unwrap();
    keep("release-1", &mut subject);

    subject.upgrade(&TINY).unwrap();
    subject.run_timers(STEPS_TO_THE_MIDDLE);
    let mut random = Random::new(FILL.seed);
    for _ in 0..CALLS_IN_THE_MIDDLE {
        // Some are refused, as users' calls are.
        let _ = subject.call(&random_call(&mut random, FILL.posts));
    }
    subject.upgrade(&TINY).unwrap();
    let status = subject.moving().unwrap();
    assert_eq!(status.phase, Phase::Moving, "{status:?}");
    let (left, moved) = status.collections.iter().fold((0, 0), |(left, moved), at| {
        (left + at.left, moved + at.moved)
    });
    assert!(left > 0 && moved > 0, "{status:?}");
    keep("release-2-moving", &mut subject);

    subject.finish_move();
    subject.upgrade(&RELEASE_2).unwrap();
    keep("release-2-done", &mut subject);

    let mut todo = Todo::installed(&load("todo-release-0"));
    for text in ["read the legacy value", "move it", "rest"] {
        todo.add(text);
    }
    for release in 0..=2 {
        todo.upgrade(release, false);
        todo.run_timers();
        todo.upgrade(release, false);
        let name = format!("todo-{release}");
        let memory = todo.0.memory().unwrap();
        pack(&name, "bin", &memory.to_vec().unwrap());
        pack(&name, "json", &serde_json::to_vec(&todo.list()).unwrap());
        todo.add(&format!("written by release {release}"));
    }
}

/// Keeps the memory of a canister that was just upgraded, so that all of its state is there.
fn keep(name: &str, subject: &mut Subject) {
    let mut said = BTreeMap::new();
    let mut ask = |call: &Call| {
        let answer = subject.ask(call);
        said.insert(key(call), answer.clone().map(|reply| hex(&reply)));
        answer
    };
    let interview = Interview::prepare(&mut ask);
    interview.answers(&mut ask);
    let then = Then {
        time: subject.lone.host.time(),
        said,
    };
    pack(name, "json", &serde_json::to_vec(&then).unwrap());
    pack(name, "bin", &subject.memory().to_vec().unwrap());
}

fn path(name: &str, extension: &str) -> PathBuf {
    let file = format!("golden/{name}.{extension}.gz");
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn pack(name: &str, extension: &str, bytes: &[u8]) {
    let file = File::create(path(name, extension)).unwrap();
    let mut encoder = GzEncoder::new(file, Compression::best());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap();
}

fn unpack(name: &str, extension: &str) -> Vec<u8> {
    let packed = fs::read(path(name, extension)).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut GzDecoder::new(&packed[..]), &mut bytes).unwrap();
    bytes
}

fn image(name: &str) -> Vec<u8> {
    unpack(name, "bin")
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    serde_json::from_slice(&unpack(name, "json")).unwrap()
}

fn key(call: &Call) -> String {
    format!("{} {} {}", call.method, call.caller, hex(&call.args))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = (0..hex.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// The example's canister.
struct Todo(LoneCanister);

impl Todo {
    fn installed(module: &canister_host::Module) -> Self {
        let me = Principal::anonymous();
        Self(LoneCanister::install(HostConfig::default(), None, me, module, &[]).unwrap())
    }

    fn upgrade(&mut self, release: u32, skip_pre_upgrade: bool) {
        let module = load(&format!("todo-release-{release}"));
        self.0.upgrade(&module, &[], skip_pre_upgrade).unwrap();
    }

    fn run_timers(&mut self) {
        for report in self.0.run_timers(3) {
            assert_eq!(report.trap, None);
        }
    }

    fn add(&mut self, text: &str) {
        let args = candid::encode_one(text).unwrap();
        self.0.update(self.0.controller, "add", &args).unwrap();
    }

    fn list(&mut self) -> Vec<(u64, String)> {
        let no_argument = candid::encode_args(()).unwrap();
        let reply = self.0.query(self.0.controller, "list", &no_argument);
        candid::decode_one(&reply.unwrap()).unwrap()
    }
}
