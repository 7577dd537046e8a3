//! Calls to the management canister that go wrong on purpose.

use candid::Principal;

use crate::host::Host;
use crate::reject::RejectCode;

/// A call to the management canister that is to go wrong.
///
/// ```
/// use canister_host::{Host, ManagementFault, ManagementFaultKind};
///
/// let mut host = Host::new();
/// // The third installation, whatever the canister: nobody hears how it ended.
/// let fault = ManagementFault::new("install_code", ManagementFaultKind::AnswerLost);
/// host.fail_management(fault.after(2));
/// assert_eq!(host.management_faults(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagementFault {
    /// Calls of this method.
    pub method: String,
    /// Calls about this canister; `None` is whichever.
    pub canister: Option<Principal>,
    /// How many such calls go well before.
    pub skip: u64,
    /// How many of them then go wrong.
    pub times: u64,
    /// How.
    pub kind: ManagementFaultKind,
}

/// How a call to the management canister goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManagementFaultKind {
    /// It is rejected, and has no effect.
    Reject {
        /// The reject code that its caller gets.
        code: RejectCode,
        /// The message.
        message: String,
    },
    /// It has no effect, and its caller hears nothing for 5 minutes of the host's clock,
    /// or as long as it said it would wait. Then
    /// the call ends with [`RejectCode::SysUnknown`].
    NoAnswer,
    /// It has its effect, and when the answer is due its caller gets
    /// [`RejectCode::SysUnknown`] instead. Cycles that were not used come back.
    AnswerLost,
}

impl ManagementFault {
    /// The next call of a method.
    pub fn new(method: impl Into<String>, kind: ManagementFaultKind) -> Self {
        ManagementFault {
            method: method.into(),
            canister: None,
            skip: 0,
            times: 1,
            kind,
        }
    }

    /// Of the calls about one canister alone.
    pub fn on(mut self, canister: Principal) -> Self {
        self.canister = Some(canister);
        self
    }

    /// Only after some such calls have gone well.
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// Several calls, one after the other.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }
}

/// A fault that is armed, and what it still counts.
pub(super) struct Armed(ManagementFault);

impl Armed {
    fn is_for(&self, method: &str, canister: Option<Principal>) -> bool {
        self.0.method == method && (self.0.canister.is_none() || self.0.canister == canister)
    }

    /// Whether the fault strikes at this call, which it is for.
    fn strikes(&mut self) -> bool {
        if self.0.skip > 0 {
            self.0.skip -= 1;
            return false;
        }
        let strikes = self.0.times > 0;
        self.0.times = self.0.times.saturating_sub(1);
        strikes
    }
}

impl Host {
    /// Arms a fault, beside those that are armed. Of several that are for a call the first
    /// that is due strikes; those behind it do not count the call.
    pub fn fail_management(&mut self, fault: ManagementFault) {
        self.management.faults.push(Armed(fault));
    }

    /// How many faults are armed and have not struck as often as they are to.
    pub fn management_faults(&self) -> usize {
        self.management.faults.len()
    }

    /// Disarms all of them.
    pub fn clear_management_faults(&mut self) {
        self.management.faults.clear();
    }

    pub(super) fn strike(
        &mut self,
        method: &str,
        canister: Option<Principal>,
    ) -> Option<ManagementFaultKind> {
        let faults = &mut self.management.faults;
        let mut for_it = faults.iter_mut().filter(|f| f.is_for(method, canister));
        let kind = for_it.find_map(|f| f.strikes().then(|| f.0.kind.clone()));
        faults.retain(|fault| fault.0.times > 0);
        kind
    }
}
