//! Looking at canisters and setting them up, past their code.

use candid::Principal;

use crate::canister::Canister;
use crate::canister::LogRecord;
use crate::config::Limits;
use crate::error::HostError;
use crate::fault::{Armed, Fault};
use crate::host::Host;
use crate::module::Module;
use crate::stable::StableMemory;

impl Host {
    pub(crate) fn canister(&self, id: Principal) -> Result<&Canister, HostError> {
        self.canisters
            .get(&id)
            .ok_or(HostError::CanisterNotFound(id))
    }

    pub(crate) fn canister_mut(&mut self, id: Principal) -> Result<&mut Canister, HostError> {
        self.canisters
            .get_mut(&id)
            .ok_or(HostError::CanisterNotFound(id))
    }

    /// The canisters there are, in the order of their ids.
    pub fn canisters(&self) -> impl Iterator<Item = Principal> {
        self.canisters.keys().copied()
    }

    /// The module that is installed.
    ///
    /// # Errors
    /// There is no such canister, or it is empty.
    pub fn module(&self, id: Principal) -> Result<&Module, HostError> {
        let instance = self.canister(id)?.instance.as_ref();
        instance.map(|i| i.module()).ok_or(HostError::NoModule(id))
    }

    /// A canister's stable memory as it is now: a copy that costs one reference.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn stable_memory(&self, id: Principal) -> Result<StableMemory, HostError> {
        Ok(self.canister(id)?.state.stable.clone())
    }

    /// Replaces a canister's stable memory, installed or not, past every limit.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn set_stable_memory(
        &mut self,
        id: Principal,
        memory: impl Into<StableMemory>,
    ) -> Result<(), HostError> {
        self.canister_mut(id)?.state.stable = memory.into();
        Ok(())
    }

    /// The pages of 64 KiB the heap has; 0 for an empty canister.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn heap_pages(&self, id: Principal) -> Result<u64, HostError> {
        Ok(self
            .canister(id)?
            .instance
            .as_ref()
            .map_or(0, |i| i.heap_pages()))
    }

    /// A copy of the heap; empty for an empty canister.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn heap(&self, id: Principal) -> Result<Vec<u8>, HostError> {
        Ok(self
            .canister(id)?
            .instance
            .as_ref()
            .map_or(Vec::new(), |i| i.heap().to_vec()))
    }

    /// The pages of 64 KiB stable memory has.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn stable_pages(&self, id: Principal) -> Result<u64, HostError> {
        Ok(self.canister(id)?.state.stable.pages())
    }

    /// Bytes of memory the canister pays for: heap, stable memory and globals, its module as it was submitted,
    /// its metadata sections once more, its chunks and its snapshots.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn memory_usage(&self, id: Principal) -> Result<u64, HostError> {
        let canister = self.canister(id)?;
        let own = Canister::usage(canister.instance.as_ref(), &canister.state);
        Ok(own.saturating_add(canister.kept()))
    }

    /// The cycles balance.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn cycles(&self, id: Principal) -> Result<u128, HostError> {
        Ok(self.canister(id)?.state.cycles)
    }

    /// When the global timer is due, in nanoseconds since 1970; 0 is inactive.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn global_timer(&self, id: Principal) -> Result<u64, HostError> {
        Ok(self.canister(id)?.state.global_timer)
    }

    /// The certified data, at most 32 bytes.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn certified_data(&self, id: Principal) -> Result<&[u8], HostError> {
        Ok(&self.canister(id)?.state.certified_data)
    }

    /// Everything the canister logged, and its traps, oldest first. Queries do not log.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn logs(&self, id: Principal) -> Result<&[LogRecord], HostError> {
        Ok(&self.canister(id)?.logs)
    }

    /// Limits the canister's memories anew. Memories that are larger already stay.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn set_limits(&mut self, id: Principal, limits: Limits) -> Result<(), HostError> {
        self.canister_mut(id)?.settings.limits = limits;
        Ok(())
    }

    /// Sets how many stable pages the subnet has left for all its canisters; `None` is as
    /// many as they ask for.
    pub fn set_free_stable_pages(&mut self, pages: Option<u64>) {
        self.config.free_stable_pages = pages;
    }

    /// Sets the cycles balance: as if somebody had sent cycles, or the canister had used some up.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn set_cycles(&mut self, id: Principal, cycles: u128) -> Result<(), HostError> {
        self.canister_mut(id)?.state.cycles = cycles;
        Ok(())
    }

    /// Sets whom the management canister obeys, and for whom `ic0.is_controller` is true.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn set_controllers(
        &mut self,
        id: Principal,
        controllers: Vec<Principal>,
    ) -> Result<(), HostError> {
        self.canister_mut(id)?.settings.controllers = controllers;
        Ok(())
    }

    /// Arms a fault in a canister, in place of one that was armed before; `None` disarms.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn set_fault(&mut self, id: Principal, fault: Option<Fault>) -> Result<(), HostError> {
        self.canister_mut(id)?.fault = fault.map(Armed::new);
        Ok(())
    }

    /// Whether a fault is armed in a canister and has not struck yet.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn is_fault_armed(&self, id: Principal) -> Result<bool, HostError> {
        Ok(self.canister(id)?.fault.is_some())
    }
}
