//! `stable-migrate fleet` against the local endpoint: thirty canisters, once undisturbed and once with the program killed
//! three times and the network gone for some seconds. Both runs must tell the same of every canister.
//!
//! The endpoint is started anew for each, and gives the same ids in the same order, so that the reports can be equal to the
//! letter.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::endpoint;
use super::error::Error;
use super::proxy::Proxy;
use crate::error::{self, Result, start};
use crate::shell;
use crate::workspace::Workspace;

/// Canisters of a fleet.
const CANISTERS: usize = 30;

/// Events that a run has told when it is killed, each time counted anew.
const KILLED_AFTER: [usize; 3] = [30, 75, 140];

/// Events of the last run after which the network is gone, and for how long.
const CUT_AFTER: usize = 60;
const CUT: Duration = Duration::from_secs(6);

/// Events of the last run after which the endpoint itself stands still, as long.
const HUNG_AFTER: usize = 200;

/// What some canisters of a fleet are, by their place; the others are of release 0.
const WRONG_CONTROLLER: usize = 3;
const STOPPED: usize = 7;
const OTHER_MODULE: usize = 11;
/// Release 2 over which the first stage is planned: release 1 refuses its memory, and the upgrade traps. Two, because one of
/// a kind is found by the rehearsal of its wave.
const TRAPS: [usize; 2] = [17, 27];
const TOO_FEW_CYCLES: usize = 19;
const ALREADY: usize = 23;

/// Brings both fleets through, and compares.
///
/// # Errors
/// `Fleet` if a run does not end as it should, or the reports differ; those of the endpoint and the client.
pub fn run(workspace: &Workspace, client: &Path, scratch: &Path) -> Result<()> {
    let began = Instant::now();
    let undisturbed = Field::new(workspace, client, scratch, "undisturbed")?.whole()?;
    println!("\n{}", undisturbed.text);
    let disturbed = Field::new(workspace, client, scratch, "disturbed")?.disturbed()?;
    println!("\n{}", disturbed.text);
    if undisturbed.json != disturbed.json {
        let differing = undisturbed.json.lines().zip(disturbed.json.lines());
        let first = differing.into_iter().find(|(one, other)| one != other);
        return Err(wrong(format!(
            "the reports of {} and {} differ: {first:?}",
            undisturbed.path.display(),
            disturbed.path.display()
        )));
    }
    println!(
        "The fleet that was killed {} times, had no network for {} s and a hung one as long ended with the same report, to the letter, in {} s.",
        KILLED_AFTER.len(),
        CUT.as_secs(),
        began.elapsed().as_secs()
    );
    Ok(())
}

/// What a run ended with.
struct Ended {
    path: PathBuf,
    json: String,
    text: String,
}

/// A network with a fleet on it.
struct Field<'a> {
    workspace: &'a Workspace,
    client: &'a Path,
    scratch: PathBuf,
    node: Child,
    url: String,
    proxy: Proxy,
}

impl Drop for Field<'_> {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

impl<'a> Field<'a> {
    fn new(workspace: &'a Workspace, client: &'a Path, scratch: &Path, name: &str) -> Result<Self> {
        let scratch = scratch.join(name);
        std::fs::create_dir_all(&scratch).map_err(error::Error::file("create", &scratch))?;
        let copy = endpoint::prepare(&workspace.root, &workspace.target)?;
        let copy = copy.ok_or_else(|| Error::NoNetwork {
            reason: format!("there is no {}", endpoint::SOURCE),
        })?;
        let (node, url) = endpoint::run(&copy)?;
        let proxy = Proxy::start(url.trim_start_matches("http://")).map_err(start("a proxy"))?;
        let field = Self {
            workspace,
            client,
            scratch,
            node,
            url,
            proxy,
        };
        let filled = Instant::now();
        field.fill()?;
        println!(
            "\n{name}: {CANISTERS} canisters on {}, made and filled in {} s",
            field.url,
            filled.elapsed().as_secs()
        );
        Ok(field)
    }

    fn icp(&self, words: &[&str]) -> Command {
        let mut icp = Command::new(self.client);
        icp.args(words).current_dir(&self.scratch);
        icp.env("ICP_HOME", self.home())
            .env("ICP_PROJECT_ROOT", &self.scratch)
            .env("DO_NOT_TRACK", "1");
        icp
    }

    /// A command about the network.
    fn on(&self, words: &[&str]) -> Result<String> {
        let mut icp = self.icp(words);
        shell::read(icp.args(["-n", &self.url, "-k", "fetch"]))
    }

    /// One folder of keys for both fleets.
    fn home(&self) -> PathBuf {
        self.scratch.with_file_name("home")
    }

    fn module(&self, name: &str) -> String {
        let path = self.workspace.module(name).with_extension("wasm.gz");
        path.display().to_string()
    }

    /// Makes the canisters, some of them odd.
    fn fill(&self) -> Result<()> {
        if !self.home().is_dir() {
            let names = [
                "identity",
                "new",
                "operator",
                "--storage",
                "plaintext",
                "--quiet",
            ];
            shell::read(&mut self.icp(&names))?;
            shell::read(&mut self.icp(&["identity", "default", "operator"]))?;
        }
        let operator = shell::read(&mut self.icp(&["identity", "principal"]))?;
        let mut ids = Vec::new();
        for place in 0..CANISTERS {
            let mut words = vec!["canister", "create", "--detached", "--quiet"];
            if place == TOO_FEW_CYCLES {
                words.extend(["--cycles", "300000000000"]);
            }
            ids.push(self.on(&words)?);
        }
        let places: Vec<usize> = (0..CANISTERS).collect();
        let failed = thread::scope(|scope| {
            let shares = places.chunks(CANISTERS / 3);
            let threads: Vec<_> = shares
                .map(|share| {
                    let (ids, operator) = (&ids, &operator);
                    scope.spawn(move || {
                        share
                            .iter()
                            .try_for_each(|place| self.furnish(*place, &ids[*place], operator))
                    })
                })
                .collect();
            let ended = threads.into_iter().map(|thread| thread.join());
            ended.filter_map(|ended| ended.ok()?.err()).next()
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let list = self.scratch.join("canisters.txt");
        let text = format!("# thirty\n{}\n", ids.join("\n"));
        std::fs::write(&list, text).map_err(error::Error::file("write", &list))
    }

    fn furnish(&self, place: usize, id: &str, owner: &str) -> Result<()> {
        let module = match place {
            OTHER_MODULE => "todo-release-0",
            place if TRAPS.contains(&place) => "tiny-budget",
            ALREADY => "individual-user",
            _ => "release-0-legacy",
        };
        let arguments = format!(
            "(record {{ profile_owner = opt principal \"{owner}\"; upgrade_version_number = opt (0 : nat64); known_principal_ids = null }})"
        );
        let module_file = self.module(module);
        let mut words = vec![
            "canister",
            "install",
            id,
            "--mode",
            "install",
            "--wasm",
            &module_file,
        ];
        if place != OTHER_MODULE {
            words.extend(["--args", &arguments]);
        }
        self.on(&words)?;
        if place.is_multiple_of(2) {
            for number in 0..3 {
                let post = format!(
                    "(record {{ hashtags = vec {{ \"music\" }}; description = \"Post {number} of {place}\"; video_uid = \"video-{number}\"; creator_consent_for_inclusion_in_hot_or_not = true }})"
                );
                self.on(&["canister", "call", id, "add_post_v2", &post])?;
            }
        }
        match place {
            STOPPED => self.on(&["canister", "stop", id]).map(drop),
            WRONG_CONTROLLER => {
                let other = "rrkah-fqaaa-aaaaa-aaaaq-cai";
                let words = ["canister", "settings", "update", id, "--force"];
                let change = ["--add-controller", other, "--remove-controller", owner];
                self.on(&[&words[..], &change[..]].concat()).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn fleet(&self, words: &[&str]) -> Command {
        let program = self.workspace.target.join("debug/stable-migrate");
        let mut command = Command::new(program);
        command.arg("fleet").args(words).current_dir(&self.scratch);
        let cache = self.workspace.target.join("canister-code");
        command
            .env("ICP_HOME", self.home())
            .env("CANISTER_HOST_CACHE", cache);
        command
    }

    /// Makes the plan, and shows it.
    fn plan(&self) -> Result<()> {
        let stage = |name: &str, module: &str| format!("{name}={}", self.module(module));
        let (adopt, moved) = (
            stage("adopt", "release-1-adopt"),
            stage("move", "individual-user"),
        );
        let (from, odd) = (self.module("release-0-legacy"), self.module("tiny-budget"));
        let url = self.proxy.url();
        let mut plan = self.fleet(&["plan", "canisters.txt", "--identity", "operator"]);
        plan.args([
            "--network",
            &url,
            "--root-key",
            "fetch",
            "--stage",
            &adopt,
            "--stage",
            &moved,
        ]);
        plan.args([
            "--from",
            &from,
            "--from",
            &odd,
            "--same",
            "get_profile_details",
        ]);
        plan.args([
            "--ask",
            "memory_report",
            "--waves",
            "2,8",
            "--rehearse",
            "1",
        ]);
        plan.args([
            "--failures",
            "50",
            "--percent",
            "255",
            "--settle",
            "24",
            "--poll",
            "1",
        ]);
        plan.args(["--retry-first", "1", "--retry-most", "5", "-o", "plan.json"]);
        println!("{}", shell::line(&plan));
        // 1: some are passed over.
        let output = plan.output().map_err(start("stable-migrate"))?;
        println!("{}", String::from_utf8_lossy(&output.stdout));
        match output.status.code() {
            Some(1) => Ok(()),
            _ => Err(wrong(String::from_utf8_lossy(&output.stderr).into_owned())),
        }
    }

    fn run(&self) -> Command {
        let mut run = self.fleet(&["run", "plan.json", "--journal", "fleet.sqlite"]);
        run.args(["--json-lines", "--metrics", "fleet.prom"]);
        run
    }

    /// A run from its begin to its end.
    fn whole(self) -> Result<Ended> {
        self.plan()?;
        let (events, code, took) = self.until_its_end(false)?;
        println!(
            "ran to its end: {events} events in {} s, exit status {code}",
            took.as_secs()
        );
        self.ended()
    }

    /// A run that is killed again and again, and then has no network for a while.
    fn disturbed(self) -> Result<Ended> {
        self.plan()?;
        for after in KILLED_AFTER {
            let mut child = self.begin()?;
            let lines = lines(&mut child)?;
            let told = lines.take(after).count();
            child.kill().map_err(start("stable-migrate"))?;
            child.wait().map_err(start("stable-migrate"))?;
            println!("killed with SIGKILL after {told} events");
            let status = self
                .fleet(&["status", "--journal", "fleet.sqlite"])
                .output();
            let status = status.map_err(start("stable-migrate"))?;
            let status = String::from_utf8_lossy(&status.stdout).into_owned();
            println!("  {}", status.lines().next().unwrap_or_default());
        }
        let (events, code, took) = self.until_its_end(true)?;
        println!(
            "ran to its end: {events} more events in {} s, exit status {code}",
            took.as_secs()
        );
        self.ended()
    }

    fn begin(&self) -> Result<Child> {
        let mut run = self.run();
        let log = std::fs::File::create(self.scratch.join("run.log"));
        let log = log.map_err(error::Error::file("create", &self.scratch))?;
        run.stdout(Stdio::piped()).stderr(log).stdin(Stdio::null());
        run.spawn().map_err(start("stable-migrate"))
    }

    fn until_its_end(&self, disturbed: bool) -> Result<(usize, i32, Duration)> {
        let began = Instant::now();
        let mut child = self.begin()?;
        let mut events = 0;
        for _ in lines(&mut child)? {
            events += 1;
            if disturbed && events == HUNG_AFTER {
                println!(
                    "the endpoint stands still for {} s, after {events} events",
                    CUT.as_secs()
                );
                self.signal("-STOP")?;
                thread::sleep(CUT);
                self.signal("-CONT")?;
            }
            if disturbed && events == CUT_AFTER {
                self.proxy.cut();
                println!("no network for {} s, after {events} events", CUT.as_secs());
                thread::sleep(CUT);
                self.proxy.mend();
            }
        }
        let status = child.wait().map_err(start("stable-migrate"))?;
        let code = status.code().unwrap_or(-1);
        // 1: some canisters failed or were passed over, as they must.
        if code == 1 {
            return Ok((events, code, began.elapsed()));
        }
        let log = std::fs::read_to_string(self.scratch.join("run.log")).unwrap_or_default();
        Err(wrong(format!("stable-migrate fleet run: {status}: {log}")))
    }

    /// Sends a signal to the endpoint.
    fn signal(&self, name: &str) -> Result<()> {
        let mut kill = Command::new("kill");
        shell::read(kill.args([name, &self.node.id().to_string()])).map(drop)
    }

    fn ended(&self) -> Result<Ended> {
        let report = |format: &str| {
            let mut report =
                self.fleet(&["report", "--journal", "fleet.sqlite", "--format", format]);
            let output = report.output().map_err(start("stable-migrate"))?;
            Ok::<_, error::Error>(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let page = self.scratch.join("report.html");
        std::fs::write(&page, report("html")?).map_err(error::Error::file("write", &page))?;
        Ok(Ended {
            path: self.scratch.clone(),
            json: report("json")?,
            text: report("text")?,
        })
    }
}

fn lines(child: &mut Child) -> Result<impl Iterator<Item = String> + use<>> {
    let out = child.stdout.take();
    let out = out.ok_or_else(|| wrong("its output is not there".to_owned()))?;
    Ok(BufReader::new(out)
        .lines()
        .map_while(std::result::Result::ok))
}

fn wrong(what: String) -> error::Error {
    Error::Fleet { what }.into()
}
