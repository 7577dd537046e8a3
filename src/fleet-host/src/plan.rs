//! Plans and lists of members as tests and simulations want them.

use candid::Principal;
use canister_host::Module;
use fleet::ModuleHash;
use user_index::api::plan::{GivenMember, Members};
use user_index::api::views::{BudgetArg, PlanArgs, RetryArg, StageArgs};

/// The hash of a module, as plans have it.
pub fn hash(module: &Module) -> String {
    ModuleHash::of(module.bytes()).to_string()
}

/// A plan through both stages of the individual user canister: from `legacy` to `adopt`, the hash of stage one's module, and on
/// to `today`, that of stage two's. Failures halt nothing: whoever wants a budget sets one.
pub fn stages(legacy: &Module, adopt: &str, today: &str) -> PlanArgs {
    PlanArgs {
        stages: vec![
            stage("adopt", adopt, &[hash(legacy)], false),
            stage("today", today, &[], true),
        ],
        budget: Some(BudgetArg {
            failures: u32::MAX,
            percent: None,
        }),
        retry: Some(RetryArg {
            times: 4,
            first: 5,
            most: 60,
        }),
        ..PlanArgs::default()
    }
}

/// One stage.
pub fn stage(name: &str, module: &str, from: &[String], moves: bool) -> StageArgs {
    StageArgs {
        name: name.to_owned(),
        module: module.to_owned(),
        from: from.to_vec(),
        moves,
    }
}

/// Canisters in waves of these sizes, in this order, and a last one of all that are left.
pub fn waves(users: &[Principal], sizes: &[usize]) -> Members {
    let ends: Vec<usize> = sizes
        .iter()
        .scan(0, |end, size| {
            *end += size;
            Some(*end)
        })
        .collect();
    let members = users.iter().enumerate().map(|(at, id)| GivenMember {
        canister: *id,
        subnet: 0,
        wave: ends.iter().filter(|end| at >= **end).count() as u16,
        rehearse: false,
    });
    Members::Given(members.collect())
}
