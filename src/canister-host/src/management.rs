//! The management canister, as far as a migration may want it: random bytes.

use candid::Encode;
use sha2::{Digest, Sha256};

use crate::context::Request;
use crate::host::Host;
use crate::reject::{Reject, code};

/// Answers a call to the management canister.
pub(crate) fn answer(host: &mut Host, request: &Request) -> Result<Vec<u8>, Reject> {
    match request.method.as_str() {
        "raw_rand" => {
            let bytes = host.random_bytes().to_vec();
            Encode!(&bytes).map_err(|e| Reject::new(code::BAD_PAYLOAD, e.to_string()))
        }
        method => Err(Reject::new(
            code::UNKNOWN_MANAGEMENT_METHOD,
            format!("the management canister of this host has no method '{method}', only raw_rand"),
        )),
    }
}

impl Host {
    /// 32 bytes that depend on the seed and on how many were drawn before.
    fn random_bytes(&mut self) -> [u8; 32] {
        self.draws += 1;
        let digest = Sha256::new().chain_update(self.config.seed.to_le_bytes());
        digest
            .chain_update(self.draws.to_le_bytes())
            .finalize()
            .into()
    }
}
