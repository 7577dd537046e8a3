//! A canister as the client sees it: its answers, its size, its module.

use std::collections::BTreeMap;
use std::process::Command;
use std::thread;

use candid::types::value::{IDLField, VariantValue};
use candid::{IDLArgs, IDLValue, Principal, idl_hash};
use canister_scenario::Call;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::session::Session;
use crate::shell;

/// The identity that asks for whoever has none in this run: a visitor of the profile.
const VISITOR: &str = "visitor";

/// The canister that tells what others take up.
const MANAGEMENT: &str = "aaaaa-aa";

/// How many questions are asked at a time.
const AT_A_TIME: usize = 4;

/// The bytes of a reply, or the code of a refusal.
pub type Reply = std::result::Result<Vec<u8>, String>;

/// What a canister takes up, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Everything, as `icp canister status` tells it: snapshots and the module too.
    pub memory: u64,
    /// Its snapshots.
    pub snapshots: u64,
    /// Stable memory.
    pub stable: u64,
    /// The heap.
    pub heap: u64,
}

/// The identities of a run, by principal.
pub struct Identities(BTreeMap<Principal, String>);

impl Identities {
    /// Asks the client for them.
    ///
    /// # Errors
    /// Those of the client.
    pub fn list(session: &Session) -> Result<Self> {
        #[derive(Deserialize)]
        struct List {
            identities: Vec<Identity>,
        }
        #[derive(Deserialize)]
        struct Identity {
            name: String,
            principal: Principal,
        }
        let mut icp = session.program("icp");
        icp.args(["identity", "list", "--json"]);
        let list: List = json(&mut icp)?;
        let pairs = list.identities.into_iter();
        Ok(Self(pairs.map(|one| (one.principal, one.name)).collect()))
    }

    fn of(&self, caller: Principal) -> &str {
        self.0.get(&caller).map_or(VISITOR, String::as_str)
    }
}

/// Asks a canister a question, as the identity of the caller, or as a visitor where it has none.
/// A refusal is told by its code alone: its words may change from release to release.
///
/// # Errors
/// The code of the refusal, or what the client said.
pub fn ask(session: &Session, identities: &Identities, canister: &str, call: &Call) -> Reply {
    let mut icp = session.program("icp");
    icp.args(["canister", "call", canister, call.method, &hex(&call.args)])
        .args(["--args-format", "hex", "--output", "hex", "--query"])
        .args(["--identity", identities.of(call.caller)]);
    let output = icp.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        let printed = String::from_utf8_lossy(&output.stdout);
        return bytes(printed.trim()).ok_or_else(|| format!("no hex: {printed}"));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let code = said.rsplit("error code Some(\"").next();
    Err(match code.and_then(|rest| rest.split_once("\")")) {
        Some((code, _)) => code.to_owned(),
        None => said.trim().to_owned(),
    })
}

/// Asks questions, some at a time: most of what one takes is the start of the client. The replies are in the order
/// of the questions.
pub fn ask_all(
    session: &Session,
    identities: &Identities,
    canister: &str,
    questions: &[Call],
) -> Vec<Reply> {
    let share = questions.len().div_ceil(AT_A_TIME).max(1);
    let asked = |share: &[Call]| -> Vec<Reply> {
        let replies = share
            .iter()
            .map(|call| ask(session, identities, canister, call));
        replies.collect()
    };
    thread::scope(|scope| {
        let shares = questions.chunks(share);
        let threads: Vec<_> = shares
            .map(|share| (share, scope.spawn(move || asked(share))))
            .collect();
        let replies = threads.into_iter().flat_map(|(share, thread)| {
            let failed = |_| vec![Err("this question could not be asked".to_owned()); share.len()];
            thread.join().unwrap_or_else(failed)
        });
        replies.collect()
    })
}

/// What a canister takes up now, and the hash of its module in hex.
///
/// # Errors
/// Those of the client, `Answer` if it tells no sizes.
pub fn status(session: &Session, canister: &str) -> Result<(Size, String)> {
    #[derive(Deserialize)]
    struct Status {
        memory_size: String,
        module_hash: Option<String>,
    }
    let mut icp = session.program("icp");
    icp.args(["canister", "status", canister, "--json"]);
    let status: Status = json(&mut icp)?;
    let unreadable = |command: &Command, reason: &str| Error::Answer {
        command: shell::line(command),
        reason: reason.to_owned(),
    };
    let memory = status.memory_size.replace('_', "");
    let memory = memory
        .parse()
        .map_err(|_| unreadable(&icp, "memory_size is no number"))?;

    // The client's own status does not tell the heap from stable memory.
    let mut detail = session.program("icp");
    let argument = format!("(record {{ canister_id = principal \"{canister}\" }})");
    detail.args([
        "canister",
        "call",
        MANAGEMENT,
        "canister_status",
        &argument,
        "--output",
        "hex",
    ]);
    let printed = shell::read(&mut detail)?;
    let metrics = bytes(&printed)
        .and_then(|reply| IDLArgs::from_bytes(&reply).ok())
        .and_then(|reply| field(reply.args.first()?, "memory_metrics").cloned());
    let metric = |name| {
        metrics
            .as_ref()
            .and_then(|metrics| number(field(metrics, name)?))
    };
    let (Some(stable), Some(heap), Some(snapshots)) = (
        metric("stable_memory_size"),
        metric("wasm_memory_size"),
        metric("snapshots_size"),
    ) else {
        return Err(unreadable(&detail, "it tells no sizes of memories"));
    };
    let size = Size {
        memory,
        snapshots,
        stable,
        heap,
    };
    Ok((size, status.module_hash.unwrap_or_default()))
}

fn json<T: for<'a> Deserialize<'a>>(icp: &mut Command) -> Result<T> {
    let printed = shell::read(icp)?;
    serde_json::from_str(&printed).map_err(|error| Error::Answer {
        command: shell::line(icp),
        reason: error.to_string(),
    })
}

fn field<'a>(record: &'a IDLValue, name: &str) -> Option<&'a IDLValue> {
    match record {
        IDLValue::Record(fields) => of_name(fields, name),
        IDLValue::Opt(inner) => field(inner, name),
        IDLValue::Variant(VariantValue(inner, _)) => field(&inner.val, name),
        _ => None,
    }
}

fn of_name<'a>(fields: &'a [IDLField], name: &str) -> Option<&'a IDLValue> {
    let found = fields
        .iter()
        .find(|field| field.id.get_id() == idl_hash(name));
    found.map(|field| &field.val)
}

fn number(value: &IDLValue) -> Option<u64> {
    match value {
        IDLValue::Nat(number) => number.0.clone().try_into().ok(),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    let pairs = (0..hex.len()).step_by(2).map(|at| hex.get(at..at + 2));
    pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}
