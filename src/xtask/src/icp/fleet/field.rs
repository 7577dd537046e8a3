//! A network with thirty canisters on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use super::odd::{self, Odd};
use super::{WRITTEN, wrong};
use crate::error::{self, Error, Result, start};
use crate::icp::endpoint;
use crate::icp::error as of_run;
use crate::icp::proxy::Proxy;
use crate::icp::run::{Run, variables};
use crate::session::Session;
use crate::shell;
use crate::workspace::Workspace;

/// Canisters of a fleet.
const CANISTERS: usize = 30;

/// How long the endpoint waits for a canister that does not stop.
const STOP: Duration = Duration::from_secs(8);

/// See the [module](self).
pub struct Field<'a> {
    workspace: &'a Workspace,
    client: &'a Path,
    /// Where the operator works.
    pub scratch: PathBuf,
    node: Child,
    url: String,
    /// What stands between the operator and the network.
    pub proxy: Proxy,
}

impl Drop for Field<'_> {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

impl<'a> Field<'a> {
    /// A field in an empty folder of `scratch` with this name.
    ///
    /// # Errors
    /// `NoNetwork` if there is no endpoint; those of the client.
    pub fn new(
        workspace: &'a Workspace,
        client: &'a Path,
        scratch: &Path,
        name: &str,
    ) -> Result<Self> {
        let scratch = scratch.join(name);
        std::fs::create_dir_all(&scratch).map_err(Error::file("create", &scratch))?;
        let copy = endpoint::prepare(&workspace.root, &workspace.target)?;
        let copy = copy.ok_or_else(|| of_run::Error::NoNetwork {
            reason: format!("there is no {}", endpoint::SOURCE),
        })?;
        let (node, url) = endpoint::run_impatient(&copy, STOP)?;
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

    /// A session in which the runbook's commands are run, with what is particular here in the variable HERE.
    pub fn session(&self) -> Run<'static> {
        static NO_MODULES: BTreeMap<String, String> = BTreeMap::new();
        let target = &self.workspace.target;
        let mut start = variables(self.client, &self.scratch, &self.scratch, target);
        let program = target.join("debug").display().to_string();
        // It names networks by their addresses.
        start.remove("ICP_ENVIRONMENT");
        if let Some(path) = start.get_mut("PATH") {
            *path = format!("{program}:{path}");
        }
        let modules = target.join("canisters").display().to_string();
        // Four retries take longer than the network is gone.
        let here = format!(
            "--network {} --root-key fetch --settle 24 --poll 1 --retries 4 --retry-first 1 --retry-most 5 {}",
            self.proxy.url(),
            odd::origins(&modules)
        );
        start.insert("ICP_HOME".to_owned(), self.home().display().to_string());
        start.insert("MODULES".to_owned(), modules);
        start.insert("HERE".to_owned(), here);
        start.insert("ON".to_owned(), format!("-n {} -k fetch", self.url));
        let session = Session::new(&self.scratch, &self.scratch, start);
        Run::new(session, "", &NO_MODULES)
    }

    /// The report that the runbook wrote.
    ///
    /// # Errors
    /// `File` if there is none.
    pub fn report(&self) -> Result<String> {
        let path = self.scratch.join(WRITTEN);
        std::fs::read_to_string(&path).map_err(Error::file("read", &path))
    }

    /// Lets the endpoint stand still for a while.
    ///
    /// # Errors
    /// `Start` if no signal can be sent.
    pub fn hang(&self, time: Duration) -> Result<()> {
        let signal = |name: &str| {
            let mut kill = Command::new("kill");
            shell::read(kill.args([name, &self.node.id().to_string()])).map(drop)
        };
        signal("-STOP")?;
        thread::sleep(time);
        signal("-CONT")
    }

    /// A command of `stable-migrate fleet`.
    pub fn fleet(&self, words: &[&str]) -> Command {
        let program = self.workspace.target.join("debug/stable-migrate");
        let mut command = Command::new(program);
        command.arg("fleet").args(words).current_dir(&self.scratch);
        let cache = self.workspace.target.join("canister-code");
        command
            .env("ICP_HOME", self.home())
            .env("CANISTER_HOST_CACHE", cache);
        command
    }

    fn icp(&self, words: &[&str]) -> Command {
        let mut icp = Command::new(self.client);
        icp.args(words).current_dir(&self.scratch);
        icp.env("ICP_HOME", self.home())
            .env("ICP_PROJECT_ROOT", &self.scratch)
            .env("DO_NOT_TRACK", "1");
        icp
    }

    /// A command of the client about the network.
    ///
    /// # Errors
    /// It fails.
    pub fn on(&self, words: &[&str]) -> Result<String> {
        let mut icp = self.icp(words);
        shell::read(icp.args(["-n", &self.url, "-k", "fetch"]))
    }

    /// One folder of keys for both fleets.
    fn home(&self) -> PathBuf {
        self.scratch.with_file_name("home")
    }

    /// The file of a module, packed.
    pub fn packed(&self, name: &str) -> String {
        let path = self.workspace.module(name).with_extension("wasm.gz");
        path.display().to_string()
    }

    /// The file of a module, as it was built.
    pub fn raw(&self, name: &str) -> String {
        self.workspace.module(name).display().to_string()
    }

    /// A new canister.
    ///
    /// # Errors
    /// The client fails.
    pub fn create(&self, options: &[&str]) -> Result<String> {
        let words = ["canister", "create", "--detached", "--quiet"];
        self.on(&[&words, options].concat())
    }

    /// Makes the canisters, some of them odd.
    fn fill(&self) -> Result<()> {
        if !self.home().is_dir() {
            let identity = [
                "identity",
                "new",
                "operator",
                "--storage",
                "plaintext",
                "--quiet",
            ];
            shell::read(&mut self.icp(&identity))?;
            shell::read(&mut self.icp(&["identity", "default", "operator"]))?;
        }
        let operator = shell::read(&mut self.icp(&["identity", "principal"]))?;
        let mut ids = Vec::new();
        for place in 0..CANISTERS {
            ids.push(self.create(Odd::at(place).map_or(&[], Odd::created_with))?);
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
            let ended: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
            ended.into_iter().find_map(|ended| match ended {
                Ok(furnished) => furnished.err(),
                Err(_) => Some(wrong("a canister could not be furnished".to_owned())),
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let list = self.scratch.join("canisters.txt");
        let text = format!("# thirty\n{}\n", ids.join("\n"));
        std::fs::write(&list, text).map_err(error::Error::file("write", &list))
    }

    fn furnish(&self, place: usize, id: &str, owner: &str) -> Result<()> {
        let odd = Odd::at(place);
        let module = match odd {
            Some(odd) => odd.module(self)?,
            None => self.packed("release-0-legacy"),
        };
        let arguments = format!(
            "(record {{ profile_owner = opt principal \"{owner}\"; upgrade_version_number = opt (0 : nat64); known_principal_ids = null }})"
        );
        let mut words = vec!["canister", "install", id, "--mode", "install"];
        words.extend(["--wasm", &module]);
        if odd.is_none_or(Odd::takes_arguments) {
            words.extend(["--args", &arguments]);
        }
        self.on(&words)?;
        if place.is_multiple_of(2) && odd.is_none_or(Odd::takes_arguments) {
            self.post(id, place, 3)?;
        }
        match odd {
            Some(odd) => odd.make(self, place, id, owner),
            None => Ok(()),
        }
    }

    /// Gives a canister posts.
    ///
    /// # Errors
    /// It refuses one.
    pub fn post(&self, id: &str, place: usize, posts: usize) -> Result<()> {
        for number in 0..posts {
            let post = format!(
                "(record {{ hashtags = vec {{ \"music\" }}; description = \"Post {number} of {place}\"; video_uid = \"video-{number}\"; creator_consent_for_inclusion_in_hot_or_not = true }})"
            );
            self.on(&["canister", "call", id, "add_post_v2", &post])?;
        }
        Ok(())
    }
}
