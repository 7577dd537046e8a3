//! What the management canister is asked to do, read from a method and an argument.

use candid::utils::ArgumentEncoder;
use candid::{CandidType, DecoderConfig, Encode, Principal, decode_one_with_config, encode_args};
use ic_management_canister_types as types;
use serde::de::DeserializeOwned;
use types::CanisterIdRecord;

use crate::reject::{Reject, code};

/// What reading an argument may cost: an argument of 10 MiB, four for a byte, and what few
/// and small fields take beside it.
const DECODING_QUOTA: usize = 64 << 20;
/// What skipping fields that are not known here may cost.
const SKIPPING_QUOTA: usize = 10_000;

/// A call to the management canister.
pub(super) enum Command {
    RawRand,
    CreateCanister(types::CreateCanisterArgs),
    UpdateSettings(types::UpdateSettingsArgs),
    CanisterStatus(CanisterIdRecord),
    CanisterInfo(types::CanisterInfoArgs),
    CanisterMetadata(types::CanisterMetadataArgs),
    DeleteCanister(CanisterIdRecord),
    StartCanister(CanisterIdRecord),
    StopCanister(CanisterIdRecord),
    DepositCycles(CanisterIdRecord),
    InstallCode(types::InstallCodeArgs),
    InstallChunkedCode(types::InstallChunkedCodeArgs),
    UninstallCode(types::UninstallCodeArgs),
    UploadChunk(types::UploadChunkArgs),
    StoredChunks(CanisterIdRecord),
    ClearChunkStore(CanisterIdRecord),
    TakeSnapshot(types::TakeCanisterSnapshotArgs),
    ListSnapshots(CanisterIdRecord),
    LoadSnapshot(types::LoadCanisterSnapshotArgs),
    DeleteSnapshot(types::DeleteCanisterSnapshotArgs),
}

/// Who may have a command obeyed.
pub(super) enum Right {
    Controllers,
    ControllersAndItself,
    Anybody,
}

impl Command {
    pub(super) fn read(method: &str, arg: &[u8]) -> Result<Command, Reject> {
        Ok(match method {
            "raw_rand" => Command::RawRand,
            "create_canister" => Command::CreateCanister(decode(arg)?),
            "update_settings" => Command::UpdateSettings(decode(arg)?),
            "canister_status" => Command::CanisterStatus(decode(arg)?),
            "canister_info" => Command::CanisterInfo(decode(arg)?),
            "canister_metadata" => Command::CanisterMetadata(decode(arg)?),
            "delete_canister" => Command::DeleteCanister(decode(arg)?),
            "start_canister" => Command::StartCanister(decode(arg)?),
            "stop_canister" => Command::StopCanister(decode(arg)?),
            "deposit_cycles" => Command::DepositCycles(decode(arg)?),
            "install_code" => Command::InstallCode(decode(arg)?),
            "install_chunked_code" => Command::InstallChunkedCode(decode(arg)?),
            "uninstall_code" => Command::UninstallCode(decode(arg)?),
            "upload_chunk" => Command::UploadChunk(decode(arg)?),
            "stored_chunks" => Command::StoredChunks(decode(arg)?),
            "clear_chunk_store" => Command::ClearChunkStore(decode(arg)?),
            "take_canister_snapshot" => Command::TakeSnapshot(decode(arg)?),
            "list_canister_snapshots" => Command::ListSnapshots(decode(arg)?),
            "load_canister_snapshot" => Command::LoadSnapshot(decode(arg)?),
            "delete_canister_snapshot" => Command::DeleteSnapshot(decode(arg)?),
            _ => {
                let message =
                    format!("the management canister of this host has no method '{method}'");
                return Err(Reject::new(code::UNKNOWN_MANAGEMENT_METHOD, message));
            }
        })
    }

    /// The canister it is about.
    pub(super) fn canister(&self) -> Option<Principal> {
        use Command::*;
        Some(match self {
            RawRand | CreateCanister(_) => return None,
            UpdateSettings(args) => args.canister_id,
            CanisterInfo(args) => args.canister_id,
            CanisterMetadata(args) => args.canister_id,
            InstallCode(args) => args.canister_id,
            InstallChunkedCode(args) => args.target_canister,
            UninstallCode(args) => args.canister_id,
            UploadChunk(args) => args.canister_id,
            TakeSnapshot(args) => args.canister_id,
            LoadSnapshot(args) => args.canister_id,
            DeleteSnapshot(args) => args.canister_id,
            CanisterStatus(args)
            | DeleteCanister(args)
            | StartCanister(args)
            | StopCanister(args)
            | DepositCycles(args)
            | StoredChunks(args)
            | ClearChunkStore(args)
            | ListSnapshots(args) => args.canister_id,
        })
    }

    pub(super) fn right(&self) -> Right {
        use Command::*;
        match self {
            RawRand | CreateCanister(_) | CanisterInfo(_) | CanisterMetadata(_)
            | DepositCycles(_) => Right::Anybody,
            CanisterStatus(_) | UploadChunk(_) | StoredChunks(_) | ClearChunkStore(_) => {
                Right::ControllersAndItself
            }
            UpdateSettings(_)
            | DeleteCanister(_)
            | StartCanister(_)
            | StopCanister(_)
            | InstallCode(_)
            | InstallChunkedCode(_)
            | UninstallCode(_)
            | TakeSnapshot(_)
            | ListSnapshots(_)
            | LoadSnapshot(_)
            | DeleteSnapshot(_) => Right::Controllers,
        }
    }
}

fn decode<T: CandidType + DeserializeOwned>(arg: &[u8]) -> Result<T, Reject> {
    let mut config = DecoderConfig::new();
    config
        .set_decoding_quota(DECODING_QUOTA)
        .set_skipping_quota(SKIPPING_QUOTA);
    decode_one_with_config(arg, &config).map_err(|e| {
        Reject::new(
            code::BAD_PAYLOAD,
            format!("the argument cannot be read: {e}"),
        )
    })
}

/// The answer with a value in it.
pub(super) fn encode<T: CandidType>(value: &T) -> Result<Vec<u8>, Reject> {
    Encode!(value).map_err(|e| Reject::new(code::BAD_PAYLOAD, e.to_string()))
}

/// The answer without one.
pub(super) fn nothing() -> Result<Vec<u8>, Reject> {
    encoded(())
}

fn encoded<T: ArgumentEncoder>(values: T) -> Result<Vec<u8>, Reject> {
    encode_args(values).map_err(|e| Reject::new(code::BAD_PAYLOAD, e.to_string()))
}
