//! The message being executed: what came with it, and the answer to it.

use wasmtime::Linker;

use super::{Pointer, define_value, system_call};
use crate::cost;
use crate::entry::Entries;
use crate::env::Env;
use crate::execution::{Answer, Execution};
use crate::stop::Stop;

/// The largest reply, replicated or not, in bytes.
const MAX_REPLY: usize = 2 << 20;
const MAX_QUERY_REPLY: usize = 3 << 20;

pub(super) fn define<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    let callbacks = Entries::REPLY.and(Entries::REJECT);
    define_value::<P>(linker, "msg_arg_data", Entries::ARGUMENT, |run| {
        &run.input.arg
    })?;
    define_value::<P>(linker, "msg_caller", Entries::NOT_START, |run| {
        run.input.caller.as_slice()
    })?;
    define_value::<P>(linker, "msg_caller_info_data", Entries::MESSAGE, |_| &[])?;
    define_value::<P>(linker, "msg_caller_info_signer", Entries::MESSAGE, |_| &[])?;
    define_value::<P>(linker, "msg_method_name", Entries::INSPECT, |run| {
        run.input.method.as_bytes()
    })?;
    define_value::<P>(linker, "msg_reject_msg", Entries::REJECT, |run| {
        run.input.reject_message.as_bytes()
    })?;
    let coded = callbacks.and(Entries::CLEANUP);
    system_call!(
        linker,
        "msg_reject_code",
        coded,
        cost::SYSTEM_CALL,
        |call| call.run().input.reject_code
    );
    system_call!(
        linker,
        "msg_deadline",
        Entries::ANSWER,
        cost::SYSTEM_CALL,
        |_call| 0u64
    );
    define_answer::<P>(linker)?;
    system_call!(
        linker,
        "accept_message",
        Entries::INSPECT,
        cost::SYSTEM_CALL,
        |call| {
            if std::mem::replace(&mut call.run().effects.accepted, true) {
                Err(Stop::violation("accept_message was called twice"))?;
            }
        }
    );
    Ok(())
}

fn define_answer<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    let append = "msg_reply_data_append";
    system_call!(
        linker,
        append,
        Entries::ANSWER,
        cost::SYSTEM_CALL,
        |call, at: P, size: P| {
            call.charge_bytes(size.into(), cost::BYTE_REPLIED)?;
            let (heap, run) = call.heap();
            may_answer(run)?;
            let part = super::range(heap, at, size)?;
            let limit = if run.entry.is_replicated() {
                MAX_REPLY
            } else {
                MAX_QUERY_REPLY
            };
            if run.effects.reply.len() + part.len() > limit {
                Err(Stop::violation(format!(
                    "the reply is larger than {limit} bytes"
                )))?;
            }
            run.effects.reply.extend_from_slice(part);
        }
    );
    system_call!(
        linker,
        "msg_reply",
        Entries::ANSWER,
        cost::SYSTEM_CALL,
        |call| {
            let run = call.run();
            may_answer(run)?;
            run.effects.answer = Some(Answer::Reply(std::mem::take(&mut run.effects.reply)));
        }
    );
    let reject = "msg_reject";
    system_call!(
        linker,
        reject,
        Entries::ANSWER,
        cost::SYSTEM_CALL,
        |call, at: P, size: P| {
            let message = call.take_text(at, size)?;
            let run = call.run();
            may_answer(run)?;
            run.effects.answer = Some(Answer::Reject(message));
        }
    );
    Ok(())
}

fn may_answer(run: &Execution) -> Result<(), Stop> {
    if run.input.answered || run.effects.answer.is_some() {
        return Err(Stop::violation("the call was already answered"));
    }
    Ok(())
}
