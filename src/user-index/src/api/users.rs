//! The users' canisters.

use candid::{CandidType, Principal};
use fleet::ModuleHash;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::limits::{MAX_ARGUMENT_BYTES, MAX_CREATED};
use crate::{modules, state, users as canisters};

/// What canisters are created with.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct CreateUsers {
    /// How many.
    pub count: u32,
    /// The hash of the module, in hexadecimal.
    pub module: String,
    /// The argument of `init`.
    pub argument: ByteBuf,
    /// Cycles that each gets, the fee for its creation among them.
    pub cycles: u128,
    /// Controllers beside the index; at most 9.
    pub controllers: Vec<Principal>,
}

/// A canister that was created here.
#[derive(CandidType, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct UserInfo {
    /// Its number.
    pub number: u32,
    /// The canister.
    pub canister: Principal,
    /// What it was created with; none if nothing could be installed.
    pub module: Option<String>,
    /// Seconds since 1970.
    pub created: u64,
}

/// Creates canisters one after the other, until one cannot be created. Each result is told.
#[ic_cdk::update(guard = "super::controller")]
async fn create_users(wanted: CreateUsers) -> Result<Vec<Result<Principal, String>>, String> {
    if wanted.count == 0 || wanted.count > MAX_CREATED {
        return Err(format!(
            "1 to {MAX_CREATED} canisters are created at a time"
        ));
    }
    if wanted.argument.len() > MAX_ARGUMENT_BYTES || wanted.controllers.len() > 9 {
        return Err("the argument or the list of controllers is too long".to_owned());
    }
    let hash: ModuleHash = wanted.module.parse().map_err(|not| format!("{not}"))?;
    let module = modules::get(hash)?;
    let mut results = Vec::new();
    for _ in 0..wanted.count {
        let argument = wanted.argument.to_vec();
        let created =
            canisters::create(&module, argument, wanted.cycles, &wanted.controllers).await;
        let failed = created.is_err();
        results.push(created);
        if failed {
            break;
        }
    }
    Ok(results)
}

/// The users from a number on.
#[ic_cdk::query(guard = "super::controller")]
fn users(from: u32, limit: u32) -> Vec<UserInfo> {
    state::with(|state| {
        let users = state.users.range(from..).take(super::page(limit));
        let info = users.map(|(number, user)| UserInfo {
            number,
            canister: user.0.id,
            module: user.0.module.map(|hash| hash.to_string()),
            created: user.0.created,
        });
        info.collect()
    })
}
