//! Every key of the file: what it is, and where its default comes from.

/// The section of compiled code, which no cost depends on.
pub const CACHE: &str = "cache";

const PRICES: &str = "prices";
const NETWORK: &str = "network";

const DOCUMENTATION: &str = "Internet Computer documentation, cycles costs";
const SPECIFICATION: &str = "interface specification and configuration of the replica";
const THIS_PROGRAM: &str = "stable-migrate";

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The section that it stands in.
    pub section: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What it is, with its unit.
    pub about: &'static str,
    /// What can be said of it.
    pub kind: Kind,
    /// Where the default comes from.
    pub source: &'static str,
    /// When it was read there.
    pub date: &'static str,
}

/// What can be said of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Number {
        /// The default.
        default: u64,
        /// The least it can be.
        least: u64,
        /// The most it can be.
        most: u64,
    },
    /// Bytes, as a number or as text with a unit.
    Bytes {
        /// The default.
        default: u64,
    },
    /// A folder; the default is the platform's.
    Folder,
}

impl Key {
    /// Section and name.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    const fn number(section: &'static str, name: &'static str, default: u64) -> Self {
        Self {
            section,
            name,
            about: "",
            kind: Kind::Number {
                default,
                least: 0,
                most: MOST,
            },
            source: DOCUMENTATION,
            date: "2026-11",
        }
    }

    const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    const fn from(mut self, source: &'static str, date: &'static str) -> Self {
        (self.source, self.date) = (source, date);
        self
    }

    const fn within(mut self, least: u64, most: u64) -> Self {
        if let Kind::Number { default, .. } = self.kind {
            self.kind = Kind::Number {
                default,
                least,
                most,
            };
        }
        self
    }
}

/// The most that a number of the file can be: what a TOML integer holds, with room to multiply it.
const MOST: u64 = 1 << 60;

/// The most nodes of a subnet that a price can be reckoned for: more than the network has.
const MOST_NODES: u64 = 10_000;

/// Each key by itself.
pub mod key {
    use super::{
        CACHE, DOCUMENTATION, Key, Kind, MOST, MOST_NODES, NETWORK, PRICES, SPECIFICATION,
        THIS_PROGRAM,
    };

    pub const GIB_SECOND: Key = Key::number(PRICES, "gib-second", 127_000)
        .about("cycles for a GiB of memory and second, on 13 nodes");
    pub const CANISTER_SECOND: Key = Key::number(PRICES, "canister-second", 10_000)
        .about("cycles for a canister and second whatever its size, on 13 nodes")
        .from("dfinity/ic, pull request 10292", "2026-05");
    pub const MESSAGE: Key = Key::number(PRICES, "message", 5_000_000)
        .about("cycles for a message that is executed, on 13 nodes");
    pub const INSTALLATION: Key = Key::number(PRICES, "installation", 20_000_000)
        .about("cycles for an installation, on 13 nodes")
        .from(SPECIFICATION, "2026-11");
    pub const INSTRUCTION: Key = Key::number(PRICES, "instruction", 1)
        .about("cycles for an instruction, on 13 nodes; twice that with a 64-bit heap");
    pub const NODES: Key = Key::number(NETWORK, "nodes", 13)
        .about("nodes of the subnet: everything costs n / 13 of its price")
        .within(1, MOST_NODES)
        .from(DOCUMENTATION, "2026-11");
    pub const INSTALL_INSTRUCTIONS: Key =
        Key::number(NETWORK, "install-instructions", 300_000_000_000)
            .about("instructions of one installation, hooks and compiling together")
            .within(1, MOST)
            .from(SPECIFICATION, "2026-11");
    pub const ROUND_INSTRUCTIONS: Key = Key::number(NETWORK, "round-instructions", 2_000_000_000)
        .about("instructions of installations that a subnet runs in a round")
        .within(1, MOST)
        .from(SPECIFICATION, "2026-11");
    pub const COMPILE_INSTRUCTIONS: Key = Key::number(NETWORK, "compile-instructions", 6_000)
        .about("charged for compiling an instruction of a module")
        .from(SPECIFICATION, "2026-11");
    pub const RECOMPILE_INSTRUCTIONS: Key = Key::number(NETWORK, "recompile-instructions", 60)
        .about("the same, where the subnet has compiled the module since its last checkpoint")
        .from("dfinity/ic, pull request 4506", "2025-04");
    pub const CACHE_FOLDER: Key = Key {
        section: CACHE,
        name: "folder",
        about: "folder of compiled code; without it the platform's",
        kind: Kind::Folder,
        source: THIS_PROGRAM,
        date: "2026-11",
    };
    pub const CACHE_SIZE: Key = Key {
        section: CACHE,
        name: "size",
        about: "bytes of compiled code that are kept",
        kind: Kind::Bytes {
            default: canister_host::MOST_CODE_BYTES,
        },
        source: THIS_PROGRAM,
        date: "2026-11",
    };
}

/// All keys, in the order of the file.
pub static KEYS: &[Key] = &[
    key::GIB_SECOND,
    key::CANISTER_SECOND,
    key::MESSAGE,
    key::INSTALLATION,
    key::INSTRUCTION,
    key::NODES,
    key::INSTALL_INSTRUCTIONS,
    key::ROUND_INSTRUCTIONS,
    key::COMPILE_INSTRUCTIONS,
    key::RECOMPILE_INSTRUCTIONS,
    key::CACHE_FOLDER,
    key::CACHE_SIZE,
];
