//! `stable-migrate upgrade`.

use std::path::PathBuf;

use clap::Args;
use stable_migrate::{
    BucketChoice, Error, OfflineUpgrade, Outcome, Progress, SnapshotDir, count_text, number_text,
    parse_bytes, saving_text, share_text,
};

use super::setting::SettingArgs;
use super::steps::load_step;
use super::{Verdict, complain, next_steps, print};

/// Upgrade, migrate and shrink a canister offline: a new snapshot to be loaded
///
/// Runs the old module's pre_upgrade, the new one's post_upgrade and its migration to the end on an embedded host,
/// upgrades once more so that everything is saved and the heap is fresh, compacts stable memory, and writes a whole
/// new snapshot: module, heap, globals, stable memory, timer. Loading it upgrades, migrates and shrinks the canister
/// without one instruction on chain.
///
/// Every query without an argument is asked at the start and after each step, and of the snapshot that was written.
/// If an answer is not the same, nothing is written and the status is 1.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Upgrade {
    /// Snapshot directory
    path: PathBuf,
    /// Module to upgrade to, plain or packed with gzip
    #[arg(long, value_name = "FILE")]
    wasm: PathBuf,
    /// Argument of the upgrade: Candid as '(record { n = 1 })', or hex:4449444c… [default: ()]
    #[arg(long, value_name = "ARG")]
    arg: Option<String>,
    /// Argument of the upgrades that follow with the same module [default: the same]
    #[arg(long, value_name = "ARG")]
    arg_again: Option<String>,
    /// What to make: a directory that does not exist yet
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Skip pre_upgrade in the first upgrade: what is on the heap and not in stable memory is lost
    #[arg(long)]
    skip_pre_upgrade: bool,
    /// What all virtual memories have to be able to reach together, as 32GiB; by default as `compact` chooses
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    ceiling: Option<u64>,
    #[command(flatten)]
    setting: SettingArgs,
    /// Name or id of the canister, for the commands that are printed
    #[arg(long, value_name = "NAME", default_value = "CANISTER")]
    canister: String,
}

const EXAMPLES: &str = "Examples:
  stable-migrate upgrade my-snapshot --wasm release-2.wasm -o my-snapshot-upgraded
  stable-migrate upgrade my-snapshot --wasm release-2.wasm --arg '(record {})' -o upgraded --canister my_canister";

impl Upgrade {
    pub fn run(self) -> Result<Verdict, Error> {
        let directory = SnapshotDir::open(&self.path)?;
        let progress = Progress::busy();
        let mut step = load_step(&self.wasm, self.arg.as_deref())?;
        step.skip_pre_upgrade = self.skip_pre_upgrade;
        let argument_again = match &self.arg_again {
            None => step.argument.clone(),
            Some(argument) => load_step(&self.wasm, Some(argument))?.argument,
        };
        let upgrade = OfflineUpgrade {
            setting: self.setting.setting(),
            step,
            argument_again,
            calls: self.setting.calls()?,
            left_out: self.setting.left_out(),
            buckets: self
                .ceiling
                .map_or(BucketChoice::RightSize, BucketChoice::Ceiling),
        };
        let outcome = upgrade.run(&directory, &self.output, &mut |stage: &str| {
            progress.say(stage)
        })?;
        drop(progress);
        print(&self.summary(&outcome))?;
        if !outcome.held() {
            complain("an answer is not the same, so nothing was written");
            return Ok(Verdict::Different);
        }
        let commands = next_steps::commands(&self.canister, &self.path, &self.output);
        print(&format!("\n{commands}"))?;
        Ok(Verdict::Held)
    }

    fn summary(&self, outcome: &Outcome) -> String {
        let mut text = format!("{} -> {}\n", self.path.display(), self.output.display());
        let mut line = |name: &str, line: &str| text.push_str(&format!("  {name:14} {line}\n"));
        let (report, took) = &outcome.upgrade;
        let limit = self.setting.setting().install_instructions;
        line(
            "upgrade",
            &format!(
                "{} instructions, {} of the limit on chain; {} ms here",
                number_text(report.instructions()),
                share_text(report.instructions(), limit),
                number_text(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
            ),
        );
        line(
            "migration",
            &match &outcome.settled {
                None => "nothing to wait for".to_owned(),
                Some(settled) => format!(
                    "done after {} and {} instructions",
                    count_text(settled.messages, "message"),
                    number_text(settled.instructions)
                ),
            },
        );
        let [start, migrated, end] = outcome.pages;
        for (name, pages) in [
            ("heap", [start.0, migrated.0, end.0]),
            ("stable memory", [start.1, migrated.1, end.1]),
        ] {
            let [before, between, after] = pages;
            line(
                name,
                &format!(
                    "{before} pages -> {between} after the migration -> {after}, {}",
                    saving_text(before.into(), after.into())
                ),
            );
        }
        if let Some((before, after)) = outcome.buckets {
            let pages = |count: u16| count_text(count.into(), "page");
            line(
                "buckets",
                &format!("of {} -> of {}", pages(before), pages(after)),
            );
        }
        for (when, compared) in &outcome.checks {
            let different = compared.different.len() as u64;
            let order = match compared.in_other_order {
                0 => String::new(),
                count => format!(", {} with a list in another order", number_text(count)),
            };
            let same = number_text(compared.asked - different);
            let asked = count_text(compared.asked, "answer");
            line(
                "checked",
                &format!("{same} of {asked} the same {when}{order}"),
            );
            for difference in &compared.different {
                line(
                    "DIFFERENT",
                    &format!(
                        "{} at {}: {} before, {} after",
                        difference.question, difference.at, difference.before, difference.after
                    ),
                );
            }
        }
        if !outcome.left_out.is_empty() {
            line("not asked", &outcome.left_out.join(", "));
        }
        text
    }
}
