//! The subnet: canisters, a clock, a queue of messages.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use candid::Principal;

use crate::canister::{Allowance, Canister};
use crate::config::{CanisterSettings, HostConfig};
use crate::context::{Message, Origin, Request};
use crate::deadline::Deadlines;
use crate::entry::EntryPoint;
use crate::error::HostError;
use crate::execution::{Answer, Execution};
use crate::instance::Target;
use crate::management::{Change, Management};
use crate::messages::{canister_not_found, no_module};
use crate::reject::{Reject, code};
use crate::report::{MessageReport, RefusedCall, Reply};

/// One subnet of canisters in this process. See the [crate's documentation](crate).
pub struct Host {
    pub(crate) config: HostConfig,
    pub(crate) canisters: BTreeMap<Principal, Canister>,
    pub(crate) queue: VecDeque<Message>,
    pub(crate) answers: BTreeMap<u64, Result<Vec<u8>, Reject>>,
    /// What the last update or tick executed.
    pub(crate) reports: Vec<MessageReport>,
    pub(crate) time: u64,
    pub(crate) draws: u64,
    /// How often which caller called which method of whom in vain.
    pub(crate) refused: BTreeMap<(Principal, Principal, String), u64>,
    /// The hashes of the modules that were compiled since the last checkpoint.
    pub(crate) compiled: BTreeSet<[u8; 32]>,
    pub(crate) management: Management,
    pub(crate) deadlines: Deadlines,
    /// Until when rounds that follow the clock have paid off debits.
    pub(crate) rounds_until: u64,
    next_canister: u64,
    next_ingress: u64,
}

/// The number in the first id a canister is created with.
const FIRST_CANISTER: u64 = 0x01f0_0000;

impl Default for Host {
    fn default() -> Self {
        Host::new()
    }
}

impl Host {
    /// An empty subnet with the network's limits.
    pub fn new() -> Self {
        Host::with_config(HostConfig::default())
    }

    /// An empty subnet.
    pub fn with_config(config: HostConfig) -> Self {
        Host {
            time: config.time,
            rounds_until: config.time,
            config,
            canisters: BTreeMap::new(),
            queue: VecDeque::new(),
            answers: BTreeMap::new(),
            reports: Vec::new(),
            draws: 0,
            refused: BTreeMap::new(),
            compiled: BTreeSet::new(),
            management: Management::default(),
            deadlines: Deadlines::default(),
            next_canister: FIRST_CANISTER,
            next_ingress: 0,
        }
    }

    /// Creates an empty canister. The ids follow one another, the same in every host.
    pub fn create_canister(&mut self, settings: CanisterSettings) -> Principal {
        self.add_canister(settings, None)
    }

    pub(crate) fn add_canister(
        &mut self,
        settings: CanisterSettings,
        by: Option<Principal>,
    ) -> Principal {
        loop {
            let mut id = [0; 10];
            id[..8].copy_from_slice(&self.next_canister.to_be_bytes());
            id[8..].fill(1);
            self.next_canister += 1;
            let id = Principal::from_slice(&id);
            if let Entry::Vacant(free) = self.canisters.entry(id) {
                let created = Change::Created(settings.controllers.clone());
                free.insert(Canister::new(id, settings));
                self.record(id, by, created);
                return id;
            }
        }
    }

    /// Creates an empty canister with a given id.
    ///
    /// # Errors
    /// The id is taken.
    pub fn create_canister_with_id(
        &mut self,
        id: Principal,
        settings: CanisterSettings,
    ) -> Result<(), HostError> {
        if self.canisters.contains_key(&id) || id == Principal::management_canister() {
            return Err(HostError::CanisterIdTaken(id));
        }
        let created = Change::Created(settings.controllers.clone());
        self.canisters.insert(id, Canister::new(id, settings));
        self.record(id, None, created);
        Ok(())
    }

    /// Calls a method as an update and works through the queue until it is answered: calls
    /// to other canisters and their callbacks are part of it. What is still queued then, as
    /// one-way calls may be, waits for the next update or [`tick`](Host::tick).
    ///
    /// # Errors
    /// The canister, or the host for it, rejected the call, or
    /// [so many messages](HostConfig::messages_at_once) did not bring the answer.
    pub fn update(
        &mut self,
        id: Principal,
        sender: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Reply, Reject> {
        self.reports.clear();
        self.inspect(id, sender, method, arg)?;
        self.call(id, sender, method, arg)
    }

    /// Calls a method as a canister calls it: `canister_inspect_message` is not asked. `caller`
    /// may be the canister itself.
    ///
    /// # Errors
    /// The canister, or the host for it, rejected the call.
    pub fn call(
        &mut self,
        id: Principal,
        caller: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Reply, Reject> {
        self.reports.clear();
        let number = self.enqueue(id, caller, method, arg);
        self.work(|host| host.answers.contains_key(&number));
        let silent = || {
            let message = match self.queue.is_empty() {
                true if self.management.is_waiting() || !self.deadlines.is_empty() => {
                    "the call is not answered yet: something waits for the clock".to_owned()
                }
                true => "the call was never answered".to_owned(),
                false => format!(
                    "the call was not answered within {} messages",
                    self.config.messages_at_once
                ),
            };
            Reject::new(code::DID_NOT_REPLY, message)
        };
        let bytes = self
            .answers
            .remove(&number)
            .unwrap_or_else(|| Err(silent()))?;
        let messages = self.reports.clone();
        let instructions = messages.iter().map(|report| report.instructions).sum();
        Ok(Reply {
            bytes,
            instructions,
            messages,
        })
    }

    pub(crate) fn enqueue(
        &mut self,
        id: Principal,
        caller: Principal,
        method: &str,
        arg: &[u8],
    ) -> u64 {
        let number = self.next_ingress;
        self.next_ingress += 1;
        self.queue.push_back(Message::Request(Request {
            origin: Origin::Ingress(number),
            caller,
            callee: id,
            method: method.to_owned(),
            arg: arg.to_vec(),
            cycles: 0,
        }));
        number
    }

    /// Calls a query method. Whatever it does, the canister is afterwards as before.
    ///
    /// # Errors
    /// The canister, or the host for it, rejected the call.
    pub fn query(
        &mut self,
        id: Principal,
        sender: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Reply, Reject> {
        let canister = self
            .canisters
            .get(&id)
            .ok_or_else(|| canister_not_found(id))?;
        canister.check_running()?;
        if canister.instance.is_none() {
            return Err(no_module(id));
        }
        let exports = [
            format!("canister_query {method}"),
            format!("canister_composite_query {method}"),
        ];
        let export = exports
            .iter()
            .find(|name| canister.exports(name))
            .ok_or_else(|| {
                let message =
                    format!("Error from Canister {id}: Canister has no query method '{method}'");
                Reject::new(code::METHOD_NOT_FOUND, message)
            })?;
        let entry = EntryPoint::Query(method.to_owned());
        let (execution, report) = self.look(id, sender, entry, export, method, arg)?;
        match execution.effects.answer {
            Some(Answer::Reply(bytes)) => Ok(Reply {
                bytes,
                instructions: report.instructions,
                messages: vec![report],
            }),
            Some(Answer::Reject(text)) => Err(Reject::new(code::REJECTED_BY_CANISTER, text)),
            None => Err(Reject::new(
                code::DID_NOT_REPLY,
                format!("Error from Canister {id}: Canister did not reply to the call"),
            )),
        }
    }

    /// What a node asks the canister before it takes a call from outside.
    pub(crate) fn inspect(
        &mut self,
        id: Principal,
        sender: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<(), Reject> {
        let export = "canister_inspect_message";
        if !self
            .canisters
            .get(&id)
            .is_some_and(|canister| canister.exports(export))
        {
            return Ok(());
        }
        let entry = EntryPoint::InspectMessage;
        let (execution, _) = self.look(id, sender, entry, export, method, arg)?;
        if !execution.effects.accepted {
            let message = format!("Canister {id} rejected the message");
            return Err(Reject::new(code::REJECTED_BY_CANISTER, message));
        }
        Ok(())
    }

    /// Runs an entry point of which nothing is kept.
    fn look(
        &mut self,
        id: Principal,
        sender: Principal,
        entry: EntryPoint,
        export: &str,
        method: &str,
        arg: &[u8],
    ) -> Result<(Execution, MessageReport), Reject> {
        let canister = self
            .canisters
            .get_mut(&id)
            .ok_or_else(|| canister_not_found(id))?;
        canister.check_running()?;
        if let Some(prices) = &self.config.prices
            && canister.state.cycles < canister.threshold_now(prices)
        {
            let message = format!(
                "Canister {id} is unable to process calls because it's frozen: please top up the \
                 canister with cycles"
            );
            return Err(Reject::new(code::OUT_OF_CYCLES, message));
        }
        let mut input = canister.input(self.time);
        (input.caller, input.arg, input.method) = (sender, arg.to_vec(), method.to_owned());
        let instructions = match entry {
            EntryPoint::InspectMessage => self.config.inspect_instructions,
            _ => self.config.query_instructions,
        };
        let allowance = Allowance::new(&self.config, instructions, 0);
        let outcome = canister.execute(entry, Target::Export(export), input, allowance, false)?;
        match outcome.report.trap {
            Some(reject) => Err(reject),
            None => Ok((outcome.execution, outcome.report)),
        }
    }

    /// Runs each global timer that is due, and each heartbeat unless the host's configuration
    /// turns them off, once, and then the queue until it is empty or
    /// [enough](HostConfig::messages_at_once) was done. Returns what was executed, in order;
    /// traps are in there too. A canister that is not running runs neither: a timer that is
    /// due waits until it is started.
    pub fn tick(&mut self) -> Vec<MessageReport> {
        self.reports.clear();
        if self.config.round.is_none() {
            self.pass_rounds(1);
        }
        let ids: Vec<Principal> = self.canisters.keys().copied().collect();
        for id in ids {
            let now = self.time;
            let Some(canister) = self.canisters.get_mut(&id) else {
                continue;
            };
            if canister.check_running().is_err() {
                continue;
            }
            let timer = &mut canister.state.global_timer;
            if *timer != 0 && *timer <= now {
                *timer = 0;
                if canister.exports("canister_global_timer") {
                    self.execute_task(id, EntryPoint::GlobalTimer, "canister_global_timer");
                }
            }
            let beats = |c: &Canister| c.exports("canister_heartbeat");
            if self.config.heartbeats && self.canisters.get(&id).is_some_and(beats) {
                self.execute_task(id, EntryPoint::Heartbeat, "canister_heartbeat");
            }
        }
        self.work(|_| false);
        self.reports.clone()
    }

    /// Works through the queue until it is empty, something is done, or it was enough.
    fn work(&mut self, done: impl Fn(&Host) -> bool) {
        for _ in 0..self.config.messages_at_once {
            if done(self) || !self.step() {
                return;
            }
        }
    }

    /// What the last update or tick executed, in order: also of an update that was rejected.
    pub fn executed(&self) -> &[MessageReport] {
        &self.reports
    }

    /// The calls that were [refused](crate::OutgoingCalls::Refuse) so far, by caller, callee
    /// and method.
    pub fn refused_calls(&self) -> impl Iterator<Item = RefusedCall> {
        self.refused
            .iter()
            .map(|((caller, callee, method), count)| RefusedCall {
                caller: *caller,
                callee: *callee,
                method: method.clone(),
                count: *count,
            })
    }
}
