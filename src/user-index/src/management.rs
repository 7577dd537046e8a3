//! The management canister's methods, as far as they are needed, each answered or [failed](Failure) in the engine's words.
//!
//! Calls wait for 4 minutes at most: what comes later is lost, and a look tells what became of it. So the index can be stopped,
//! which takes 5 minutes at most. Those that carry cycles wait for as long as it takes, because a lost answer could be lost cycles;
//! so do stops, which the management canister answers after 5 minutes in any case.

use candid::utils::{ArgumentEncoder, decode_one_with_config};
use candid::{CandidType, DecoderConfig, Nat, Principal};
use fleet::{Cause, Class, ModuleHash, Reject, Running, SnapshotId, migration_status};
use ic_cdk::call::{Call, CallFailed, Response};
use ic_management_canister_types as types;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use types::{CanisterIdRecord, CanisterInstallMode, ChunkHash};

use crate::state::hot::StoredModule;

/// What reading an answer may cost, and skipping what is not wanted of it: ten times what the largest seen took.
const DECODING_QUOTA: usize = 1_000_000;

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// What was called said no, or the network does not know what became of the call.
    Rejected(Reject),
    /// It was not made, or its answer is no good.
    Refused(Cause),
    /// It had an effect that its answer does not tell.
    Lost,
}

/// How long a call waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// 4 minutes: of the management canister, whose installations take their time.
    Long,
    /// A minute.
    Short,
    /// For as long as it takes, with these cycles.
    Endless {
        /// That are sent.
        cycles: u128,
    },
}

/// What the status of a canister says, as far as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Whether it takes calls.
    pub running: Running,
    /// What is installed.
    pub module: Option<ModuleHash>,
    /// Cycles above what freezes it.
    pub spare_cycles: u128,
    /// Bytes of memory that it pays for.
    pub bytes: u64,
    /// Changes of its code, settings and state.
    pub version: u64,
}

impl Seen {
    /// Whether it takes calls.
    pub fn runs(&self) -> bool {
        self.running == Running::Running
    }
}

#[derive(CandidType, Deserialize)]
struct Status {
    status: types::CanisterStatusType,
    version: Option<u64>,
    settings: Settings,
    module_hash: Option<Vec<u8>>,
    memory_size: Nat,
    cycles: Nat,
    idle_cycles_burned_per_day: Nat,
}

#[derive(CandidType, Deserialize)]
struct Settings {
    freezing_threshold: Nat,
}

/// Calls a method of a canister.
///
/// # Errors
/// Why there is no answer.
pub async fn call<A: ArgumentEncoder>(
    id: Principal,
    method: &str,
    args: &A,
    patience: Patience,
) -> Result<Response, Failure> {
    let call = match patience {
        Patience::Long => Call::bounded_wait(id, method).change_timeout(240),
        Patience::Short => Call::bounded_wait(id, method).change_timeout(60),
        Patience::Endless { cycles } => Call::unbounded_wait(id, method).with_cycles(cycles),
    };
    call.with_args(args).await.map_err(|failed| match failed {
        CallFailed::CallRejected(rejected) => Failure::Rejected(Reject {
            code: u8::try_from(rejected.raw_reject_code()).unwrap_or(u8::MAX),
            error_code: None,
            text: rejected.reject_message().to_owned(),
        }),
        CallFailed::InsufficientLiquidCycleBalance(error) => own(format!("the index: {error}")),
        CallFailed::CallPerformFailed(error) => own(format!("the index: {error}")),
    })
}

/// The index itself could not make the call: later, perhaps.
fn own(text: String) -> Failure {
    Failure::Refused(Cause::new(Class::Transient, text))
}

/// What a canister itself tells of its move.
///
/// # Errors
/// It tells nothing.
pub async fn moved(id: Principal) -> Result<Vec<u8>, Failure> {
    let method = migration_status::MIGRATION_STATUS;
    let answer = call(id, method, &(), Patience::Short).await?;
    Ok(answer.into_bytes())
}

async fn ask<A: CandidType>(method: &str, arg: A) -> Result<Response, Failure> {
    let id = Principal::management_canister();
    call(id, method, &(arg,), Patience::Long).await
}

/// Reads an answer, at a bounded cost.
///
/// # Errors
/// It is something else.
pub fn read<T: CandidType + DeserializeOwned>(method: &str, answer: &[u8]) -> Result<T, Failure> {
    let mut config = DecoderConfig::new();
    config.set_decoding_quota(DECODING_QUOTA);
    config.set_skipping_quota(DECODING_QUOTA);
    decode_one_with_config(answer, &config).map_err(|error| {
        let text = format!("the answer to {method} cannot be read: {error}");
        Failure::Refused(Cause::new(Class::Other, text))
    })
}

/// `canister_status`.
///
/// # Errors
/// Why it is not known.
pub async fn status(id: Principal) -> Result<Seen, Failure> {
    let answer = ask("canister_status", CanisterIdRecord { canister_id: id }).await?;
    let status: Status = read("canister_status", &answer)?;
    let module = status.module_hash.as_deref();
    let cycles = number(&status.cycles);
    Ok(Seen {
        running: match status.status {
            types::CanisterStatusType::Running => Running::Running,
            types::CanisterStatusType::Stopping => Running::Stopping,
            types::CanisterStatusType::Stopped => Running::Stopped,
        },
        module: module.and_then(|hash| hash.try_into().ok().map(ModuleHash)),
        spare_cycles: cycles.saturating_sub(freezing_limit(&status)),
        bytes: u64::try_from(number(&status.memory_size)).unwrap_or(u64::MAX),
        version: status.version.unwrap_or(0),
    })
}

/// Cycles below which a canister is frozen.
fn freezing_limit(status: &Status) -> u128 {
    let seconds = number(&status.settings.freezing_threshold);
    number(&status.idle_cycles_burned_per_day).saturating_mul(seconds) / (24 * 3600)
}

fn number(nat: &Nat) -> u128 {
    u128::try_from(&nat.0).unwrap_or(u128::MAX)
}

/// `list_canister_snapshots`: their ids.
///
/// # Errors
/// Why they are not known.
pub async fn snapshots(id: Principal) -> Result<Vec<SnapshotId>, Failure> {
    let method = "list_canister_snapshots";
    let answer = ask(method, CanisterIdRecord { canister_id: id }).await?;
    let snapshots: Vec<types::Snapshot> = read(method, &answer)?;
    Ok(snapshots.into_iter().map(|snapshot| snapshot.id).collect())
}

/// `deposit_cycles`.
///
/// # Errors
/// Why they were not taken.
pub async fn deposit(id: Principal, cycles: u128) -> Result<(), Failure> {
    if ic_cdk::api::canister_liquid_cycle_balance() < cycles.saturating_add(crate::driver::RESERVE)
    {
        return Err(own(format!("the index has no {cycles} cycles to give")));
    }
    let patience = Patience::Endless { cycles };
    let arg = (CanisterIdRecord { canister_id: id },);
    let answer = call(
        Principal::management_canister(),
        "deposit_cycles",
        &arg,
        patience,
    )
    .await;
    answer.map(drop)
}

/// `stop_canister`.
///
/// # Errors
/// Why it did not stop.
pub async fn stop(canister_id: Principal) -> Result<(), Failure> {
    let (id, patience) = (
        Principal::management_canister(),
        Patience::Endless { cycles: 0 },
    );
    let arg = (CanisterIdRecord { canister_id },);
    let answer = call(id, "stop_canister", &arg, patience).await;
    answer.map(drop)
}

/// `start_canister`.
///
/// # Errors
/// Why it does not run.
pub async fn start(canister_id: Principal) -> Result<(), Failure> {
    let answer = ask("start_canister", CanisterIdRecord { canister_id }).await;
    answer.map(drop)
}

/// `take_canister_snapshot`: its id.
///
/// # Errors
/// Why there is none. One whose id cannot be read may be there.
pub async fn take_snapshot(canister_id: Principal) -> Result<SnapshotId, Failure> {
    let method = "take_canister_snapshot";
    let arg = types::TakeCanisterSnapshotArgs {
        canister_id,
        replace_snapshot: None,
        uninstall_code: None,
        sender_canister_version: None,
    };
    let answer = ask(method, arg).await?;
    let snapshot: types::Snapshot = read(method, &answer).map_err(|_| Failure::Lost)?;
    Ok(snapshot.id)
}

/// `load_canister_snapshot`.
///
/// # Errors
/// Why it was not loaded.
pub async fn load_snapshot(canister_id: Principal, snapshot_id: SnapshotId) -> Result<(), Failure> {
    let arg = types::LoadCanisterSnapshotArgs {
        canister_id,
        snapshot_id,
        sender_canister_version: None,
    };
    ask("load_canister_snapshot", arg).await.map(drop)
}

/// `delete_canister_snapshot`.
///
/// # Errors
/// Why it was not deleted.
pub async fn delete_snapshot(
    canister_id: Principal,
    snapshot_id: SnapshotId,
) -> Result<(), Failure> {
    let arg = types::DeleteCanisterSnapshotArgs {
        canister_id,
        snapshot_id,
    };
    ask("delete_canister_snapshot", arg).await.map(drop)
}

/// `install_chunked_code`, from the index's chunk store.
///
/// # Errors
/// Why it was not installed.
pub async fn install(
    target_canister: Principal,
    mode: CanisterInstallMode,
    module: &StoredModule,
    arg: Vec<u8>,
) -> Result<(), Failure> {
    let chunks = module.chunks.iter().map(|hash| ChunkHash {
        hash: hash.to_vec(),
    });
    let arg = types::InstallChunkedCodeArgs {
        mode,
        target_canister,
        store_canister: Some(ic_cdk::api::canister_self()),
        chunk_hashes_list: chunks.collect(),
        wasm_module_hash: module.hash.0.to_vec(),
        arg,
        sender_canister_version: None,
    };
    ask("install_chunked_code", arg).await.map(drop)
}

/// `create_canister`, with these cycles and controllers.
///
/// # Errors
/// Why there is none.
pub async fn create(controllers: Vec<Principal>, cycles: u128) -> Result<Principal, Failure> {
    let method = "create_canister";
    let arg = types::CreateCanisterArgs {
        settings: Some(types::CanisterSettings {
            controllers: Some(controllers),
            ..types::CanisterSettings::default()
        }),
        sender_canister_version: None,
    };
    let patience = Patience::Endless { cycles };
    let answer = call(Principal::management_canister(), method, &(arg,), patience).await?;
    let created: CanisterIdRecord = read(method, &answer)?;
    Ok(created.canister_id)
}

/// `upload_chunk` to the index itself: its hash.
///
/// # Errors
/// Why it was not taken.
pub async fn upload_chunk(chunk: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let arg = types::UploadChunkArgs {
        canister_id: ic_cdk::api::canister_self(),
        chunk,
    };
    let answer = ask("upload_chunk", arg).await?;
    let hash: ChunkHash = read("upload_chunk", &answer)?;
    Ok(hash.hash)
}

/// `clear_chunk_store` of the index itself.
///
/// # Errors
/// Why it was not cleared.
pub async fn clear_chunks() -> Result<(), Failure> {
    let canister_id = ic_cdk::api::canister_self();
    let answer = ask("clear_chunk_store", CanisterIdRecord { canister_id }).await;
    answer.map(drop)
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Rejected(reject) => f.write_str(&reject.text),
            Self::Refused(cause) => cause.fmt(f),
            Self::Lost => f.write_str("lost: no answer came, and nobody knows what became of it"),
        }
    }
}
