//! One call of an endpoint.

use std::fmt;

use candid::utils::ArgumentEncoder;
use candid::{IDLArgs, Principal, encode_args};

use crate::people;
use crate::wire::{InitArgs, KnownPrincipalType};

/// A call as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who calls.
    pub caller: Principal,
    /// The endpoint.
    pub method: &'static str,
    /// The argument, Candid-encoded.
    pub args: Vec<u8>,
}

impl Call {
    /// A call with typed arguments, given as a tuple.
    pub(crate) fn new(caller: Principal, method: &'static str, args: impl ArgumentEncoder) -> Self {
        Self {
            caller,
            method,
            args: encode(args),
        }
    }
}

/// The endpoint and its argument as Candid text on one line, as far as the argument can be read.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match IDLArgs::from_bytes(&self.args) {
            Ok(args) => {
                let text = args.to_string();
                let words: Vec<&str> = text.split_whitespace().collect();
                write!(f, "{} {}", self.method, words.join(" "))
            }
            Err(_) => write!(f, "{} ({} bytes)", self.method, self.args.len()),
        }
    }
}

/// The argument of installing a canister: [`people::owner`] owns it, [`people::user_index`] and
/// [`people::operator`] are known to it.
pub fn init_args() -> Vec<u8> {
    let known = vec![
        (
            KnownPrincipalType::CanisterIdUserIndex,
            people::user_index(),
        ),
        (
            KnownPrincipalType::UserIdGlobalSuperAdmin,
            people::operator(),
        ),
        (
            KnownPrincipalType::CanisterIdPostCache,
            people::canister(u64::from(u32::MAX) - 1),
        ),
    ];
    encode((InitArgs {
        known_principal_ids: Some(known),
        profile_owner: Some(people::owner()),
        upgrade_version_number: Some(0),
        url_to_send_canister_metrics_to: Some("https://metrics.example.org".to_owned()),
    },))
}

/// The argument of an upgrade that changes nothing but the module.
pub fn upgrade_args() -> Vec<u8> {
    encode((InitArgs {
        known_principal_ids: None,
        profile_owner: None,
        upgrade_version_number: None,
        url_to_send_canister_metrics_to: None,
    },))
}

fn encode(args: impl ArgumentEncoder) -> Vec<u8> {
    encode_args(args).expect("the arguments of wire.rs have a Candid encoding")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_reads_as_candid_text() {
        let call = Call::new(people::owner(), "add", (1_u64, "a"));
        assert_eq!(call.to_string(), "add (1 : nat64, \"a\")");
        let odd = Call {
            args: vec![1, 2, 3],
            ..call
        };
        assert_eq!(odd.to_string(), "add (3 bytes)");
    }

    #[test]
    fn an_upgrade_argument_leaves_everything_as_it_is() {
        let args = IDLArgs::from_bytes(&upgrade_args()).unwrap();
        assert_eq!(args.to_string().matches("null").count(), 4);
    }
}
