//! The management canister: what canisters ask the subnet for.
//!
//! A call is read into a [`Command`], counted, held against the faults that are armed and
//! against the controllers of the canister it is about, and then obeyed. Most commands are
//! answered at once; stops, installations and lost answers [wait](later) for the clock or for
//! calls that are still open.

mod calls;
mod chunks;
mod command;
mod creation;
mod cycles;
mod errors;
mod fault;
mod history;
mod info;
mod install;
mod later;
mod randomness;
mod settings;
mod snapshots;
mod status;
mod stopping;
mod uninstall;

use std::collections::{BTreeMap, VecDeque};

use candid::Principal;

use crate::context::Request;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::reject::{Reject, code};
use crate::stable::StableMemory;

pub use calls::ManagementCall;
pub(crate) use chunks::Chunks;
use command::{Command, Right, encode, nothing};
use fault::Armed;
pub use fault::{ManagementFault, ManagementFaultKind};
pub use history::{Change, HistoryEntry};
use install::Installation;
use later::{Agenda, Later, NO_ANSWER_AFTER, Waiter};
pub(crate) use settings::Extras;
pub(crate) use snapshots::StoredSnapshot;
pub(crate) use stopping::RunState;
pub use stopping::RunStatus;

/// What the management canister remembers.
#[derive(Default)]
pub(crate) struct Management {
    calls: Vec<ManagementCall>,
    faults: Vec<Armed>,
    agenda: Agenda,
    /// Installations whose turn has not come.
    installations: VecDeque<Installation>,
    /// When the subnet is done with the last installation.
    busy_until: u64,
    /// A heap of each module that snapshots were taken of, for the blocks they share.
    heaps: BTreeMap<[u8; 32], StableMemory>,
}

impl Management {
    /// When the next answer or installation is due.
    pub(crate) fn next_due(&self) -> Option<u64> {
        let installation = (!self.installations.is_empty()).then_some(self.busy_until);
        self.agenda.next_due().into_iter().chain(installation).min()
    }

    /// Whether somebody waits for an answer that only the clock brings.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.agenda.is_empty() || !self.installations.is_empty()
    }
}

impl Host {
    /// Takes a call to the management canister.
    pub(crate) fn call_management(&mut self, request: Request) {
        let command = Command::read(&request.method, &request.arg);
        let canister = command.as_ref().ok().and_then(Command::canister);
        let Request {
            origin,
            caller,
            method,
            cycles,
            ..
        } = request;
        let fault = self.strike(&method, canister);
        self.management.calls.push(ManagementCall {
            time: self.time,
            caller,
            method,
            canister,
            cycles,
        });
        let mut waiter = Waiter {
            origin,
            caller,
            cycles,
            lost: false,
        };
        match fault {
            None => {}
            Some(ManagementFaultKind::Reject { code, message }) => {
                return self.answer(waiter, Err(Reject::injected(code, message)));
            }
            Some(ManagementFaultKind::NoAnswer) => {
                let due = self.time.saturating_add(NO_ANSWER_AFTER);
                let message = "the call was not answered in time";
                let answer = Err(Reject::new(code::NO_ANSWER_IN_TIME, message));
                self.management
                    .agenda
                    .put(due, Later::Answer(waiter, answer));
                return;
            }
            Some(ManagementFaultKind::AnswerLost) => waiter.lost = true,
        }
        let command = command.and_then(|command| {
            self.check_right(&command, caller)?;
            Ok(command)
        });
        match command {
            Err(reject) => self.answer(waiter, Err(reject)),
            Ok(Command::StopCanister(args)) => self.stop_for(args.canister_id, waiter),
            Ok(Command::InstallCode(args)) => self.enqueue_installation(waiter, args.into()),
            Ok(Command::InstallChunkedCode(args)) => match self.assemble(caller, args) {
                Ok(order) => self.enqueue_installation(waiter, order),
                Err(reject) => self.answer(waiter, Err(reject)),
            },
            Ok(command) => {
                let result = self.obey(command, caller, &mut waiter.cycles);
                self.answer(waiter, result);
            }
        }
    }

    /// Does what is done at once. Takes of the cycles that came with the call what it uses.
    fn obey(
        &mut self,
        command: Command,
        caller: Principal,
        cycles: &mut u128,
    ) -> Result<Vec<u8>, Reject> {
        match command {
            Command::RawRand => encode(&self.random_bytes().to_vec()),
            Command::CreateCanister(args) => self.create_for(caller, args, cycles),
            Command::UpdateSettings(args) => self.update_settings(caller, args),
            Command::CanisterStatus(args) => self.status_of(args.canister_id),
            Command::CanisterInfo(args) => self.info_of(args),
            Command::CanisterMetadata(args) => self.metadata_of(caller, args),
            Command::DeleteCanister(args) => self.delete_canister(args.canister_id),
            Command::StartCanister(args) => self.start_canister(args.canister_id),
            Command::DepositCycles(args) => self.deposit(args.canister_id, cycles),
            Command::UninstallCode(args) => self.uninstall(caller, args.canister_id),
            Command::UploadChunk(args) => self.upload_chunk(args),
            Command::StoredChunks(args) => self.stored_chunks(args.canister_id),
            Command::ClearChunkStore(args) => self.clear_chunks(args.canister_id),
            Command::TakeSnapshot(args) => self.take_stored_snapshot(caller, args),
            Command::ListSnapshots(args) => self.list_snapshots(args.canister_id),
            Command::LoadSnapshot(args) => self.load_stored_snapshot(caller, args),
            Command::DeleteSnapshot(args) => self.delete_snapshot(args),
            // They wait, and are not asked for here.
            Command::StopCanister(_) | Command::InstallCode(_) | Command::InstallChunkedCode(_) => {
                nothing()
            }
        }
    }

    /// Whether the canister is there and the caller may have the command obeyed.
    fn check_right(&self, command: &Command, caller: Principal) -> Result<(), Reject> {
        let Some(id) = command.canister() else {
            return Ok(());
        };
        let canister = self.canisters.get(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        let allowed = match command.right() {
            Right::Anybody => true,
            Right::ControllersAndItself if caller == id => true,
            _ => canister.settings.controllers.contains(&caller),
        };
        match allowed {
            true => Ok(()),
            false => Err(errors::not_a_controller(canister, caller)),
        }
    }

    /// Sends an answer on its way, with the cycles that were not used.
    fn answer(&mut self, waiter: Waiter, result: Result<Vec<u8>, Reject>) {
        let result = match waiter.lost {
            true => Err(Reject::new(code::ANSWER_LOST, "the answer was lost")),
            false => result,
        };
        self.respond(waiter.origin, result, waiter.cycles);
    }

    /// Does what has become due by the clock.
    pub(crate) fn wake_management(&mut self) {
        self.run_installations();
        while let Some((key, later)) = self.management.agenda.take_due(self.time) {
            match later {
                Later::Answer(waiter, result) => self.answer(waiter, result),
                Later::StopTimeout(canister) => self.give_up_stop(canister, key),
            }
        }
    }
}
