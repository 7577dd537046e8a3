//! Requests and responses are taken from one queue, in order, and executed atomically.

use candid::Principal;

use crate::canister::{Allowance, Outcome};
use crate::config::OutgoingCalls;
use crate::context::{Context, Message, Origin, Request, Response};
use crate::entry::EntryPoint;
use crate::execution::{Answer, Effects, Input};
use crate::host::Host;
use crate::instance::Target;
use crate::reject::{Reject, code};

const SECOND: u64 = 1_000_000_000;

impl Host {
    /// Does what has become due by the clock. What is answered in time is so.
    fn wake(&mut self) {
        self.wake_management();
        while let Some(origin) = self.deadlines.take_due(self.time) {
            let message = "the call was not answered in the time it gave";
            let reject = Reject::new(code::NO_ANSWER_IN_TIME, message);
            self.respond(origin, Err(reject), 0);
        }
    }

    /// Takes one message from the queue and executes it. False if there was none.
    pub(crate) fn step(&mut self) -> bool {
        self.wake();
        match self.queue.pop_front() {
            Some(Message::Request(request)) => self.deliver_request(request),
            Some(Message::Response(response)) => self.deliver_response(response),
            None => return false,
        }
        true
    }

    fn deliver_request(&mut self, request: Request) {
        if let Origin::Canister {
            best_effort: Some(number),
            ..
        } = request.origin
            && !self.deadlines.is_open(number)
        {
            // It came too late: its caller was told so.
            return self.respond(request.origin, Ok(Vec::new()), request.cycles);
        }
        if let Origin::Canister { canister, .. } = request.origin
            && canister != request.callee
            && self.config.outgoing_calls == OutgoingCalls::Refuse
        {
            return self.refuse(request);
        }
        if request.callee == Principal::management_canister() {
            return self.call_management(request);
        }
        match self.entry_for(request.callee, &request.method) {
            Ok((entry, export)) => self.execute_request(request, entry, &export),
            Err(reject) => self.respond(request.origin, Err(reject), request.cycles),
        }
    }

    /// Rejects a call that was to leave a canister, and takes note of it.
    fn refuse(&mut self, request: Request) {
        let Request { callee, method, .. } = request;
        let message =
            format!("no call leaves a canister here: {method} of {callee} was not called");
        let calls = (request.caller, callee, method);
        *self.refused.entry(calls).or_default() += 1;
        let reject = Reject::new(code::CALL_REFUSED, message);
        self.respond(request.origin, Err(reject), request.cycles);
    }

    /// The entry point and the export that serve a method called as an update.
    fn entry_for(&self, callee: Principal, method: &str) -> Result<(EntryPoint, String), Reject> {
        let canister = self
            .canisters
            .get(&callee)
            .ok_or_else(|| canister_not_found(callee))?;
        canister.check_running()?;
        if canister.instance.is_none() {
            return Err(no_module(callee));
        }
        let (update, query) = (
            format!("canister_update {method}"),
            format!("canister_query {method}"),
        );
        if canister.exports(&update) {
            Ok((EntryPoint::Update(method.to_owned()), update))
        } else if canister.exports(&query) {
            Ok((EntryPoint::ReplicatedQuery(method.to_owned()), query))
        } else {
            let message = format!("Canister {callee} has no update method '{method}'");
            Err(Reject::new(code::METHOD_NOT_FOUND, message))
        }
    }

    fn execute_request(&mut self, request: Request, entry: EntryPoint, export: &str) {
        let Request {
            origin,
            caller,
            callee,
            method,
            arg,
            cycles,
        } = request;
        if let Err(reject) = self.check_balance(callee) {
            return self.respond(origin, Err(reject), cycles);
        }
        // A query keeps no changes, whichever way it is called.
        let keep = matches!(entry, EntryPoint::Update(_));
        let number = self.open_context(callee, Context::new(origin, caller, cycles));
        let input = self.input(callee, number, |input| {
            (input.arg, input.method) = (arg, method)
        });
        let ended = self.run(callee, number, entry, Target::Export(export), input, keep);
        self.conclude(callee, number, ended);
    }

    /// Whether a canister has the cycles for the instruction limit of a message above its
    /// freezing threshold. Those of a callback were paid with the call.
    fn check_balance(&self, id: Principal) -> Result<(), Reject> {
        let (Some(prices), Some(canister)) = (&self.config.prices, self.canisters.get(&id)) else {
            return Ok(());
        };
        let needed = prices.message(self.config.update_instructions, canister.has_wide_heap());
        let needed = needed.saturating_add(canister.threshold_now(prices));
        let missing = needed.saturating_sub(canister.state.cycles);
        if missing == 0 {
            return Ok(());
        }
        let message = format!(
            "Canister {id} is out of cycles: please top up the canister with at least {missing} \
             additional cycles"
        );
        Err(Reject::new(code::OUT_OF_CYCLES, message))
    }

    /// Runs a timer or a heartbeat: a call nobody waits for. Without the cycles for it there
    /// is none.
    pub(crate) fn execute_task(&mut self, id: Principal, entry: EntryPoint, export: &str) {
        if self.check_balance(id).is_err() {
            return;
        }
        let nobody = Context::new(Origin::Nobody, Principal::management_canister(), 0);
        let number = self.open_context(
            id,
            Context {
                answered: true,
                ..nobody
            },
        );
        let input = self.input(id, number, |_| {});
        let ended = self.run(id, number, entry, Target::Export(export), input, true);
        self.conclude(id, number, ended);
    }

    fn deliver_response(&mut self, response: Response) {
        let Response {
            canister: id,
            context: number,
            callback,
            result,
            refund,
        } = response;
        let Some(canister) = self.canisters.get_mut(&id) else {
            return;
        };
        canister.state.cycles = canister.state.cycles.saturating_add(refund);
        // A call that was given up: the canister has other code now.
        let Some(context) = canister.contexts.get_mut(&number) else {
            return;
        };
        context.outstanding -= 1;
        let (entry, closure) = match result {
            Ok(_) => (EntryPoint::ReplyCallback, callback.reply),
            Err(_) => (EntryPoint::RejectCallback, callback.reject),
        };
        if closure.is_none() {
            return self.conclude(id, number, Ok(Effects::default()));
        }
        let input = self.input(id, number, |input| {
            input.refunded = refund;
            match result {
                Ok(reply) => input.arg = reply,
                Err(reject) => {
                    input.reject_code = reject.code as i32;
                    input.reject_message = reject.message;
                }
            }
        });
        let target = Target::Closure(closure);
        let ended = self.run(id, number, entry, target, input.clone(), true);
        if let (Err(_), Some(cleanup)) = (&ended, callback.cleanup) {
            // It has no answer to give and no calls to make, and if it traps too, that is in
            // the reports.
            let target = Target::Closure(cleanup);
            let _ = self.run(id, number, EntryPoint::Cleanup, target, input, true);
        }
        self.conclude(id, number, ended);
    }

    fn open_context(&mut self, id: Principal, context: Context) -> u64 {
        let Some(canister) = self.canisters.get_mut(&id) else {
            return 0;
        };
        let number = canister.next_context;
        canister.next_context += 1;
        canister.contexts.insert(number, context);
        number
    }

    fn input(&self, id: Principal, number: u64, fill: impl FnOnce(&mut Input)) -> Input {
        let canister = self.canisters.get(&id);
        let mut input = canister.map(|c| c.input(self.time)).unwrap_or_default();
        if let Some(context) = canister.and_then(|c| c.contexts.get(&number)) {
            input.caller = context.caller;
            input.answered = context.answered;
            input.instructions_before = context.instructions;
        }
        fill(&mut input);
        input
    }

    /// Runs code for a call and books what it used. Returns what it made, if it ended well.
    fn run(
        &mut self,
        id: Principal,
        number: u64,
        entry: EntryPoint,
        target: Target,
        input: Input,
        keep: bool,
    ) -> Result<Effects, Reject> {
        let Some(canister) = self.canisters.get_mut(&id) else {
            return Err(canister_not_found(id));
        };
        let cycles = canister
            .contexts
            .get(&number)
            .map_or(0, |context| context.available);
        let instructions = self.config.update_instructions;
        let allowance = Allowance::new(&self.config, instructions, cycles);
        let Outcome {
            execution, report, ..
        } = canister.execute(entry, target, input, allowance, keep)?;
        if let Some(prices) = &self.config.prices {
            let cost = prices.message(report.instructions, canister.has_wide_heap());
            canister.state.cycles = canister.state.cycles.saturating_sub(cost);
        }
        let trap = report.trap.clone();
        if let Some(context) = canister.contexts.get_mut(&number) {
            context.instructions += report.instructions;
            if trap.is_none() && keep {
                context.available = execution.available;
            }
        }
        if trap.is_none() && keep {
            self.config.free_stable_pages = execution.free_stable_pages;
        }
        self.reports.push(report);
        trap.map_or(Ok(execution.effects), Err)
    }

    /// After code has run for a call: sends its answer and its calls on their way, and ends
    /// the call if there is nothing more to come.
    fn conclude(&mut self, id: Principal, number: u64, ended: Result<Effects, Reject>) {
        let Some(context) = self
            .canisters
            .get_mut(&id)
            .and_then(|c| c.contexts.get_mut(&number))
        else {
            return;
        };
        let mut answer = None;
        let ended = ended.map(|effects| {
            answer = effects.answer.map(|answer| match answer {
                Answer::Reply(bytes) => Ok(bytes),
                Answer::Reject(text) => Err(Reject::new(code::REJECTED_BY_CANISTER, text)),
            });
            context.outstanding += effects.calls.len() as u64;
            for call in effects.calls {
                let timeout = call.timeout;
                let mut request = Request::from_call(call, id, number);
                if let Some(seconds) = timeout {
                    let due = self.time.saturating_add(u64::from(seconds) * SECOND);
                    request.origin = self.deadlines.open(due, request.origin);
                }
                self.queue.push_back(Message::Request(request));
            }
        });
        if answer.is_none() && !context.answered && context.outstanding == 0 {
            let silent = || {
                Reject::new(
                    code::DID_NOT_REPLY,
                    format!("Error from Canister {id}: Canister did not reply to the call"),
                )
            };
            answer = Some(Err(ended.err().unwrap_or_else(silent)));
        }
        let mut responses = None;
        if let Some(result) = answer {
            context.answered = true;
            let refund = std::mem::take(&mut context.available);
            responses = Some((context.origin.clone(), result, refund));
        }
        let over = context.answered && context.outstanding == 0;
        if over && let Some(canister) = self.canisters.get_mut(&id) {
            canister.contexts.remove(&number);
        }
        if let Some((origin, result, refund)) = responses {
            self.respond(origin, result, refund);
        }
        if over {
            self.finish_stop(id);
        }
    }

    /// Gives up all calls a canister is working on; who waits for one is told so.
    pub(crate) fn drop_contexts(&mut self, id: Principal, code: &'static str, why: &str) {
        let Some(canister) = self.canisters.get_mut(&id) else {
            return;
        };
        for (_, context) in std::mem::take(&mut canister.contexts) {
            if !context.answered {
                let reject = Reject::new(code, format!("Canister {id} {why}"));
                self.respond(context.origin, Err(reject), context.available);
            }
        }
        self.finish_stop(id);
    }

    pub(crate) fn respond(
        &mut self,
        origin: Origin,
        result: Result<Vec<u8>, Reject>,
        refund: u128,
    ) {
        match origin {
            Origin::Ingress(number) => {
                self.answers.insert(number, result);
            }
            Origin::Canister {
                canister,
                context,
                callback,
                best_effort,
            } => {
                if best_effort.is_some_and(|number| !self.deadlines.close(number)) {
                    if let Some(canister) = self.canisters.get_mut(&canister) {
                        let balance = &mut canister.state.cycles;
                        *balance = balance.saturating_add(refund);
                    }
                    return;
                }
                let response = Response {
                    canister,
                    context,
                    callback,
                    result,
                    refund,
                };
                self.queue.push_back(Message::Response(response));
            }
            Origin::Nobody => {}
        }
    }
}

pub(crate) fn canister_not_found(id: Principal) -> Reject {
    Reject::new(code::CANISTER_NOT_FOUND, format!("Canister {id} not found"))
}

pub(crate) fn no_module(id: Principal) -> Reject {
    Reject::new(
        code::NO_MODULE,
        format!("Error from Canister {id}: Canister has no Wasm module"),
    )
}
