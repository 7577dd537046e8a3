//! What an installation leaves behind for the next one: a debit of its canister, and code that
//! the subnet has compiled.

use candid::Principal;

use crate::canister::Canister;
use crate::clock::nanoseconds;
use crate::cost;
use crate::error::HostError;
use crate::host::Host;
use crate::module::Module;

/// What compiling a module is charged, in instructions.
#[derive(Clone, Copy)]
pub(crate) struct Compilation {
    /// For the first installation on the subnet after a checkpoint.
    pub(crate) first: u64,
    /// For each one after it.
    pub(crate) again: u64,
    /// For this one.
    pub(crate) charged: u64,
}

impl Host {
    /// Lets some rounds pass: the debits that installations left fall. [`tick`](Host::tick)
    /// is one round unless rounds follow the [clock](crate::HostConfig::round), and the clock
    /// is not moved by either.
    pub fn pass_rounds(&mut self, rounds: u64) {
        let rate = self.config.install_rate.unwrap_or(u64::MAX);
        let paid = rate.saturating_mul(rounds);
        for canister in self.canisters.values_mut() {
            canister.install_debit = canister.install_debit.saturating_sub(paid);
        }
    }

    /// Lets the rounds pass for which the clock has moved.
    pub(crate) fn pass_rounds_of_clock(&mut self) {
        let Some(round) = self.config.round.map(nanoseconds).filter(|&n| n > 0) else {
            return;
        };
        let (from, now) = (self.rounds_until, self.time);
        let rounds = now.saturating_sub(from) / round;
        self.rounds_until = from.min(now) + rounds * round;
        let rate = self.config.install_rate.unwrap_or(u64::MAX);
        for canister in self.canisters.values_mut() {
            let passed = now.saturating_sub(canister.debit_from) / round;
            let paid = rate.saturating_mul(rounds.min(passed));
            canister.install_debit = canister.install_debit.saturating_sub(paid);
        }
    }

    /// Lets rounds pay the debit of a canister only from a time on, where they follow the
    /// clock: from when the installation is over that left it.
    pub(crate) fn delay_debit(&mut self, id: Principal, from: u64) {
        let round = self.config.round.map_or(0, nanoseconds);
        let passed = self.rounds_until.saturating_sub(from);
        let rounds = passed.checked_div(round).unwrap_or(0);
        let rate = self.config.install_rate.unwrap_or(u64::MAX);
        if let Some(canister) = self.canisters.get_mut(&id) {
            canister.debit_from = from;
            let paid = rate.saturating_mul(rounds);
            canister.install_debit = canister.install_debit.saturating_sub(paid);
        }
    }

    /// A checkpoint: modules that are compiled from now on are charged in full again, where
    /// the host [remembers](crate::HostConfig::remember_compiled) them at all.
    pub fn checkpoint(&mut self) {
        self.compiled.clear();
    }

    /// The rounds until a canister may be installed or have a snapshot loaded again.
    ///
    /// # Errors
    /// There is no such canister.
    pub fn rounds_until_install(&self, id: Principal) -> Result<u64, HostError> {
        let canister = self.canisters.get(&id);
        let canister = canister.ok_or(HostError::CanisterNotFound(id))?;
        Ok(rounds(canister.install_debit, self.config.install_rate))
    }

    pub(crate) fn compilation_of(&self, module: &Module) -> Compilation {
        let instructions = module.shape().instructions;
        let first = instructions.saturating_mul(cost::COMPILE);
        let again = instructions.saturating_mul(cost::COMPILE_AGAIN);
        let known = self.config.remember_compiled && self.compiled.contains(&module.hash());
        Compilation {
            first,
            again,
            charged: if known { again } else { first },
        }
    }
}

/// Refuses an installation, or loading a snapshot, while there is a debit.
pub(crate) fn check_debit(canister: &Canister, rate: Option<u64>) -> Result<(), HostError> {
    match canister.install_debit {
        0 => Ok(()),
        debit => Err(HostError::InstallCodeRateLimited {
            canister: canister.id,
            debit,
            rounds: rounds(debit, rate),
        }),
    }
}

/// Books instructions. Where there is no rate, they are paid off before anybody looks.
pub(crate) fn book(canister: &mut Canister, instructions: u64, rate: Option<u64>) {
    if rate.is_some() {
        canister.install_debit = canister.install_debit.saturating_add(instructions);
    }
}

fn rounds(debit: u64, rate: Option<u64>) -> u64 {
    rate.map_or(0, |rate| debit.div_ceil(rate.max(1)))
}
