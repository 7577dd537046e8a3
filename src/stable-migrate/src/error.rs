//! Why a command cannot do what it was asked: one sentence for each case, and nothing written.

use std::io;
use std::path::{Path, PathBuf};

use ic_stable_migration::PAGE_BYTES;
use thiserror::Error;

mod code;

pub use code::{DAMAGED, NOT_HELD, explain};

/// The result of everything that reads or writes files here.
pub type Result<T> = std::result::Result<T, Error>;

/// What was found, where, and what to do about it.
#[derive(Debug, Error)]
pub enum Error {
    /// The system refused to read or write a file.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Something that cannot be read at offsets, and may never end.
    #[error("{path}: {found}, not a file: copy what it gives into a file first", path = .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },

    /// A file that is longer than any of its kind.
    #[error("{path}: more than {limit} bytes, which no such file has", path = .path.display())]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// The most there can be, in bytes.
        limit: u64,
    },

    /// A stable memory that does not end at a page.
    #[error(
        "{path}: {bytes} bytes are not whole pages of {PAGE_BYTES}, so this is not a stable memory or it was cut short: download it again",
        path = .path.display()
    )]
    NotPages {
        /// The file.
        path: PathBuf,
        /// Its size, expanded.
        bytes: u64,
    },

    /// More than a canister can have.
    #[error(
        "{path}: {found} are more than the {limit} bytes of stable memory that a canister can have, so this is not a stable memory",
        path = .path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size, or how much was expanded.
        found: String,
        /// The most there can be, in bytes.
        limit: u64,
    },

    /// A file that starts like gzip and is none.
    #[error(
        "{path}: starts like a gzip file but cannot be expanded: {reason}: download or copy it again",
        path = .path.display()
    )]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },

    /// A path that is neither a directory nor what was asked for.
    #[error(
        "{path}: not a snapshot directory: give the one that `icp canister snapshot download` or `dfx canister snapshot download` wrote",
        path = .path.display()
    )]
    NotASnapshot {
        /// The path.
        path: PathBuf,
    },

    /// A file of a snapshot that is not there.
    #[error(
        "{directory}: {name} is missing, so this is not a whole snapshot: download it again",
        directory = .directory.display()
    )]
    Missing {
        /// The snapshot's directory.
        directory: PathBuf,
        /// The file in it.
        name: String,
    },

    /// metadata.json does not say what a snapshot's metadata says.
    #[error("{path}: not the metadata of a canister snapshot: {reason}", path = .path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },

    /// A file that is longer or shorter than it has to be.
    #[error(
        "{path}: {found} bytes where there should be {expected}: the download was cut short, or the files belong to different snapshots",
        path = .path.display()
    )]
    SizeDiffers {
        /// The file.
        path: PathBuf,
        /// Its size.
        found: u64,
        /// What it should be, and who says so.
        expected: String,
    },

    /// A chunk of the chunk store that is not what its name says.
    #[error(
        "{path}: its SHA-256 is not its name: the chunk is damaged, download the snapshot again",
        path = .path.display()
    )]
    ChunkDiffers {
        /// The file.
        path: PathBuf,
    },

    /// Output that would overwrite something.
    #[error(
        "{path}: exists already, and nothing is ever overwritten: give a new name or move it away",
        path = .path.display()
    )]
    Exists {
        /// The path.
        path: PathBuf,
    },

    /// A folder in which there is nothing to work on.
    #[error(
        "{path}: no snapshot, and nothing in it that this command works on: give snapshots, or the folder that has them",
        path = .path.display()
    )]
    NoSnapshots {
        /// The folder.
        path: PathBuf,
    },

    /// Two snapshots of one name, whose outputs would be one.
    #[error(
        "{first} and {second} would have the same output: give them different names, or run the command on each",
        first = .first.display(),
        second = .second.display()
    )]
    SameName {
        /// The snapshot that was named first.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },

    /// An option that has a meaning for one snapshot alone.
    #[error(
        "{option} is for one snapshot: leave it out, or run the command on the snapshot that it is for"
    )]
    OneOnly {
        /// The option.
        option: &'static str,
    },

    /// An option that has a meaning for several snapshots alone.
    #[error("{option} is for several snapshots, or a folder with snapshots in it: leave it out")]
    SeveralOnly {
        /// The option.
        option: &'static str,
    },

    /// A file of results that cannot be gone on with.
    #[error(
        "{path}: {reason}: give the file that the same command began, or a new name",
        path = .path.display()
    )]
    Results {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong with it.
        reason: String,
    },

    /// A memory that has no buckets to rewrite.
    #[error(
        "{path}: {found}: compact rewrites memory managers only; `stable-migrate upgrade` brings a legacy memory under one",
        path = .path.display()
    )]
    NothingToCompact {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
    },

    /// A memory that has no virtual memories, or none that can be told apart.
    #[error(
        "{path}: {found}: only a memory manager whose table adds up has virtual memories to take out or patch",
        path = .path.display()
    )]
    NoVirtualMemories {
        /// The file.
        path: PathBuf,
        /// What it holds, or what is wrong with it.
        found: String,
    },

    /// A virtual memory that is not there.
    #[error("{path}: there is no virtual memory {memory}: give one of {has}", path = .path.display())]
    NoMemory {
        /// The file.
        path: PathBuf,
        /// The memory that was asked for.
        memory: u8,
        /// Those that are there.
        has: String,
    },

    /// A patch that leaves something that no release can go on with.
    #[error(
        "{path}: with these bytes {damage}: nothing was written; mend the bytes, or take --yes if this is what you want",
        path = .path.display()
    )]
    PatchDamages {
        /// The snapshot or memory.
        path: PathBuf,
        /// What would contradict itself.
        damage: String,
    },

    /// A memory that contradicts itself.
    #[error(
        "{path}: {damage}; a damaged memory is not rewritten: download the snapshot again, and look into it with `stable-migrate inspect`",
        path = .path.display()
    )]
    Contradicts {
        /// The snapshot or the file.
        path: PathBuf,
        /// The first contradiction.
        damage: String,
    },

    /// Buckets that are too small, or of no size.
    #[error(
        "{path}: its virtual memories have {pages} pages together, which need more than 32768 buckets of {bucket_pages} pages: choose larger buckets with --bucket-pages or --ceiling",
        path = .path.display()
    )]
    CannotHold {
        /// The file.
        path: PathBuf,
        /// Pages of all virtual memories.
        pages: u64,
        /// Pages of a bucket as asked for.
        bucket_pages: u16,
    },

    /// A rewritten memory that is not the old one.
    #[error(
        "{path}: what was written is not what was read, {what}: nothing was kept; the disk may be failing",
        path = .path.display()
    )]
    NotTheSame {
        /// The file.
        path: PathBuf,
        /// The first difference.
        what: String,
    },

    /// A heap that would go on with the old bucket table.
    #[error(
        "{path}: {reason}, so the canister's heap would not notice that stable memory was rewritten, and would write through its old bucket table into other memories: upgrade it to a release with the library first, or promise with --skip-pre-upgrade that after loading it is upgraded without pre_upgrade before it is started",
        path = .path.display()
    )]
    HeapWouldNotNotice {
        /// The snapshot or memory.
        path: PathBuf,
        /// Why it would not.
        reason: String,
    },

    /// A heap that would go on with the old nodes of its maps.
    #[error(
        "{path}: the canister's heap holds where the nodes of its maps are, and would write into maps that were written anew as if they were the old ones: promise with --skip-pre-upgrade that after loading it is upgraded without pre_upgrade before it is started, which loses what the heap alone has, or take `stable-migrate upgrade --repack`, which saves it first",
        path = .path.display()
    )]
    MapsOnHeap {
        /// The snapshot or memory.
        path: PathBuf,
    },

    /// Structures that would go on with the old bucket table.
    #[error(
        "{path}: {memories}: no collection of ic-stable-migration, and the module does not declare that it follows: what the canister keeps there holds the old bucket table on its heap, and would write through it into other memories: install a release first whose section ic-stable-migration says `follows`, because it opens everything through `Managed::memory`, or promise with --skip-pre-upgrade that after loading it is upgraded without pre_upgrade before it is started",
        path = .path.display()
    )]
    WouldNotFollow {
        /// The snapshot.
        path: PathBuf,
        /// The memories and what they hold.
        memories: String,
    },

    /// A module that cannot be read.
    #[error("{path}: its module is damaged: {reason}", path = .path.display())]
    Module {
        /// The snapshot.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// A configuration that says what it cannot.
    #[error("{path}: {reason}", path = .path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The key, and what is wrong with it.
        reason: String,
    },

    /// A price or a fact on the command line that cannot be.
    #[error("{reason}")]
    Price {
        /// Which, and what is wrong with it.
        reason: String,
    },

    /// A list of sizes that cannot be read.
    #[error("{path}: {reason}", path = .path.display())]
    Sizes {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong with it.
        reason: String,
    },

    /// A sample from which nothing follows.
    #[error(
        "the sample has no canister, so nothing follows for the fleet: give snapshots or sizes"
    )]
    EmptySample,

    /// A memory or a module that nothing can be reckoned from.
    #[error(
        "{path}: {reason}: nothing can be reckoned from it, look at it with `stable-migrate inspect`",
        path = .path.display()
    )]
    Sample {
        /// The snapshot, or the file of the module.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// A check of a module against nothing.
    #[error(
        "a module alone is held against nothing: give what is installed in front of it, a module or a snapshot directory, or a stable memory with --memory"
    )]
    NothingInstalled,

    /// A memory without the heap that pre_upgrade would save.
    #[error(
        "{path}: a bare stable memory has no heap that pre_upgrade could save: give a snapshot directory, or --skip-pre-upgrade",
        path = .path.display()
    )]
    NoHeap {
        /// The file.
        path: PathBuf,
    },

    /// A canister that cannot be run, or an upgrade that failed.
    #[error("{what}: {reason}")]
    Run {
        /// The snapshot or module.
        what: String,
        /// What is wrong with it, or what it did.
        reason: String,
    },

    /// A memory that came out of an upgrade and is not in order.
    #[error(
        "the upgraded memory is not in order, {0}: nothing was written; rehearse the upgrade and look at what it leaves"
    )]
    Damaged(String),

    /// A command on a fleet.
    #[cfg(feature = "fleet")]
    #[error(transparent)]
    Fleet(#[from] crate::fleet::FleetError),

    /// The library refused what it found.
    #[error("{path}: {error}", path = .path.display())]
    Stable {
        /// The file.
        path: PathBuf,
        /// What the library said.
        error: ic_stable_migration::Error,
    },
}

impl Error {
    /// For `map_err`: names the file that an I/O error belongs to.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}
