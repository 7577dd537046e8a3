//! Which class of failures a rejection belongs to: by its code, and where that says too little by its words, which are those of
//! the replica and of the host's management canister.

use fleet::{Cause, Class};
use ic_cdk::call::RejectCode;

/// Words by which a rejection is told, and its class; the first that fits.
const WORDS: &[(&str, Class)] = &[
    ("rate limited", Class::RateLimited),
    ("previous install_code messages", Class::RateLimited),
    ("out of cycles", Class::TooFewCycles),
    ("insufficient cycles", Class::TooFewCycles),
    ("not enough cycles", Class::TooFewCycles),
    ("it's frozen", Class::TooFewCycles),
    ("frozen", Class::TooFewCycles),
    ("top up", Class::TooFewCycles),
    ("only controllers of canister", Class::NotController),
    ("only the controllers of", Class::NotController),
    ("only a controller", Class::NotController),
    ("obeys its controllers alone", Class::NotController),
    ("maximum number of snapshots", Class::SnapshotsFull),
    ("snapshot limit", Class::SnapshotsFull),
    ("number of snapshots", Class::SnapshotsFull),
    ("snapshots, and may not have more", Class::SnapshotsFull),
];

/// Methods that run hooks of the canister.
const INSTALLS: &[&str] = &["install_code", "install_chunked_code"];

/// The cause of a rejection.
pub fn cause(method: &str, code: Option<RejectCode>, text: &str) -> Cause {
    Cause::new(class(method, code, &text.to_lowercase()), text)
}

fn class(method: &str, code: Option<RejectCode>, text: &str) -> Class {
    if let Some((_, class)) = WORDS.iter().find(|(words, _)| text.contains(words)) {
        return *class;
    }
    if method == "stop_canister" && (text.contains("timed out") || text.contains("timeout")) {
        return Class::DoesNotStop;
    }
    let installs = INSTALLS.contains(&method);
    match code {
        Some(RejectCode::SysTransient) => Class::Transient,
        Some(RejectCode::SysUnknown) => Class::Lost,
        Some(RejectCode::DestinationInvalid) => Class::NotFound,
        Some(RejectCode::CanisterError) if is_stopped(text) => Class::Interfered,
        Some(RejectCode::CanisterError) if text.contains("has no wasm module") => Class::NoModule,
        // A hook that trapped, or a module that was refused.
        Some(RejectCode::CanisterError) if installs && !is_trap(text) => Class::Refused,
        Some(RejectCode::CanisterError) => Class::Trapped,
        Some(RejectCode::CanisterReject | RejectCode::SysFatal) => Class::Refused,
        _ => Class::Other,
    }
}

fn is_trap(text: &str) -> bool {
    const TRAPS: &[&str] = &[
        "trap",
        "violated contract",
        "exceeded",
        "cannot grow",
        "injected",
    ];
    TRAPS.iter().any(|words| text.contains(words))
}

fn is_stopped(text: &str) -> bool {
    text.ends_with("is stopped") || text.ends_with("is stopping") || text.contains("is not running")
}

#[cfg(test)]
mod tests;
