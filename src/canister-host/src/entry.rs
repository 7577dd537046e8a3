//! The ways into a canister's code, and sets of them.

use std::fmt;

/// Which entry point of a canister was run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EntryPoint {
    /// The module's start function.
    Start,
    /// `canister_init`.
    Init,
    /// `canister_pre_upgrade` of the old module.
    PreUpgrade,
    /// `canister_post_upgrade` of the new module.
    PostUpgrade,
    /// An update method.
    Update(String),
    /// A query method called as an update.
    ReplicatedQuery(String),
    /// A query method.
    Query(String),
    /// The callback of a call that was answered.
    ReplyCallback,
    /// The callback of a call that was rejected.
    RejectCallback,
    /// The cleanup of a callback that trapped.
    Cleanup,
    /// `canister_inspect_message`.
    InspectMessage,
    /// `canister_global_timer`.
    GlobalTimer,
    /// `canister_heartbeat`.
    Heartbeat,
}

impl EntryPoint {
    /// Whether its effects are kept and agreed on: everything but queries and inspection.
    pub fn is_replicated(&self) -> bool {
        !matches!(self, EntryPoint::Query(_) | EntryPoint::InspectMessage)
    }

    /// Whether it is one of the hooks of an installation.
    pub fn is_install_hook(&self) -> bool {
        use EntryPoint::*;
        matches!(self, Start | Init | PreUpgrade | PostUpgrade)
    }

    /// Whether growing the heap past the soft limit makes it trap. By the specification and
    /// the replica's source in November 2026; both say that timers and heartbeats may follow.
    pub(crate) fn is_held_to_memory_limit(&self) -> bool {
        use EntryPoint::*;
        matches!(self, Start | Init | PostUpgrade | Update(_))
    }

    pub(crate) fn set(&self) -> Entries {
        match self {
            EntryPoint::Start => Entries::START,
            EntryPoint::Init | EntryPoint::PostUpgrade => Entries::INIT,
            EntryPoint::PreUpgrade => Entries::PRE_UPGRADE,
            EntryPoint::Update(_) => Entries::UPDATE,
            EntryPoint::ReplicatedQuery(_) => Entries::REPLICATED_QUERY,
            EntryPoint::Query(_) => Entries::QUERY,
            EntryPoint::ReplyCallback => Entries::REPLY,
            EntryPoint::RejectCallback => Entries::REJECT,
            EntryPoint::Cleanup => Entries::CLEANUP,
            EntryPoint::InspectMessage => Entries::INSPECT,
            EntryPoint::GlobalTimer | EntryPoint::Heartbeat => Entries::TASK,
        }
    }
}

impl fmt::Display for EntryPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryPoint::Start => f.write_str("start"),
            EntryPoint::Init => f.write_str("init"),
            EntryPoint::PreUpgrade => f.write_str("pre_upgrade"),
            EntryPoint::PostUpgrade => f.write_str("post_upgrade"),
            EntryPoint::Update(name) => write!(f, "update {name}"),
            EntryPoint::ReplicatedQuery(name) | EntryPoint::Query(name) => {
                write!(f, "query {name}")
            }
            EntryPoint::ReplyCallback => f.write_str("reply callback"),
            EntryPoint::RejectCallback => f.write_str("reject callback"),
            EntryPoint::Cleanup => f.write_str("cleanup"),
            EntryPoint::InspectMessage => f.write_str("inspect_message"),
            EntryPoint::GlobalTimer => f.write_str("global_timer"),
            EntryPoint::Heartbeat => f.write_str("heartbeat"),
        }
    }
}

/// A set of kinds of entry points: from where a system call may be made. The sets are those
/// of the table of imports in the interface specification, read in November 2026.
#[derive(Clone, Copy)]
pub(crate) struct Entries(u16);

impl Entries {
    pub(crate) const START: Entries = Entries(1);
    pub(crate) const INIT: Entries = Entries(1 << 1);
    pub(crate) const PRE_UPGRADE: Entries = Entries(1 << 2);
    pub(crate) const UPDATE: Entries = Entries(1 << 3);
    pub(crate) const REPLICATED_QUERY: Entries = Entries(1 << 4);
    pub(crate) const QUERY: Entries = Entries(1 << 5);
    pub(crate) const REPLY: Entries = Entries(1 << 6);
    pub(crate) const REJECT: Entries = Entries(1 << 7);
    pub(crate) const CLEANUP: Entries = Entries(1 << 8);
    pub(crate) const INSPECT: Entries = Entries(1 << 9);
    pub(crate) const TASK: Entries = Entries(1 << 10);

    /// Everything.
    pub(crate) const ALL: Entries = Entries((1 << 11) - 1);
    /// Everything but the start function.
    pub(crate) const NOT_START: Entries = Entries(Self::ALL.0 & !Self::START.0);
    /// Where a caller may be answered.
    pub(crate) const ANSWER: Entries = Self::UPDATE
        .and(Self::REPLICATED_QUERY)
        .and(Self::QUERY)
        .and(Self::REPLY)
        .and(Self::REJECT);
    /// Where other canisters may be called.
    pub(crate) const CALL: Entries = Self::UPDATE
        .and(Self::REPLY)
        .and(Self::REJECT)
        .and(Self::TASK);
    /// Where an argument came with the message.
    pub(crate) const ARGUMENT: Entries = Self::INIT
        .and(Self::UPDATE)
        .and(Self::REPLICATED_QUERY)
        .and(Self::QUERY)
        .and(Self::REPLY)
        .and(Self::INSPECT);
    /// Where cycles may be accepted.
    pub(crate) const ACCEPT: Entries = Self::UPDATE
        .and(Self::REPLICATED_QUERY)
        .and(Self::REPLY)
        .and(Self::REJECT);
    /// Where the canister's own replicated state may be changed, but for pre_upgrade, where it
    /// may be too, and cleanup, where some of it may.
    pub(crate) const CHANGE: Entries = Self::INIT
        .and(Self::UPDATE)
        .and(Self::REPLY)
        .and(Self::REJECT)
        .and(Self::TASK);

    /// Everything replicated but the start function.
    pub(crate) const REPLICATED: Entries = Self::CHANGE
        .and(Self::PRE_UPGRADE)
        .and(Self::REPLICATED_QUERY)
        .and(Self::CLEANUP);
    /// Where there is a message of a caller, or what followed from one.
    pub(crate) const MESSAGE: Entries = Self::ANSWER.and(Self::CLEANUP).and(Self::INSPECT);

    pub(crate) const fn and(self, other: Entries) -> Entries {
        Entries(self.0 | other.0)
    }

    pub(crate) const fn contain(self, other: Entries) -> bool {
        self.0 & other.0 == other.0
    }
}
