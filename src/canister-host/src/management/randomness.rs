//! Random bytes.

use sha2::{Digest, Sha256};

use crate::host::Host;

impl Host {
    /// 32 bytes that depend on the seed and on how many were drawn before.
    pub(super) fn random_bytes(&mut self) -> [u8; 32] {
        self.draws += 1;
        let digest = Sha256::new().chain_update(self.config.seed.to_le_bytes());
        digest
            .chain_update(self.draws.to_le_bytes())
            .finalize()
            .into()
    }
}
