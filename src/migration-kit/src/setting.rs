//! What all lives of a check have in common.

use candid::Principal;
use canister_host::{HostConfig, HostError, LoneCanister, StableMemory};
use canister_questions::{Interface, Question};

use crate::error::KitError;
use crate::limits::Limits;
use crate::release::Release;
use crate::script::{Call, Line};

/// Releases, script, questions and limits.
pub(crate) struct Setting {
    pub config: HostConfig,
    pub id: Option<Principal>,
    pub controller: Principal,
    pub releases: Vec<Release>,
    /// The stable memory that the canister begins with, instead of an empty one.
    pub memory: Option<StableMemory>,
    pub lines: Vec<Line>,
    pub questions: Vec<Question>,
    /// What the oldest release says of its methods: replies are read as its clients read them.
    pub interface: Interface,
    /// Methods whose lists have no order.
    pub unordered: Vec<String>,
    /// Upgrades that may be refused, from release to release.
    pub refusable: Vec<(usize, usize)>,
    /// What is called once a full subnet has room again.
    pub resume: Option<Call>,
    pub limits: Limits,
    /// Seconds for which timers are watched at most.
    pub patience: usize,
    /// Traps of one upgrade at most.
    pub traps: u64,
}

impl Setting {
    /// A canister at the beginning of its life.
    ///
    /// # Errors
    /// `Start` if it cannot be brought up.
    pub fn begin(&self, release: usize) -> Result<LoneCanister, KitError> {
        let release = &self.releases[release];
        let failed = |error: HostError| KitError::Start {
            release: release.name.clone(),
            reason: error.to_string(),
        };
        let mut canister = LoneCanister::install(
            self.config.clone(),
            self.id,
            self.controller,
            &release.module,
            &release.init,
        )
        .map_err(failed)?;
        if let Some(memory) = &self.memory {
            canister
                .restore(memory.clone(), &release.module, &release.upgrade)
                .map_err(failed)?;
        }
        Ok(canister)
    }
}
