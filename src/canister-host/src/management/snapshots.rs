//! Snapshots that the subnet keeps of its canisters.
//!
//! They cost little memory: stable memory is shared with the canister's until one of the two
//! is written, and of a heap only the blocks are kept in which it differs from that of the
//! first snapshot of the same module.

use candid::Principal;
use ic_management_canister_types as types;

use super::command::{encode, nothing};
use super::{Change, Chunks};
use crate::canister::Canister;
use crate::cost;
use crate::error::HostError;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::module::Module;
use crate::rates;
use crate::reject::{Reject, code};
use crate::snapshot::{GlobalValue, Snapshot};
use crate::stable::{StableError, StableMemory};

/// The most snapshots of a canister.
const MAX_SNAPSHOTS: usize = 10;
/// Bytes of an id before the canister's own.
const NUMBER: usize = 8;

/// A snapshot of a canister.
#[derive(Clone)]
pub(crate) struct StoredSnapshot {
    id: Vec<u8>,
    module: Module,
    heap: StableMemory,
    globals: Vec<GlobalValue>,
    stable: StableMemory,
    certified_data: Vec<u8>,
    version: u64,
    taken_at: u64,
    chunks: Chunks,
    /// Bytes it is charged for.
    pub(crate) size: u64,
}

impl StoredSnapshot {
    /// The same as the host loads it. The timer is not part of it on the network.
    fn whole(&self) -> Result<Snapshot, StableError> {
        Ok(Snapshot {
            module: self.module.bytes().to_vec(),
            heap: self.heap.to_vec()?,
            globals: self.globals.clone(),
            stable: self.stable.clone(),
            certified_data: self.certified_data.clone(),
            global_timer: None,
            version: self.version,
            taken_at: self.taken_at,
        })
    }

    fn tell(&self) -> types::Snapshot {
        types::Snapshot {
            id: self.id.clone(),
            taken_at_timestamp: self.taken_at,
            total_size: self.size,
        }
    }
}

fn not_found(canister: Principal) -> Reject {
    let message = format!("canister {canister} has no such snapshot");
    Reject::new(code::SNAPSHOT_NOT_FOUND, message)
}

fn refused(message: String) -> Reject {
    Reject::new(code::REJECTED_BY_CANISTER, message)
}

impl Host {
    /// The ids of the snapshots that the subnet keeps of a canister, oldest first.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn snapshot_ids(&self, id: Principal) -> Result<Vec<Vec<u8>>, HostError> {
        let snapshots = self.canister(id)?.snapshots.iter();
        Ok(snapshots.map(|snapshot| snapshot.id.clone()).collect())
    }

    /// A copy of a snapshot that the subnet keeps of a canister.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn stored_snapshot(
        &self,
        id: Principal,
        snapshot: &[u8],
    ) -> Result<Option<Snapshot>, HostError> {
        let mut snapshots = self.canister(id)?.snapshots.iter();
        let found = snapshots.find(|stored| stored.id == snapshot);
        Ok(found.and_then(|stored| stored.whole().ok()))
    }

    pub(super) fn take_stored_snapshot(
        &mut self,
        caller: Principal,
        args: types::TakeCanisterSnapshotArgs,
    ) -> Result<Vec<u8>, Reject> {
        let id = args.canister_id;
        let canister = self.canisters.get(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        let Some(instance) = &canister.instance else {
            let message = format!("canister {id} is empty, there is nothing to take a snapshot of");
            return Err(refused(message));
        };
        let module = instance.module().clone();
        let place = |wanted: &Vec<u8>| canister.snapshots.iter().position(|s| s.id == *wanted);
        let replaced = match &args.replace_snapshot {
            Some(wanted) => Some(place(wanted).ok_or_else(|| not_found(id))?),
            None if canister.snapshots.len() >= MAX_SNAPSHOTS => {
                return Err(refused(format!(
                    "canister {id} has {MAX_SNAPSHOTS} snapshots, and may not have more: replace \
                     or delete one"
                )));
            }
            None => None,
        };
        let own = Canister::usage(canister.instance.as_ref(), &canister.state);
        let size = own.saturating_add(canister.chunks.size());
        self.pay_for_snapshot(id, cost::LOAD_SNAPSHOT.saturating_add(size), size)?;
        let taken = self.take_snapshot(id)?;
        let shared = self.management.heaps.entry(module.hash());
        let heap = share(
            shared.or_insert_with(|| taken.heap.as_slice().into()),
            &taken.heap,
        );
        let heap = heap.map_err(|e| refused(e.to_string()))?;
        let canister = self.canisters.get_mut(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        let number = canister.next_snapshot.to_be_bytes();
        canister.next_snapshot += 1;
        let snapshot = StoredSnapshot {
            id: [number.as_slice(), id.as_slice()].concat(),
            module,
            heap,
            globals: taken.globals,
            stable: taken.stable,
            certified_data: taken.certified_data,
            version: taken.version,
            taken_at: taken.taken_at,
            chunks: canister.chunks.clone(),
            size,
        };
        let told = encode(&snapshot.tell());
        if let Some(replaced) = replaced {
            canister.snapshots.remove(replaced);
        }
        canister.snapshots.push(snapshot);
        if args.uninstall_code == Some(true) {
            self.uninstall(caller, id)?;
        }
        told
    }

    pub(super) fn list_snapshots(&self, id: Principal) -> Result<Vec<u8>, Reject> {
        let canister = self.canisters.get(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        let told: Vec<_> = canister
            .snapshots
            .iter()
            .map(StoredSnapshot::tell)
            .collect();
        encode(&told)
    }

    pub(super) fn delete_snapshot(
        &mut self,
        args: types::DeleteCanisterSnapshotArgs,
    ) -> Result<Vec<u8>, Reject> {
        let id = args.canister_id;
        let canister = self.canisters.get_mut(&id);
        let snapshots = &mut canister.ok_or_else(|| canister_not_found(id))?.snapshots;
        let place = snapshots.iter().position(|s| s.id == args.snapshot_id);
        snapshots.remove(place.ok_or_else(|| not_found(id))?);
        nothing()
    }

    pub(super) fn load_stored_snapshot(
        &mut self,
        caller: Principal,
        args: types::LoadCanisterSnapshotArgs,
    ) -> Result<Vec<u8>, Reject> {
        let (id, wanted) = (args.canister_id, args.snapshot_id);
        let of = wanted.get(NUMBER..).unwrap_or_default();
        let of = Principal::try_from_slice(of).map_err(|_| not_found(id))?;
        let source = self.canisters.get(&of).ok_or_else(|| not_found(id))?;
        if of != id && !source.settings.controllers.contains(&caller) {
            return Err(refused(format!(
                "a snapshot of {of} is loaded on {id} for controllers of both, and {caller} is none of {of}"
            )));
        }
        let found = source.snapshots.iter().find(|s| s.id == wanted);
        let stored = found.ok_or_else(|| not_found(id))?.clone();
        let target = self.canisters.get(&id);
        let target = target.ok_or_else(|| canister_not_found(id))?;
        rates::check_debit(target, self.config.install_rate)?;
        let instructions = cost::LOAD_SNAPSHOT
            .saturating_add(stored.size)
            .saturating_add(self.compilation_of(&stored.module).charged);
        self.pay_for_snapshot(id, instructions, 0)?;
        let whole = stored.whole().map_err(|e| refused(e.to_string()))?;
        self.load_snapshot(id, &whole)?;
        if let Some(canister) = self.canisters.get_mut(&id) {
            canister.chunks = stored.chunks;
        }
        let loaded = Change::SnapshotLoaded {
            snapshot: wanted,
            of,
            version: stored.version,
            taken_at: stored.taken_at,
        };
        self.record(id, Some(caller), loaded);
        nothing()
    }

    /// Takes the cycles for work on a snapshot, if they are there above the freezing threshold
    /// of the canister with some more bytes.
    fn pay_for_snapshot(
        &mut self,
        id: Principal,
        instructions: u64,
        bytes: u64,
    ) -> Result<(), Reject> {
        let (Some(prices), Some(canister)) = (&self.config.prices, self.canisters.get_mut(&id))
        else {
            return Ok(());
        };
        let usage = Canister::usage(canister.instance.as_ref(), &canister.state);
        let threshold = canister.threshold(usage.saturating_add(bytes), prices);
        let price = prices.message(instructions, false);
        let needed = threshold.saturating_add(price);
        if canister.state.cycles < needed {
            let missing = needed - canister.state.cycles;
            let message =
                format!("canister {id} is out of cycles for a snapshot: {missing} are missing");
            return Err(Reject::new(code::OUT_OF_CYCLES, message));
        }
        canister.state.cycles -= price;
        Ok(())
    }
}

/// A copy of a heap that shares with another one what is the same in both.
fn share(other: &StableMemory, heap: &[u8]) -> Result<StableMemory, StableError> {
    const BLOCK: usize = 4096;
    let copy = StableMemory::from(heap);
    if other.pages() > copy.pages() {
        return Ok(copy);
    }
    let mut shared = other.clone();
    shared.grow(copy.pages() - other.pages(), copy.pages());
    let mut there = [0; BLOCK];
    for (at, block) in (0..).step_by(BLOCK).zip(heap.chunks(BLOCK)) {
        let there = &mut there[..block.len()];
        shared.read(at, there)?;
        if there != block {
            shared.write(at, block)?;
        }
    }
    Ok(shared)
}
