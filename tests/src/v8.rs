//! A canister on V8: the same modules on another engine, under another implementation of the system.
//!
//! It runs in Node, on the endpoint beside the checkout, past its HTTP interface: so a test says who calls and what
//! time it is, as it does on the embedded host. `cargo xtask test` puts a copy with all it needs into the target
//! directory; where there is none, a sentence says so.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use candid::{CandidType, Principal, encode_one};
use canister_scenario::{Call, people};
use serde::{Deserialize, Serialize};

use crate::modules;

/// What a canister said: the reply, or the code of the rejection and its words.
pub type Said = Result<Vec<u8>, (String, String)>;

/// A canister in a Node process of its own.
pub struct V8 {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    canister: Principal,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Message<'a> {
    Call(Addressed<'a>),
    Query(Addressed<'a>),
    Time { nanoseconds: String },
}

#[derive(Serialize)]
struct Addressed<'a> {
    canister: String,
    caller: String,
    method: &'a str,
    arg: String,
}

#[derive(Deserialize)]
struct Answer {
    reply: Option<String>,
    code: Option<String>,
    message: Option<String>,
}

#[derive(CandidType)]
struct Creation {
    amount: Option<u128>,
    specified_id: Option<Principal>,
    settings: Option<Settings>,
}

#[derive(CandidType)]
struct Settings {
    controllers: Option<Vec<Principal>>,
}

#[derive(CandidType)]
struct Installation {
    mode: Mode,
    canister_id: Principal,
    wasm_module: Vec<u8>,
    arg: Vec<u8>,
}

#[derive(CandidType, Serialize)]
struct SkipPreUpgrade {
    skip_pre_upgrade: Option<bool>,
}

#[derive(CandidType, Serialize)]
enum Mode {
    #[serde(rename = "install")]
    Install,
    #[serde(rename = "upgrade")]
    Upgrade(Option<SkipPreUpgrade>),
}

impl V8 {
    /// An empty canister with the id and the controller that scenarios expect, if the endpoint is there.
    ///
    /// # Panics
    /// If it is there and does not start.
    pub fn canister(cycles: u128) -> Option<Self> {
        let endpoint = modules::target().join("icp-endpoint");
        if !endpoint.join("node_modules").is_dir() {
            eprintln!(
                "skipped: there is no {}, so nothing is compared with V8",
                endpoint.display()
            );
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("v8/subnet.mjs");
        let mut child = Command::new("node")
            .args([&script, &endpoint])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let to = child.stdin.take().expect("it has an input");
        let from = child.stdout.take().expect("it has an output");
        let canister = people::canister(0);
        let mut v8 = Self {
            child,
            to,
            from: BufReader::new(from),
            canister,
        };
        let creation = Creation {
            amount: Some(cycles),
            specified_id: Some(canister),
            settings: Some(Settings {
                controllers: Some(vec![people::user_index()]),
            }),
        };
        v8.manage("provisional_create_canister_with_cycles", &creation)
            .expect("the id is free");
        Some(v8)
    }

    /// Installs the module of a name.
    pub fn install(&mut self, module: &str, arg: &[u8]) -> Said {
        self.put(Mode::Install, module, arg)
    }

    /// Upgrades to the module of a name.
    pub fn upgrade(&mut self, module: &str, skip_pre_upgrade: bool, arg: &[u8]) -> Said {
        let options = SkipPreUpgrade {
            skip_pre_upgrade: Some(skip_pre_upgrade),
        };
        self.put(Mode::Upgrade(Some(options)), module, arg)
    }

    fn put(&mut self, mode: Mode, module: &str, arg: &[u8]) -> Said {
        let installation = Installation {
            mode,
            canister_id: self.canister,
            wasm_module: modules::bytes(module),
            arg: arg.to_vec(),
        };
        self.manage("install_code", &installation)
    }

    /// Makes an update call.
    pub fn call(&mut self, call: &Call) -> Said {
        let to = self.canister;
        self.say(&Message::Call(addressed(
            to,
            call.caller,
            call.method,
            &call.args,
        )))
    }

    /// Makes a query.
    pub fn ask(&mut self, call: &Call) -> Said {
        let to = self.canister;
        self.say(&Message::Query(addressed(
            to,
            call.caller,
            call.method,
            &call.args,
        )))
    }

    /// Sets the clock, in nanoseconds since 1970, and waits until every timer that is due has run.
    pub fn set_time(&mut self, nanoseconds: u64) {
        let message = Message::Time {
            nanoseconds: nanoseconds.to_string(),
        };
        self.exchange(&message);
    }

    fn manage(&mut self, method: &str, argument: &impl CandidType) -> Said {
        let argument = encode_one(argument).expect("it has a Candid encoding");
        let management = Principal::management_canister();
        self.say(&Message::Call(addressed(
            management,
            people::user_index(),
            method,
            &argument,
        )))
    }

    fn say(&mut self, message: &Message) -> Said {
        match self.exchange(message) {
            Answer {
                reply: Some(reply), ..
            } => Ok(bytes(&reply)),
            Answer { code, message, .. } => {
                Err((code.unwrap_or_default(), message.unwrap_or_default()))
            }
        }
    }

    fn exchange(&mut self, message: &Message) -> Answer {
        let line = serde_json::to_string(message).expect("it has a JSON encoding");
        writeln!(self.to, "{line}").expect("node listens");
        let mut answer = String::new();
        self.from.read_line(&mut answer).expect("node answers");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

impl Drop for V8 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn addressed<'a>(
    canister: Principal,
    caller: Principal,
    method: &'a str,
    arg: &[u8],
) -> Addressed<'a> {
    Addressed {
        canister: hex(canister.as_slice()),
        caller: hex(caller.as_slice()),
        method,
        arg: hex(arg),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("hex"), 16).expect("hex");
    pairs.map(byte).collect()
}
