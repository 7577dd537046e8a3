//! One canister: its module, its state, and the execution of an entry point on it.

use std::collections::BTreeMap;

use candid::Principal;

use crate::config::{CanisterSettings, HostConfig, StableAccess};
use crate::context::Context;
use crate::entry::EntryPoint;
use crate::execution::{Execution, Input, State};
use crate::fault::Armed;
use crate::instance::{Instance, Target};
use crate::management::{Chunks, Extras, HistoryEntry, RunState, StoredSnapshot};
use crate::messages::no_module;
use crate::meter::Meter;
use crate::prices::Prices;
use crate::reject::Reject;
use crate::report::MessageReport;
use crate::stop::Stop;

/// Something a canister logged with `ic0.debug_print`, or a trap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// When, in nanoseconds since 1970.
    pub time: u64,
    /// What.
    pub text: String,
}

pub(crate) struct Canister {
    pub(crate) id: Principal,
    pub(crate) settings: CanisterSettings,
    pub(crate) state: State,
    pub(crate) version: u64,
    pub(crate) instance: Option<Instance>,
    pub(crate) contexts: BTreeMap<u64, Context>,
    pub(crate) next_context: u64,
    pub(crate) logs: Vec<LogRecord>,
    pub(crate) fault: Option<Armed>,
    /// Instructions of installations that are not paid off by rounds yet.
    pub(crate) install_debit: u64,
    /// From when on, by the clock, rounds pay it off, where rounds follow the clock.
    pub(crate) debit_from: u64,
    pub(crate) run_state: RunState,
    pub(crate) history: Vec<HistoryEntry>,
    pub(crate) chunks: Chunks,
    pub(crate) snapshots: Vec<StoredSnapshot>,
    pub(crate) next_snapshot: u64,
    /// Settings that are kept and told, and have no effect here.
    pub(crate) extras: Extras,
}

/// What an execution may use beside the canister's own.
#[derive(Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) instructions: u64,
    pub(crate) stable_access: StableAccess,
    pub(crate) free_stable_pages: Option<u64>,
    /// Cycles that came with the call.
    pub(crate) cycles: u128,
    pub(crate) prices: Option<Prices>,
}

impl Allowance {
    pub(crate) fn new(config: &HostConfig, instructions: u64, cycles: u128) -> Self {
        Allowance {
            instructions,
            stable_access: config.stable_access,
            free_stable_pages: config.free_stable_pages,
            cycles,
            prices: config.prices,
        }
    }
}

/// How an execution ended, before its effects are kept or dropped.
pub(crate) struct Outcome {
    pub(crate) execution: Execution,
    pub(crate) stop: Option<Stop>,
    pub(crate) report: MessageReport,
}

impl Canister {
    pub(crate) fn new(id: Principal, settings: CanisterSettings) -> Self {
        let state = State {
            cycles: settings.cycles,
            ..State::default()
        };
        Canister {
            id,
            settings,
            state,
            version: 0,
            instance: None,
            contexts: BTreeMap::new(),
            next_context: 0,
            logs: Vec::new(),
            fault: None,
            install_debit: 0,
            debit_from: 0,
            run_state: RunState::default(),
            history: Vec::new(),
            chunks: Chunks::default(),
            snapshots: Vec::new(),
            next_snapshot: 0,
            extras: Extras::default(),
        }
    }

    /// What every execution of this canister is given; the message is still to be put in.
    pub(crate) fn input(&self, time: u64) -> Input {
        Input {
            canister: self.id,
            controllers: self.settings.controllers.clone(),
            version: self.version,
            status: self.run_state.status(),
            time,
            ..Input::default()
        }
    }

    pub(crate) fn exports(&self, name: &str) -> bool {
        self.instance
            .as_ref()
            .is_some_and(|i| i.module().exports_function(name))
    }

    pub(crate) fn has_wide_heap(&self) -> bool {
        self.instance
            .as_ref()
            .is_some_and(|i| i.module().has_wide_heap())
    }

    /// Runs an entry point on an instance and a copy of a state, counting towards the armed
    /// fault. Nothing is kept or undone.
    pub(crate) fn run_on(
        &mut self,
        instance: &mut Instance,
        state: State,
        entry: EntryPoint,
        target: Target,
        input: Input,
        allowance: Allowance,
    ) -> Outcome {
        let fault = self.fault.take_if(|fault| fault.applies_to(&entry));
        let time = input.time;
        let frozen = allowance.prices.as_ref().map_or(0, |prices| {
            self.threshold(Canister::usage(Some(instance), &state), prices)
        });
        let access = allowance.stable_access.limit(&entry);
        let execution = Execution {
            entry,
            input,
            limits: self.settings.limits,
            state,
            available: allowance.cycles,
            frozen,
            free_stable_pages: allowance.free_stable_pages,
            meter: Meter::new(allowance.instructions, access, fault),
            ..Execution::default()
        };
        let (mut execution, result) = instance.run(execution, target);
        execution.drop_pending_call();
        let stop = result.err();
        if let Some(mut fault) = execution.meter.fault.take()
            && !matches!(stop, Some(Stop::Injected(_)))
        {
            fault.executed(execution.meter.used);
            self.fault = Some(fault);
        }
        let report = self.report(&execution, stop.as_ref(), instance);
        if execution.entry.is_replicated() {
            let trap = report
                .trap
                .iter()
                .map(|reject| format!("[TRAP]: {}", reject.message));
            let texts = report.logs.iter().cloned().chain(trap);
            self.logs.extend(texts.map(|text| LogRecord { time, text }));
        }
        Outcome {
            execution,
            stop,
            report,
        }
    }

    /// Runs an entry point on the canister. What it did is kept if it ended well and `keep`
    /// is set, and else undone.
    pub(crate) fn execute(
        &mut self,
        entry: EntryPoint,
        target: Target,
        input: Input,
        allowance: Allowance,
        keep: bool,
    ) -> Result<Outcome, Reject> {
        let Some(mut instance) = self.instance.take() else {
            return Err(no_module(self.id));
        };
        if let Err(stop) = self.check_heap(&entry, &instance) {
            self.instance = Some(instance);
            return Err(stop.to_reject(&self.id.to_text()));
        }
        let state = self.state.clone();
        let prices = allowance.prices;
        let before = Canister::usage(Some(&instance), &state);
        let mut outcome = self.run_on(&mut instance, state, entry, target, input, allowance);
        if let (Some(prices), true, None) = (prices, keep, &outcome.stop) {
            let after = &outcome.execution.state;
            let stop = self.check_growth(&prices, before, &instance, after).err();
            outcome.report.trap = stop.as_ref().map(|s| s.to_reject(&self.id.to_text()));
            outcome.stop = stop;
        }
        let settled = if keep && outcome.stop.is_none() {
            self.state = outcome.execution.state.clone();
            self.version = self.version.saturating_add(1);
            instance.commit()
        } else {
            instance.rollback()
        };
        self.instance = Some(instance);
        settled.map_err(|stop| stop.to_reject(&self.id.to_text()))?;
        Ok(outcome)
    }

    /// An update of a canister that is past the soft limit on its heap does not begin.
    fn check_heap(&self, entry: &EntryPoint, instance: &Instance) -> Result<(), Stop> {
        let (limits, bytes) = (&self.settings.limits, instance.heap().len() as u64);
        match entry {
            EntryPoint::Update(_) if limits.forbid(bytes) => Err(Stop::HeapLimit {
                limit: limits.wasm_memory_limit,
                bytes,
            }),
            _ => Ok(()),
        }
    }

    /// A message may not grow memory so that the canister would be frozen. On the network
    /// it traps where it grows, here at its end.
    fn check_growth(
        &self,
        prices: &Prices,
        before: u64,
        instance: &Instance,
        state: &State,
    ) -> Result<(), Stop> {
        let bytes = Canister::usage(Some(instance), state);
        let threshold = self.threshold(bytes, prices);
        if bytes <= before || state.cycles >= threshold {
            return Ok(());
        }
        Err(Stop::GrowthFreezes {
            bytes,
            balance: state.cycles,
            threshold,
        })
    }

    fn report(
        &self,
        execution: &Execution,
        stop: Option<&Stop>,
        instance: &Instance,
    ) -> MessageReport {
        let meter = &execution.meter;
        MessageReport {
            canister: self.id,
            entry: execution.entry.clone(),
            instructions: meter.used,
            system_calls: meter.system_calls,
            stable_writes: meter.stable_writes,
            stable_grows: meter.stable_grows,
            dirty_stable_pages: meter.dirty_stable_pages,
            accessed_stable_pages: meter.touched.count(),
            dirty_heap_pages: instance.written(),
            heap_pages: instance.heap_pages(),
            stable_pages: execution.state.stable.pages(),
            logs: execution.effects.logs.clone(),
            calls: (execution.effects.calls.iter())
                .map(|call| (call.callee, call.method.clone()))
                .collect(),
            profile: execution.profile.clone(),
            trap: stop.map(|stop| stop.to_reject(&self.id.to_text())),
        }
    }
}
