//! What every command of the command line has, and what is said where one is mistyped.

use clap::Command;

use super::*;

/// A command, and what it is called by.
fn every_command() -> Vec<(String, Command)> {
    fn below(path: &str, command: &Command, all: &mut Vec<(String, Command)>) {
        all.push((path.to_owned(), command.clone()));
        for command in command.get_subcommands() {
            below(&format!("{path} {}", command.get_name()), command, all);
        }
    }
    let mut all = Vec::new();
    below("stable-migrate", &Cli::command(), &mut all);
    all
}

/// The examples in the help of a command, each with the lines that it goes on in, up to a pipe or a redirection.
fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_default().replace("\\\n", " ");
    let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
    lines
        .filter(|line| line.starts_with("stable-migrate "))
        .map(|line| line.split(['|', '>']).next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_an_example_of_itself() {
    let commands = every_command();
    assert!(commands.len() > 15);
    for (path, command) in &commands {
        let start = format!("{path} ");
        let examples = examples(command);
        assert!(
            examples.iter().any(|example| example.starts_with(&start)),
            "{path}: {examples:?}"
        );
    }
}

#[test]
fn every_example_can_be_typed() {
    for (path, command) in every_command() {
        for example in examples(&command) {
            let words = shlex::split(&example).unwrap_or_else(|| panic!("{example}"));
            if let Err(told) = Cli::try_parse_from(words) {
                panic!("the help of {path} has the example `{example}`: {told}");
            }
        }
    }
}

/// What is said of a command line.
fn said(line: &str) -> String {
    let words = shlex::split(line).unwrap();
    let Err(told) = Cli::try_parse_from(&words) else {
        return "understood".to_owned();
    };
    let told = mistyped::explain(told).to_string();
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A command line, and the sentence that says what was found, what is expected, and what may be meant.
const MISTYPED: &[(&str, &str)] = &[
    ("inspcet a", "tip: a similar subcommand exists: 'inspect'"),
    (
        "inspect a --shalow",
        "tip: a similar argument exists: '--shallow'",
    ),
    (
        "revert a --to legcy --wasm b -o c",
        "[possible values: legacy, memory0] tip: a similar value exists: 'legacy'",
    ),
    (
        "rehearse a --wasm b --cycles 3t",
        "\"3t\" is not a number of cycles, as 3_000_000_000_000, 500B or 3.5 T are; did you mean 3T?",
    ),
    (
        "rehearse a --wasm b --cycles 3T --memory-allocation 4GB",
        "\"4GB\" is not a number of bytes, as 130123, 2 MiB or 4GiB are; did you mean 4GiB?",
    ),
    (
        "rehearse a --wasm b --wasm-memory-limit 1G",
        "\"1G\" is not a number of bytes, as 130123, 2 MiB or 4GiB are; did you mean 1GiB?",
    ),
    (
        "rehearse a --wasm b --cycles 3T --freezing-threshold '30 days'",
        "\"30 days\" is neither a number of seconds nor of days, as 2592000 or 30d are; did you mean 30d?",
    ),
    (
        "rehearse a --wasm b --freezing-threshold 30d",
        "--cycles <CYCLES>",
    ),
    (
        "rehearse a --wasm b --fault=often",
        "invalid value 'often' for '--fault[=<K>]': invalid digit found in string tip: a whole number is expected, as 100000",
    ),
    (
        "rehearse a --wasm b --install-instructions 300_000_000_000",
        "tip: a whole number is written without marks between its digits: 300000000000",
    ),
    (
        "rehearse a --arg '()' --wasm b",
        "each --arg belongs to the --wasm in front of it, as --wasm release-1.wasm --arg '()'",
    ),
    (
        "rehearse a --wasm b --sender nobody",
        "A principal is written as 2vxsx-fae or rrkah-fqaaa-aaaaa-aaaaq-cai",
    ),
    (
        "plan --canisters 100k a",
        "tip: a whole number is expected, as 100000",
    ),
    (
        "compact a -o b --bucket-pages few",
        "tip: a whole number is expected, as 100000",
    ),
    ("completions bahs", "tip: a similar value exists: 'bash'"),
];

#[test]
fn what_is_mistyped_is_said_with_what_is_expected() {
    let told = MISTYPED.iter().map(|(line, sentence)| {
        let said = said(&format!("stable-migrate {line}"));
        (line, sentence, said)
    });
    let otherwise: Vec<_> = told
        .filter(|(_, sentence, said)| !said.contains(*sentence))
        .collect();
    assert!(otherwise.is_empty(), "{otherwise:#?}");
}

#[cfg(feature = "fleet")]
#[test]
fn a_class_of_failures_that_is_mistyped_is_asked_for() {
    let said = said("stable-migrate fleet retry --journal a --class too-few-cycle");
    let sentence = "a similar value exists: 'too-few-cycles'";
    assert!(said.contains(sentence), "{said}");
}
