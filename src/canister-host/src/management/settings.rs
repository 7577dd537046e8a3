//! The settings of a canister, as the management canister takes and tells them.

use candid::{Nat, Principal};
use ic_management_canister_types as types;
use types::{EnvironmentVariable, LogVisibility};

use super::Change;
use super::command::nothing;
use super::errors::bad_settings;
use crate::config::CanisterSettings;
use crate::host::Host;
use crate::messages::canister_not_found;
use crate::reject::Reject;

/// The most controllers a canister may have.
const MAX_CONTROLLERS: usize = 10;
/// The most bytes that may be allocated or be a limit.
const MAX_BYTES: u64 = 1 << 48;
const DEFAULT_RESERVED_CYCLES_LIMIT: u128 = 5_000_000_000_000;
const DEFAULT_LOG_MEMORY_LIMIT: u64 = 4096;
/// The most environment variables, and bytes of a name and of a value.
const MAX_VARIABLES: usize = 20;
const MAX_VARIABLE_BYTES: usize = 128;

/// Settings that are kept and told, and have no effect here.
#[derive(Clone)]
pub(crate) struct Extras {
    compute_allocation: u64,
    reserved_cycles_limit: u128,
    log_visibility: LogVisibility,
    log_memory_limit: u64,
    wasm_memory_threshold: u64,
    environment_variables: Vec<EnvironmentVariable>,
}

impl Default for Extras {
    fn default() -> Self {
        Extras {
            compute_allocation: 0,
            reserved_cycles_limit: DEFAULT_RESERVED_CYCLES_LIMIT,
            log_visibility: LogVisibility::default(),
            log_memory_limit: DEFAULT_LOG_MEMORY_LIMIT,
            wasm_memory_threshold: 0,
            environment_variables: Vec::new(),
        }
    }
}

impl Host {
    pub(super) fn update_settings(
        &mut self,
        caller: Principal,
        args: types::UpdateSettingsArgs,
    ) -> Result<Vec<u8>, Reject> {
        let id = args.canister_id;
        let canister = self.canisters.get_mut(&id);
        let canister = canister.ok_or_else(|| canister_not_found(id))?;
        let (mut settings, mut extras) = (canister.settings.clone(), canister.extras.clone());
        apply(&args.settings, &mut settings, &mut extras)?;
        (canister.settings, canister.extras) = (settings, extras);
        canister.version = canister.version.saturating_add(1);
        if let Some(controllers) = args.settings.controllers {
            self.record(id, Some(caller), Change::Controllers(controllers));
        }
        nothing()
    }
}

/// Changes what is set, all or nothing if it is given copies.
pub(super) fn apply(
    from: &types::CanisterSettings,
    settings: &mut CanisterSettings,
    extras: &mut Extras,
) -> Result<(), Reject> {
    if let Some(controllers) = &from.controllers {
        let count = controllers.len();
        if count > MAX_CONTROLLERS {
            let message = format!("{count} controllers, {MAX_CONTROLLERS} are allowed");
            return Err(bad_settings(message));
        }
        settings.controllers.clone_from(controllers);
    }
    let small = |name: &str, value: &Option<Nat>, most: u64, place: &mut u64| match value {
        None => Ok(()),
        Some(value) => match u64::try_from(&value.0) {
            Ok(value) if value <= most => {
                *place = value;
                Ok(())
            }
            _ => Err(bad_settings(format!(
                "{name} is {value}, {most} is the most"
            ))),
        },
    };
    let limit = &mut settings.limits.wasm_memory_limit;
    small(
        "wasm_memory_limit",
        &from.wasm_memory_limit,
        MAX_BYTES,
        limit,
    )?;
    let allocation = &mut settings.memory_allocation;
    small(
        "memory_allocation",
        &from.memory_allocation,
        MAX_BYTES,
        allocation,
    )?;
    let threshold = &mut settings.freezing_threshold;
    small(
        "freezing_threshold",
        &from.freezing_threshold,
        u64::MAX,
        threshold,
    )?;
    let compute = &mut extras.compute_allocation;
    small("compute_allocation", &from.compute_allocation, 100, compute)?;
    let logs = &mut extras.log_memory_limit;
    small("log_memory_limit", &from.log_memory_limit, u64::MAX, logs)?;
    let low = &mut extras.wasm_memory_threshold;
    small(
        "wasm_memory_threshold",
        &from.wasm_memory_threshold,
        u64::MAX,
        low,
    )?;
    if let Some(limit) = &from.reserved_cycles_limit {
        let wrong = |_| bad_settings(format!("reserved_cycles_limit is {limit}"));
        extras.reserved_cycles_limit = u128::try_from(&limit.0).map_err(wrong)?;
    }
    if let Some(visibility) = &from.log_visibility {
        extras.log_visibility = visibility.clone();
    }
    if let Some(variables) = &from.environment_variables {
        check_variables(variables)?;
        extras.environment_variables.clone_from(variables);
    }
    Ok(())
}

fn check_variables(variables: &[EnvironmentVariable]) -> Result<(), Reject> {
    let long = |variable: &EnvironmentVariable| {
        variable.name.len().max(variable.value.len()) > MAX_VARIABLE_BYTES
    };
    match variables.len() > MAX_VARIABLES || variables.iter().any(long) {
        false => Ok(()),
        true => Err(bad_settings(format!(
            "{MAX_VARIABLES} environment variables are allowed, and {MAX_VARIABLE_BYTES} bytes \
             for each name and value"
        ))),
    }
}

/// The settings as `canister_status` tells them.
pub(super) fn tell(
    settings: &CanisterSettings,
    extras: &Extras,
) -> types::DefiniteCanisterSettings {
    types::DefiniteCanisterSettings {
        controllers: settings.controllers.clone(),
        compute_allocation: extras.compute_allocation.into(),
        memory_allocation: settings.memory_allocation.into(),
        freezing_threshold: settings.freezing_threshold.into(),
        reserved_cycles_limit: extras.reserved_cycles_limit.into(),
        log_visibility: extras.log_visibility.clone(),
        log_memory_limit: extras.log_memory_limit.into(),
        wasm_memory_limit: settings.limits.wasm_memory_limit.into(),
        wasm_memory_threshold: extras.wasm_memory_threshold.into(),
        environment_variables: extras.environment_variables.clone(),
    }
}
