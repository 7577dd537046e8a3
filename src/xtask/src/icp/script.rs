//! A block's text as commands, each of which can be shown, run and repeated by itself.

use std::process::{Command, Stdio};

use super::error::Error;
use crate::error::{Result, start};

/// Splits `text`, whose first line is line `first` of the runbook, into commands: each is as many
/// lines as bash needs to take them for complete. Comments stay with the command they precede.
///
/// # Errors
/// `Block` if the last lines are no complete command, `Start` if there is no bash.
pub fn commands(text: &str, first: usize) -> Result<Vec<String>> {
    let mut commands = Vec::new();
    let mut command = String::new();
    let mut begun = first;
    for (line, number) in text.lines().zip(first..) {
        if command.is_empty() {
            begun = number;
        }
        command += line;
        if !says_something(&command) {
            command.push('\n');
        } else if !line.ends_with('\\') && complete(&command)? {
            commands.push(std::mem::take(&mut command).trim().to_owned());
        } else {
            command.push('\n');
        }
    }
    if says_something(&command) {
        let reason = format!(
            "bash takes this for no complete command: {}",
            command.trim()
        );
        return Err(Error::Block {
            line: begun,
            reason,
        }
        .into());
    }
    Ok(commands)
}

/// Whether there is more than comments and space.
fn says_something(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.any(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether bash takes `text` for complete. It warns of a document without its end, and goes on.
fn complete(text: &str) -> Result<bool> {
    let mut bash = Command::new("bash");
    bash.args(["-n", "-c", text]).stdin(Stdio::null());
    let output = bash.output().map_err(start("bash"))?;
    Ok(output.status.success() && output.stderr.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command() {
        assert_eq!(
            commands("one\n\ntwo three\n", 1).unwrap(),
            ["one", "two three"]
        );
    }

    #[test]
    fn a_command_may_take_several_lines() {
        let text =
            "one \\\n  two\nfor x in a b; do\n  echo \"$x\"\ndone\necho '(record {\n})'\ntrue\n";
        let found = commands(text, 1).unwrap();
        let expected = [
            "one \\\n  two",
            "for x in a b; do\n  echo \"$x\"\ndone",
            "echo '(record {\n})'",
            "true",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_comment_stays_with_its_command() {
        assert_eq!(commands("# why\none\n", 1).unwrap(), ["# why\none"]);
    }

    #[test]
    fn what_is_not_complete_is_named_with_its_line() {
        let said = commands("one\nif true; then\n  two\n", 10)
            .unwrap_err()
            .to_string();
        assert!(said.contains("line 11"), "{said}");
    }
}
