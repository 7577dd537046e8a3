//! Where the instructions of a message go, by function.
//!
//! A module made with [`Module::profiled`](crate::Module::profiled) tells the host when each of its functions begins
//! and ends. What the telling itself costs is known to the instruction and left out.

use std::collections::HashMap;

use wasmtime::{Caller, Linker};

use crate::env::Env;
use crate::stop::Stop;

mod wrap;

pub(crate) use wrap::wrap;

const IMPORTS: &str = "canister-host:profile";
const ENTER: &str = "enter";
const LEAVE: &str = "leave";

/// What one message spent, by function.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// The functions that ran, the one with the most instructions of its own first.
    pub functions: Vec<FunctionCost>,
}

/// What a function spent in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCost {
    /// Its name, as it stands in the module's `name` section, or its index.
    pub name: String,
    /// How often it was called.
    pub calls: u64,
    /// Instructions of its own, the system calls it makes included.
    pub own: u64,
    /// Instructions from when it begins to when it ends. What it spends while it is running already, called by what
    /// it called, counts once.
    pub total: u64,
}

/// Follows the functions of one execution.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    running: Vec<Frame>,
    costs: HashMap<u32, Cost>,
    /// The meter at the last event.
    last: u64,
    /// What the telling costs between the last event and the function that it was about.
    telling: u64,
    /// Instructions so far without those of the telling.
    spent: u64,
}

#[derive(Debug)]
struct Frame {
    function: u32,
    /// What had been spent when it began.
    since: u64,
}

#[derive(Debug, Default)]
struct Cost {
    calls: u64,
    own: u64,
    total: u64,
    running: u32,
}

impl Recorder {
    fn enter(&mut self, function: u32, parameters: u32, used: u64) {
        self.pass(used, wrap::BEFORE);
        self.telling = wrap::after_enter(parameters);
        self.running.push(Frame {
            function,
            since: self.spent,
        });
        let cost = self.costs.entry(function).or_default();
        cost.calls += 1;
        cost.running += 1;
    }

    fn leave(&mut self, used: u64) {
        self.pass(used, wrap::AFTER);
        if let Some(frame) = self.running.pop() {
            self.end(&frame);
        }
    }

    /// Puts what was spent since the last event down to the function that runs.
    fn pass(&mut self, used: u64, telling: u64) {
        let telling = telling + std::mem::take(&mut self.telling);
        let spent = used.saturating_sub(self.last).saturating_sub(telling);
        self.last = used;
        self.spent += spent;
        if let Some(frame) = self.running.last()
            && let Some(cost) = self.costs.get_mut(&frame.function)
        {
            cost.own += spent;
        }
    }

    fn end(&mut self, frame: &Frame) {
        if let Some(cost) = self.costs.get_mut(&frame.function) {
            cost.running -= 1;
            if cost.running == 0 {
                cost.total += self.spent - frame.since;
            }
        }
    }

    /// The profile, `used` instructions into the execution: its end, or where it trapped.
    pub(crate) fn finish(mut self, used: u64, names: &HashMap<u32, String>) -> Profile {
        self.pass(used, 0);
        while let Some(frame) = self.running.pop() {
            self.end(&frame);
        }
        let named = |function: u32| match names.get(&function) {
            Some(name) => name.clone(),
            None => format!("function {function}"),
        };
        let costs = self.costs.into_iter();
        let mut functions: Vec<FunctionCost> = costs
            .map(|(function, cost)| FunctionCost {
                name: named(function),
                calls: cost.calls,
                own: cost.own,
                total: cost.total,
            })
            .collect();
        functions.sort_by(|a, b| (b.own, &a.name).cmp(&(a.own, &b.name)));
        Profile { functions }
    }
}

/// Defines what a profiled module calls.
pub(crate) fn define(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    linker.func_wrap(
        IMPORTS,
        ENTER,
        |mut caller: Caller<'_, Env>, function: u32, parameters: u32| {
            tell(&mut caller, |recorder, used| {
                recorder.enter(function, parameters, used)
            })
        },
    )?;
    linker.func_wrap(IMPORTS, LEAVE, |mut caller: Caller<'_, Env>| {
        tell(&mut caller, Recorder::leave)
    })?;
    Ok(())
}

fn tell(
    caller: &mut Caller<'_, Env>,
    event: impl FnOnce(&mut Recorder, u64),
) -> wasmtime::Result<()> {
    let fuel = caller
        .get_fuel()
        .map_err(|error| Stop::Trapped(error.to_string()))?;
    let meter = &mut caller.data_mut().run.meter;
    let used = meter.used_at(fuel);
    if let Some(recorder) = &mut meter.profile {
        event(recorder, used);
    }
    Ok(())
}
