//! How a call ends that was not answered.

use std::fmt;

/// The reject codes of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum RejectCode {
    /// Fatal system error, retry unlikely to be useful.
    SysFatal = 1,
    /// Transient system error, retry might be possible.
    SysTransient = 2,
    /// Invalid destination: no such canister.
    DestinationInvalid = 3,
    /// Explicit reject by the canister, or a call it may not serve.
    CanisterReject = 4,
    /// The canister trapped, did not answer, or has no such method.
    CanisterError = 5,
    /// Nobody knows whether the call took effect: its answer did not come.
    SysUnknown = 6,
}

/// A call that was rejected. The finer `error_code` is the network's ("IC0503").
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code}, {error_code})")]
pub struct Reject {
    /// The interface's reject code.
    pub code: RejectCode,
    /// The implementation's finer error code.
    pub error_code: &'static str,
    /// What happened, in words.
    pub message: String,
}

impl fmt::Display for RejectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reject code {}", *self as i32)
    }
}

impl Reject {
    pub(crate) fn new(error_code: &'static str, message: impl Into<String>) -> Self {
        // The third character of the finer code is the reject code.
        let code = match error_code.as_bytes().get(3) {
            Some(b'1') => RejectCode::SysFatal,
            Some(b'2') => RejectCode::SysTransient,
            Some(b'3') => RejectCode::DestinationInvalid,
            Some(b'4') => RejectCode::CanisterReject,
            Some(b'6') => RejectCode::SysUnknown,
            _ => RejectCode::CanisterError,
        };
        Reject {
            code,
            error_code,
            message: message.into(),
        }
    }
}

/// The finer codes this host gives.
pub(crate) mod code {
    pub(crate) const STOP_TIMEOUT: &str = "IC0206";
    pub(crate) const INSTALL_RATE_LIMITED: &str = "IC0209";
    pub(crate) const CANISTER_NOT_FOUND: &str = "IC0301";
    pub(crate) const SNAPSHOT_NOT_FOUND: &str = "IC0305";
    /// This host's own: the network has no such code.
    pub(crate) const CALL_REFUSED: &str = "IC0399";
    pub(crate) const TOO_FEW_CYCLES_TO_CREATE: &str = "IC0403";
    pub(crate) const UNINSTALLED: &str = "IC0406";
    pub(crate) const REJECTED_BY_CANISTER: &str = "IC0406";
    pub(crate) const UNKNOWN_MANAGEMENT_METHOD: &str = "IC0407";
    pub(crate) const OUT_OF_CYCLES: &str = "IC0207";
    pub(crate) const SNAPSHOT_LOADED: &str = "IC0207";
    pub(crate) const BAD_PAYLOAD: &str = "IC0408";
    pub(crate) const TRAPPED: &str = "IC0502";
    pub(crate) const CALLED_TRAP: &str = "IC0503";
    pub(crate) const CONTRACT_VIOLATION: &str = "IC0504";
    pub(crate) const INVALID_WASM: &str = "IC0505";
    pub(crate) const DID_NOT_REPLY: &str = "IC0506";
    pub(crate) const STOPPED: &str = "IC0508";
    pub(crate) const STOPPING: &str = "IC0509";
    pub(crate) const NOT_STOPPED: &str = "IC0510";
    pub(crate) const STOP_CANCELLED: &str = "IC0511";
    pub(crate) const NOT_A_CONTROLLER: &str = "IC0512";
    pub(crate) const NOT_EMPTY: &str = "IC0514";
    pub(crate) const INSTRUCTION_LIMIT: &str = "IC0522";
    pub(crate) const ACCESS_LIMIT: &str = "IC0524";
    pub(crate) const GROWTH_FREEZES: &str = "IC0532";
    pub(crate) const METHOD_NOT_FOUND: &str = "IC0536";
    pub(crate) const NO_MODULE: &str = "IC0537";
    pub(crate) const HEAP_LIMIT: &str = "IC0539";
    pub(crate) const NO_ANSWER_IN_TIME: &str = "IC0601";
    pub(crate) const ANSWER_LOST: &str = "IC0602";
}
