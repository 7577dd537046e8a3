//! Calls of the management canister, and the ledger that gives cycles.

use ::fleet::{ModuleHash, Running, Sight, SnapshotId};
use candid::{CandidType, Decode, Encode, Nat, Principal};
use ic_management_canister_types::{
    CanisterIdRecord, CanisterInstallMode, CanisterStatusType, ChunkHash,
    DeleteCanisterSnapshotArgs, InstallChunkedCodeArgs, InstallCodeArgs, LoadCanisterSnapshotArgs,
    Snapshot, TakeCanisterSnapshotArgs, UploadChunkArgs,
};
use serde::Deserialize;

use super::connection::{Connection, Failure};

/// The management canister.
const MANAGEMENT: Principal = Principal::management_canister();

/// The cycles ledger, `um5iw-rqaaa-aaaaq-qaaba-cai`: management calls with cycles are for canisters only.
const CYCLES_LEDGER: Principal = Principal::from_slice(&[0, 0, 0, 0, 2, 16, 0, 2, 1, 1]);

/// The error code of a snapshot that is not there.
const NO_SNAPSHOT: u16 = 305;

/// Largest module that one call can carry, with what is around it.
const MAX_IN_A_CALL: usize = 1_990_000;

/// Largest chunk of a chunk store.
const CHUNK: usize = 1 << 20;

/// Largest module that a chunk store holds.
pub const MAX_MODULE: u64 = 100 << 20;

/// What `canister_status` says, as far as it is needed: networks differ in the rest.
#[derive(Clone, Debug, CandidType, Deserialize)]
pub struct Status {
    /// Whether it takes calls.
    pub status: CanisterStatusType,
    /// What is installed.
    pub module_hash: Option<Vec<u8>>,
    /// Its settings.
    pub settings: Settings,
    /// Bytes that it pays for.
    pub memory_size: Nat,
    /// What it has.
    pub cycles: Nat,
    /// What it burns in a day without doing anything.
    pub idle_cycles_burned_per_day: Nat,
    /// Changes so far.
    pub version: Option<u64>,
}

/// What its settings say, as far as it is needed.
#[derive(Clone, Debug, CandidType, Deserialize)]
pub struct Settings {
    /// Who may upgrade it.
    pub controllers: Vec<Principal>,
    /// Seconds that its cycles must last for.
    pub freezing_threshold: Nat,
}

#[derive(CandidType)]
struct Withdraw {
    amount: Nat,
    from_subaccount: Option<Vec<u8>>,
    to: Principal,
    created_at_time: Option<u64>,
}

#[derive(CandidType, Deserialize)]
enum Withdrawn {
    Ok(Nat),
    Err(candid::Reserved),
}

impl Connection {
    async fn manage(
        &self,
        canister: Principal,
        method: &str,
        argument: Result<Vec<u8>, candid::Error>,
    ) -> Result<Vec<u8>, Failure> {
        let argument = argument.map_err(|error| Failure::unreadable(method, &error))?;
        self.update(MANAGEMENT, canister, method, argument).await
    }

    /// Status of a canister. Not a query: it is to be said after everything that was begun before it.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn status(&self, canister: Principal) -> Result<Status, Failure> {
        let record = CanisterIdRecord {
            canister_id: canister,
        };
        let reply = self.manage(canister, "canister_status", Encode!(&record));
        Decode!(&reply.await?, Status)
            .map_err(|error| Failure::unreadable("canister_status", &error))
    }

    /// Ids of the snapshots that a canister has.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn snapshots(&self, canister: Principal) -> Result<Vec<SnapshotId>, Failure> {
        let record = CanisterIdRecord {
            canister_id: canister,
        };
        let reply = self.manage(canister, "list_canister_snapshots", Encode!(&record));
        let snapshots = Decode!(&reply.await?, Vec<Snapshot>)
            .map_err(|error| Failure::unreadable("list_canister_snapshots", &error))?;
        Ok(snapshots.into_iter().map(|snapshot| snapshot.id).collect())
    }

    /// What the engine is told of a canister.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn sight(&self, canister: Principal) -> Result<Sight, Failure> {
        let status = self.status(canister).await?;
        Ok(Sight {
            running: match status.status {
                CanisterStatusType::Running => Running::Running,
                CanisterStatusType::Stopping => Running::Stopping,
                CanisterStatusType::Stopped => Running::Stopped,
            },
            module: module(&status),
            snapshots: self.snapshots(canister).await?,
            spare_cycles: spare(&status),
        })
    }

    /// Stops a canister.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn stop(&self, canister: Principal) -> Result<(), Failure> {
        let record = CanisterIdRecord {
            canister_id: canister,
        };
        let reply = self.manage(canister, "stop_canister", Encode!(&record));
        reply.await.map(drop)
    }

    /// Starts a canister.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn start(&self, canister: Principal) -> Result<(), Failure> {
        let record = CanisterIdRecord {
            canister_id: canister,
        };
        let reply = self.manage(canister, "start_canister", Encode!(&record));
        reply.await.map(drop)
    }

    /// Upgrades a canister.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn upgrade(
        &self,
        canister: Principal,
        module: &[u8],
        argument: &[u8],
    ) -> Result<(), Failure> {
        if module.len() > MAX_IN_A_CALL {
            return self.upgrade_from_chunks(canister, module, argument).await;
        }
        let arguments = InstallCodeArgs {
            mode: CanisterInstallMode::Upgrade(None),
            canister_id: canister,
            wasm_module: module.to_vec(),
            arg: argument.to_vec(),
            sender_canister_version: None,
        };
        let reply = self.manage(canister, "install_code", Encode!(&arguments));
        reply.await.map(drop)
    }

    /// Upgrades a canister with a module that no call can carry: by its own chunk store, which is emptied again if it was
    /// empty before.
    async fn upgrade_from_chunks(
        &self,
        canister: Principal,
        module: &[u8],
        argument: &[u8],
    ) -> Result<(), Failure> {
        let was_empty = self.chunks(canister).await?.is_empty();
        let mut hashes = Vec::new();
        for chunk in module.chunks(CHUNK) {
            hashes.push(self.upload(canister, chunk).await?);
        }
        let arguments = InstallChunkedCodeArgs {
            mode: CanisterInstallMode::Upgrade(None),
            target_canister: canister,
            store_canister: None,
            chunk_hashes_list: hashes,
            wasm_module_hash: ModuleHash::of(module).0.to_vec(),
            arg: argument.to_vec(),
            sender_canister_version: None,
        };
        let reply = self.manage(canister, "install_chunked_code", Encode!(&arguments));
        let installed = reply.await;
        // A call of which nothing is known may yet read them.
        let is_known = matches!(installed, Ok(_) | Err(Failure::Rejected(_)));
        if was_empty && is_known {
            // What is left over costs storage, and is no reason to call the upgrade failed.
            let _ = self.clear_chunks(canister).await;
        }
        installed.map(drop)
    }

    async fn chunks(&self, canister: Principal) -> Result<Vec<ChunkHash>, Failure> {
        let record = CanisterIdRecord {
            canister_id: canister,
        };
        let reply = self.manage(canister, "stored_chunks", Encode!(&record));
        Decode!(&reply.await?, Vec<ChunkHash>)
            .map_err(|error| Failure::unreadable("stored_chunks", &error))
    }

    async fn upload(&self, canister: Principal, chunk: &[u8]) -> Result<ChunkHash, Failure> {
        let arguments = UploadChunkArgs {
            canister_id: canister,
            chunk: chunk.to_vec(),
        };
        let reply = self.manage(canister, "upload_chunk", Encode!(&arguments));
        Decode!(&reply.await?, ChunkHash)
            .map_err(|error| Failure::unreadable("upload_chunk", &error))
    }

    async fn clear_chunks(&self, canister: Principal) -> Result<(), Failure> {
        let record = CanisterIdRecord {
            canister_id: canister,
        };
        let reply = self.manage(canister, "clear_chunk_store", Encode!(&record));
        reply.await.map(drop)
    }

    /// Takes a snapshot.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn take_snapshot(&self, canister: Principal) -> Result<SnapshotId, Failure> {
        let arguments = TakeCanisterSnapshotArgs {
            canister_id: canister,
            replace_snapshot: None,
            uninstall_code: None,
            sender_canister_version: None,
        };
        let reply = self.manage(canister, "take_canister_snapshot", Encode!(&arguments));
        let snapshot = Decode!(&reply.await?, Snapshot)
            .map_err(|error| Failure::unreadable("take_canister_snapshot", &error))?;
        Ok(snapshot.id)
    }

    /// Loads a snapshot.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn load_snapshot(
        &self,
        canister: Principal,
        snapshot: &SnapshotId,
    ) -> Result<(), Failure> {
        let arguments = LoadCanisterSnapshotArgs {
            canister_id: canister,
            snapshot_id: snapshot.clone(),
            sender_canister_version: None,
        };
        let reply = self.manage(canister, "load_canister_snapshot", Encode!(&arguments));
        reply.await.map(drop)
    }

    /// Deletes a snapshot, or finds that it is not there.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn delete_snapshot(
        &self,
        canister: Principal,
        snapshot: &SnapshotId,
    ) -> Result<(), Failure> {
        let arguments = DeleteCanisterSnapshotArgs {
            canister_id: canister,
            snapshot_id: snapshot.clone(),
        };
        let reply = self.manage(canister, "delete_canister_snapshot", Encode!(&arguments));
        match reply.await {
            Err(Failure::Rejected(reject)) if reject.error_code == Some(NO_SNAPSHOT) => Ok(()),
            reply => reply.map(drop),
        }
    }

    /// Gives a canister cycles, from what the operator has at the cycles ledger.
    ///
    /// # Errors
    /// Why there is no reply, or why the ledger does not.
    pub async fn deposit(&self, canister: Principal, cycles: u128) -> Result<(), Failure> {
        let arguments = Withdraw {
            amount: Nat::from(cycles),
            from_subaccount: None,
            to: canister,
            created_at_time: None,
        };
        let argument =
            Encode!(&arguments).map_err(|error| Failure::unreadable("withdraw", &error))?;
        let reply = self.update(CYCLES_LEDGER, CYCLES_LEDGER, "withdraw", argument);
        let withdrawn = Decode!(&reply.await?, Withdrawn)
            .map_err(|error| Failure::unreadable("withdraw", &error))?;
        match withdrawn {
            Withdrawn::Ok(_) => Ok(()),
            Withdrawn::Err(_) => Err(Failure::Found(::fleet::Cause::new(
                ::fleet::Class::TooFewCycles,
                "the cycles ledger gives none: has the operator enough there?",
            ))),
        }
    }
}

impl Status {
    /// The hash of what is installed.
    pub fn module(&self) -> Option<ModuleHash> {
        module(self)
    }
}

fn module(status: &Status) -> Option<ModuleHash> {
    let hash = status.module_hash.as_ref()?;
    Some(ModuleHash(hash.as_slice().try_into().ok()?))
}

/// Cycles above those that freeze a canister. At most 2^64, which is more than any has.
pub fn spare(status: &Status) -> u128 {
    const DAY: u32 = 24 * 3600;
    let frozen = status.idle_cycles_burned_per_day.clone()
        * status.settings.freezing_threshold.clone()
        / Nat::from(DAY);
    if frozen >= status.cycles {
        return 0;
    }
    let spare = status.cycles.clone() - frozen;
    u64::try_from(spare.0).unwrap_or(u64::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_is_the_one_that_cycles_are_kept_at() {
        assert_eq!(CYCLES_LEDGER.to_text(), "um5iw-rqaaa-aaaaq-qaaba-cai");
    }

    #[test]
    fn spare_cycles_are_those_above_the_freezing_limit() {
        let status = |cycles: u64| Status {
            status: CanisterStatusType::Running,
            module_hash: None,
            settings: Settings {
                controllers: Vec::new(),
                freezing_threshold: Nat::from(30 * 24 * 3600u64),
            },
            memory_size: Nat::from(0u8),
            cycles: Nat::from(cycles),
            idle_cycles_burned_per_day: Nat::from(10u8),
            version: None,
        };
        assert_eq!(spare(&status(1_000)), 700);
        assert_eq!(spare(&status(300)), 0);
        assert_eq!(spare(&status(7)), 0);
    }
}
