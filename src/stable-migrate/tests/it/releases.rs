//! Canisters of the releases, as `cargo xtask build` wrote them, filled through their endpoints.

use std::path::{Path, PathBuf};

use canister_host::{
    CanisterSettings, HostConfig, InstallMode, InstallReport, LoneCanister, Module, Principal,
};
use canister_scenario::{
    Answers, Call, Fill, Interview, Random, Step, init_args, people, random_call, upgrade_args,
};
use stable_migrate::{SnapshotDir, of_directory, write_snapshot};

/// In place of a release: release 2 with steps of three entries.
pub const TINY: usize = 3;

/// Release 0, 1, 2 or [`TINY`]; none, and a printed sentence, where it was not built.
pub fn module_path(release: usize) -> Option<PathBuf> {
    let names = [
        "release-0-legacy",
        "release-1-adopt",
        "individual-user",
        "tiny-budget",
    ];
    path_of(names[release])
}

/// A module by its name; none, and a printed sentence, where it was not built.
pub fn built(name: &str) -> Option<Module> {
    Module::new(&std::fs::read(path_of(name)?).ok()?).ok()
}

/// The file of a module by its name; none, and a printed sentence, where it was not built.
pub fn path_of(name: &str) -> Option<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/canisters");
    let path = built.join(format!("{name}.wasm"));
    if !path.exists() {
        println!(
            "skipped: {} is not there; cargo xtask build makes it",
            path.display()
        );
        return None;
    }
    Some(path)
}

/// A canister of `release` that was filled as release 0 and then upgraded one release at a time.
pub struct Subject {
    pub lone: LoneCanister,
}

impl Subject {
    pub fn new(release: usize) -> Option<Self> {
        let modules = (0..=release)
            .map(|release| Module::new(&std::fs::read(module_path(release)?).ok()?).ok());
        let modules: Vec<Module> = modules.collect::<Option<_>>()?;
        let mut subject = Self::empty(HostConfig::default());
        let LoneCanister { host, id, .. } = &mut subject.lone;
        let (install, installer) = (InstallMode::Install, people::user_index());
        host.install(*id, install, &modules[0], &init_args(), installer)
            .unwrap();
        for step in Fill::SMALL.steps() {
            match step {
                Step::Pass(time) => host.advance_time(time),
                // Some are refused by intention: a second bet on the same post.
                Step::Call(call) => drop(host.update(*id, call.caller, call.method, &call.args)),
            }
        }
        for module in &modules[1..] {
            subject
                .lone
                .upgrade(module, &upgrade_args(), false)
                .unwrap();
        }
        Some(subject)
    }

    /// A canister from a snapshot directory.
    pub fn restored(directory: &Path) -> Self {
        let snapshot = of_directory(&SnapshotDir::open(directory).unwrap()).unwrap();
        let mut subject = Self::empty(HostConfig {
            time: snapshot.taken_at,
            ..HostConfig::default()
        });
        subject.lone.load(&snapshot).unwrap();
        subject
    }

    fn empty(config: HostConfig) -> Self {
        let me = Principal::anonymous();
        let settings = CanisterSettings {
            controllers: vec![me],
            cycles: 1_000_000_000_000,
            ..CanisterSettings::default()
        };
        let lone = LoneCanister::empty(config, None, me, settings).unwrap();
        Self { lone }
    }

    /// Upgrades it to a release.
    pub fn upgrade(&mut self, release: usize) -> InstallReport {
        let module = Module::new(&std::fs::read(module_path(release).unwrap()).unwrap()).unwrap();
        self.lone.upgrade(&module, &upgrade_args(), false).unwrap()
    }

    /// Bytes of memory that it pays for.
    pub fn paid_bytes(&self) -> u64 {
        self.lone.host.memory_usage(self.lone.id).unwrap()
    }

    /// Lets a minute pass, with its timers.
    pub fn pass_a_minute(&mut self) {
        self.pass_seconds(60);
    }

    /// Lets seconds pass, with its timers.
    pub fn pass_seconds(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.lone.tick();
        }
    }

    /// Makes `count` random calls.
    pub fn use_it(&mut self, count: u64) {
        let mut random = Random::new(count);
        for _ in 0..count {
            let call = random_call(&mut random, Fill::SMALL.posts);
            // Some name posts that are not there.
            drop(self.lone.update(call.caller, call.method, &call.args));
        }
    }

    /// The questions it has something to say to.
    pub fn interview(&mut self) -> Interview {
        Interview::prepare(|call| self.ask(call))
    }

    /// What it says to them.
    pub fn answers(&mut self, interview: &Interview) -> Answers {
        interview.answers(|call| self.ask(call))
    }

    fn ask(&mut self, call: &Call) -> Result<Vec<u8>, String> {
        let reply = self.lone.query(call.caller, call.method, &call.args);
        reply.map_err(|reject| reject.message)
    }

    /// Its snapshot as a directory.
    pub fn save(&mut self, directory: &Path, name: &str) -> PathBuf {
        let path = directory.join(name);
        let snapshot = self.lone.snapshot().unwrap();
        write_snapshot(&snapshot, &path).unwrap();
        path
    }
}
