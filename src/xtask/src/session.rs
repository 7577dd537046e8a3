//! One shell session, command by command: what a command assigns, the next one finds.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result, start};
use crate::shell::quote;

/// Where a command leaves its variables.
const VARIABLES: &str = "ICP_RUN_VARIABLES";

/// What bash sets itself.
const OF_BASH: [&str; 5] = ["_", "OLDPWD", "PWD", "SHLVL", VARIABLES];

/// A session of bash in one directory.
pub struct Session {
    directory: PathBuf,
    scratch: PathBuf,
    variables: BTreeMap<String, String>,
}

/// How a command ended.
pub struct Outcome {
    /// Whether it succeeded.
    pub success: bool,
    /// What was kept of what it printed, as it came.
    pub printed: String,
}

impl Session {
    /// A session in `directory` that starts with `variables` beside those of this process. Its
    /// own files are in `scratch`.
    pub fn new(directory: &Path, scratch: &Path, variables: BTreeMap<String, String>) -> Self {
        Self {
            directory: directory.to_owned(),
            scratch: scratch.to_owned(),
            variables,
        }
    }

    /// The value of a variable that the session started with or a command assigned.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// A program with the session's variables.
    pub fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.directory).envs(&self.variables);
        command
    }

    /// Runs a command as bash does: the first of its parts that fails ends it. `show` gets every
    /// line it prints, to either stream, as it comes. The variables of one that fails are lost.
    ///
    /// # Errors
    /// `Start` if there is no bash, `File` if its variables cannot be kept.
    pub fn run(&mut self, command: &str, show: impl FnMut(&str)) -> Result<Outcome> {
        let (reader, writer) = std::io::pipe().map_err(start("bash"))?;
        let errors = writer.try_clone().map_err(start("bash"))?;
        self.read(command, reader, writer, errors.into(), show)
    }

    /// The same, with standard error left to this process's own: only standard output is shown and kept.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub fn output(&mut self, command: &str, show: impl FnMut(&str)) -> Result<Outcome> {
        let (reader, writer) = std::io::pipe().map_err(start("bash"))?;
        self.read(command, reader, writer, Stdio::inherit(), show)
    }

    fn read(
        &mut self,
        command: &str,
        reader: PipeReader,
        writer: PipeWriter,
        errors: Stdio,
        mut show: impl FnMut(&str),
    ) -> Result<Outcome> {
        let left = self.scratch.join("variables");
        let script = format!("{command}\nenv -0 >\"${VARIABLES}\"\n");
        let mut bash = self.program("bash");
        bash.args(["-aeu", "-o", "pipefail", "-c", &script])
            .env(VARIABLES, &left)
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(errors);
        let mut child = bash.spawn().map_err(start("bash"))?;
        drop(bash);
        let mut printed = String::new();
        for line in BufReader::new(reader).split(b'\n') {
            let line = line.map_err(start("bash"))?;
            let line = String::from_utf8_lossy(&line);
            show(&line);
            printed += &line;
            printed.push('\n');
        }
        let success = child.wait().map_err(start("bash"))?.success();
        if success {
            self.take_over(&fs::read(&left).map_err(Error::file("read", &left))?);
        }
        Ok(Outcome { success, printed })
    }

    /// Keeps what differs from this process's own variables.
    fn take_over(&mut self, environment: &[u8]) {
        for pair in environment.split(|byte| *byte == 0) {
            let pair = String::from_utf8_lossy(pair);
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let own = std::env::var_os(name)
                .is_some_and(|own| own.as_encoded_bytes() == value.as_bytes());
            if !own && !OF_BASH.contains(&name) {
                self.variables.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Writes a file that gives a shell the session's directory and variables; returns its path.
    ///
    /// # Errors
    /// `File` if it cannot be written.
    pub fn save(&self) -> Result<PathBuf> {
        let mut text = format!("cd {}\n", quote(&self.directory.to_string_lossy()));
        for (name, value) in &self.variables {
            text += &format!("export {name}={}\n", quote(value));
        }
        let path = self.scratch.join("session.sh");
        fs::write(&path, text).map_err(Error::file("write", &path))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> (tempfile::TempDir, Session) {
        let scratch = tempfile::tempdir().unwrap();
        let start = BTreeMap::from([("START".to_owned(), "here".to_owned())]);
        let session = Session::new(scratch.path(), scratch.path(), start);
        (scratch, session)
    }

    fn run(session: &mut Session, command: &str) -> Outcome {
        session.run(command, |_| {}).unwrap()
    }

    #[test]
    fn what_a_command_assigns_the_next_finds() {
        let (_scratch, mut session) = session();
        assert!(run(&mut session, "A=\"$START and\nthere\"; B=$(echo b)").success);
        assert_eq!(session.variable("B"), Some("b"));
        assert_eq!(
            run(&mut session, "echo \"$A\"").printed,
            "here and\nthere\n"
        );
    }

    #[test]
    fn both_streams_are_shown_in_order() {
        let (_scratch, mut session) = session();
        let mut shown = Vec::new();
        let outcome = session.run("echo one; echo two >&2; echo three", |line| {
            shown.push(line.to_owned());
        });
        assert_eq!(outcome.unwrap().printed, "one\ntwo\nthree\n");
        assert_eq!(shown, ["one", "two", "three"]);
    }

    #[test]
    fn standard_output_can_be_had_alone() {
        let (_scratch, mut session) = session();
        let outcome = session.output("A=1; echo one; echo two >&2", |_| {});
        assert_eq!(outcome.unwrap().printed, "one\n");
        assert_eq!(session.variable("A"), Some("1"));
    }

    #[test]
    fn the_first_failure_ends_a_command() {
        let (_scratch, mut session) = session();
        for command in [
            "false; echo on",
            "false | true",
            "echo $NOT_ASSIGNED_ANYWHERE",
        ] {
            let outcome = run(&mut session, command);
            assert!(
                !outcome.success && !outcome.printed.contains("on\n"),
                "{command}"
            );
        }
    }

    #[test]
    fn a_shell_can_take_the_session_up() {
        let (_scratch, mut session) = session();
        run(&mut session, "A=\"it's here\"");
        let file = session.save().unwrap();
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains(r"export A='it'\''s here'"), "{text}");
    }
}
