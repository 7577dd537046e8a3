//! What a rehearsal shows for each stage, as a table and as JSON.

use canister_host::{InstallReport, MessageReport};
use serde::Serialize;

use crate::rehearsal::Size;
use crate::table::{Align, Table, grouped};

/// One line of the closing table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// What was done.
    pub stage: String,
    /// What stable memory holds after it.
    pub layout: String,
    /// Pages of stable memory after it, 64 KiB each.
    pub stable_pages: u64,
    /// Pages of heap after it, 64 KiB each.
    pub heap_pages: u64,
    /// Instructions of the old module's pre_upgrade, if it ran.
    pub pre_upgrade_instructions: Option<u64>,
    /// Instructions of the new module's post_upgrade, if it ran.
    pub post_upgrade_instructions: Option<u64>,
    /// Questions asked.
    pub questions: usize,
    /// Questions answered as at the first stage; all of them at the first stage.
    pub equal_answers: usize,
}

impl Stage {
    /// The line for what was done at `stage`, at the cost of `hooks`.
    pub fn new(
        stage: &str,
        hooks: &InstallReport,
        size: &Size,
        questions: usize,
        equal_answers: usize,
    ) -> Self {
        let cost = |hook: &Option<MessageReport>| hook.as_ref().map(|ran| ran.instructions);
        Self {
            stage: stage.to_owned(),
            layout: size.contents.layout.to_string(),
            stable_pages: size.stable_pages,
            heap_pages: size.heap_pages,
            pre_upgrade_instructions: cost(&hooks.pre_upgrade),
            post_upgrade_instructions: cost(&hooks.post_upgrade),
            questions,
            equal_answers,
        }
    }
}

/// The stages as a table.
pub fn table(stages: &[Stage]) -> Table {
    let mut table = Table::new(&[
        ("stage", Align::Left),
        ("stable memory", Align::Left),
        ("stable pages", Align::Right),
        ("heap pages", Align::Right),
        ("pre_upgrade", Align::Right),
        ("post_upgrade", Align::Right),
        ("answers equal", Align::Right),
    ]);
    let cost = |instructions: Option<u64>| instructions.map_or("–".to_owned(), grouped);
    for (number, stage) in stages.iter().enumerate() {
        let equal = if number == 0 {
            format!("{} asked", stage.questions)
        } else {
            format!("{} of {}", stage.equal_answers, stage.questions)
        };
        table.row([
            stage.stage.clone(),
            stage.layout.clone(),
            grouped(stage.stable_pages),
            grouped(stage.heap_pages),
            cost(stage.pre_upgrade_instructions),
            cost(stage.post_upgrade_instructions),
            equal,
        ]);
    }
    table
}
