//! The manifest as it is read from a module.

use std::str::FromStr;

use super::{MAX_CHANGES, MAX_COLLECTIONS, VERSION};
use crate::error::Error;
use crate::registry::{Claims, Held, Kind, Registered, Registry, Shape, Size, Versions, new_name};
use crate::reverse::Target;

/// The longest section that is read, in bytes. The network takes no module whose metadata is longer.
const MAX_BYTES: usize = 1 << 20;

/// What a module says of itself, as its section has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The application's name; none where the release does not say.
    pub application: Option<String>,
    /// The release's number.
    pub release: u32,
    /// The encoding of the value from before this library, and what stands in front of it: the words of
    /// [`Format`](crate::Format), and `none`, `u32`, `u64`, `cell` or `own`.
    pub reads: (String, String),
    /// What it says of a state behind this library's header; none for a release that keeps one value at offset 0.
    pub header: Option<HeaderManifest>,
}

/// What a module says that keeps its state behind this library's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderManifest {
    /// The oldest schema of the state that it reads, and the one that it writes.
    pub schemas: (u32, u32),
    /// The virtual memory of the state.
    pub memory: u8,
    /// The planned ceiling of all memories in bytes.
    pub ceiling: u64,
    /// Instructions that the move may take of the upgrade that begins it; 0: it goes in steps.
    pub move_budget: u64,
    /// Whether bytes behind a value that nothing accounts for are overwritten.
    pub discards_trailing: bool,
    /// Where it goes back to, if it is a release that does: to what its [`Manifest::reads`] names, at offset 0 or in its
    /// memory.
    pub back: Option<Target>,
    /// Its collections; none where it does not say.
    pub collections: Option<Collections>,
}

/// What a module says of its collections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collections {
    /// Each of them, in the order in which they move.
    pub declared: Vec<DeclaredCollection>,
    /// Old and new names.
    pub renamed: Vec<(String, String)>,
    /// Those that are given up.
    pub retired: Vec<String>,
}

/// A collection as a module declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredCollection {
    /// What is written down of it when the module takes a memory over; `values` are the versions that it reads, the newest
    /// of which it writes.
    pub registered: Registered,
    /// The types of keys and values as the source writes them.
    pub types: (String, String),
}

/// Why a section has no manifest that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the manifest: {reason}")]
pub struct ManifestError {
    /// The line, from 1, counted from the manifest's first.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
    /// The version of its form, where that is newer than what this version of the library reads.
    pub newer: Option<u32>,
}

impl Manifest {
    /// Reads what a section says; none where it has no manifest. Lines that this version of the library does not know are
    /// skipped. Takes time and space in proportion to the section, which has at most 1 MiB.
    ///
    /// ```
    /// use ic_stable_migration::{Manifest, MessagePack, Plan};
    ///
    /// const PLAN: Plan<Vec<u64>, MessagePack> = Plan::new(3).application("todo");
    /// const BYTES: [u8; PLAN.manifest().len()] = PLAN.manifest().bytes();
    /// let manifest = Manifest::read(&BYTES)?.expect("one is there");
    /// assert_eq!((manifest.application.as_deref(), manifest.release), (Some("todo"), 3));
    /// # Ok::<(), ic_stable_migration::ManifestError>(())
    /// ```
    ///
    /// # Errors
    /// [`ManifestError`] for one of another version, one that is cut short, two, and a line that says what it cannot.
    pub fn read(section: &[u8]) -> Result<Option<Self>, ManifestError> {
        let error = |line, reason: &str| ManifestError {
            line,
            reason: reason.into(),
            newer: None,
        };
        if section.len() > MAX_BYTES {
            return Err(error(1, "the section has more than 1 MiB"));
        }
        let mut lines = section.split(|&byte| byte == b'\n');
        if !lines.any(|line| line.starts_with(b"manifest\t")) {
            return Ok(None);
        }
        let mut begins = section.split(|&byte| byte == b'\n');
        let first = begins.find(|line| line.starts_with(b"manifest\t"));
        let version = first.and_then(|line| line.strip_prefix(b"manifest\t"));
        if version != Some(VERSION.to_string().as_bytes()) {
            let text = version.and_then(|version| std::str::from_utf8(version).ok());
            let version = text.and_then(|text| text.parse().ok());
            return Err(ManifestError {
                newer: version.filter(|version| *version > VERSION),
                ..error(1, "it is of a version that this library does not know")
            });
        }
        let mut reader = Reader::default();
        for (at, line) in (2..).zip(begins) {
            if line == b"end" {
                let twice = lines.any(|line| line.starts_with(b"manifest\t"));
                return match twice {
                    true => Err(error(at, "another manifest follows")),
                    false => reader
                        .finish()
                        .map(Some)
                        .map_err(|reason| error(at, reason)),
                };
            }
            let text = std::str::from_utf8(line).map_err(|_| error(at, "it is not UTF-8"))?;
            reader.line(text).map_err(|reason| error(at, reason))?;
        }
        Err(error(1, "it has no end"))
    }
}

impl Collections {
    /// The name that a collection has in the module, if it is written down under `old` and was renamed. A chain of renamings
    /// is followed to its end.
    pub fn new_name(&self, old: &str) -> Option<&str> {
        new_name(&self.renamed, old)
    }

    /// In what a memory, in which `known` is written down, disagrees with these collections: everything for which the
    /// upgrade would be refused, one error for a collection. `home` is the memory of the state, `held` tells where the entries
    /// of the known ones are, by their ids. The rules are those of the upgrade.
    pub fn disagreements(
        &self,
        known: &[Registered],
        home: u8,
        held: impl Fn(u8) -> Held,
    ) -> Vec<Error> {
        let mut claims = Claims {
            collections: self
                .declared
                .iter()
                .map(|declared| declared.registered.clone())
                .collect(),
            renamed: self.renamed.clone(),
            retired: self.retired.clone(),
        };
        let mut known = Registry(known.to_vec());
        let mut found = Vec::new();
        while let Err(error) = known.claim(home, &claims, &held) {
            // What was found of one is not to be found again, nor to hide the others.
            let of = |entry: &Registered| match &error {
                Error::ReservedMemory { id } => entry.id == *id || entry.memory_id() == *id,
                Error::Ownership(error) => entry.name == error.subject(),
                _ => false,
            };
            let both = claims.collections.iter().chain(&known.0);
            let names: Vec<String> = both
                .filter(|entry| of(entry))
                .map(|entry| entry.name.clone())
                .collect();
            let old: Vec<String> = names
                .iter()
                .flat_map(|name| claims.old_names(name))
                .collect();
            claims
                .collections
                .retain(|entry| !names.contains(&entry.name));
            known.0.retain(|entry| !old.contains(&entry.name));
            found.push(error);
            if names.is_empty() {
                break;
            }
        }
        found
    }
}

/// What was read of a manifest until now.
#[derive(Default)]
struct Reader {
    application: Option<String>,
    release: Option<u32>,
    reads: Option<(String, String)>,
    header: Option<bool>,
    schemas: Option<(u32, u32)>,
    memory: Option<u8>,
    ceiling: Option<u64>,
    move_budget: Option<u64>,
    discards_trailing: Option<bool>,
    back: Option<Target>,
    declared: Option<usize>,
    collections: Collections,
}

type Line = Result<(), &'static str>;

impl Reader {
    fn line(&mut self, text: &str) -> Line {
        let fields: Vec<&str> = text.split('\t').collect();
        match fields[..] {
            ["application", name] => once(&mut self.application, name.into()),
            ["release", number] => once(&mut self.release, parsed(number)?),
            ["reads", format, frame] => once(&mut self.reads, (format.into(), frame.into())),
            ["keeps", "value"] => once(&mut self.header, false),
            ["keeps", "header"] => once(&mut self.header, true),
            ["schemas", oldest, newest] => once(&mut self.schemas, range(oldest, newest)?),
            ["memory", id] => once(&mut self.memory, parsed(id)?),
            ["ceiling", bytes] => once(&mut self.ceiling, parsed(bytes)?),
            ["budget", instructions] => once(&mut self.move_budget, parsed(instructions)?),
            ["trailing", "refuse"] => once(&mut self.discards_trailing, false),
            ["trailing", "discard"] => once(&mut self.discards_trailing, true),
            ["back", "value"] => once(&mut self.back, Target::Offset0),
            ["back", "memory"] => once(&mut self.back, Target::Memory0),
            ["collections", count] => once(&mut self.declared, parsed(count)?),
            [
                "collection",
                id,
                kind,
                key,
                value,
                oldest,
                newest,
                name,
                key_type,
                value_type,
            ] => {
                let kind = match kind {
                    "own" => Kind::StableBTreeMap,
                    memory => Kind::SharedStableBTreeMap {
                        memory: parsed(memory)?,
                    },
                };
                let (key, value) = (size(key)?, size(value)?);
                let (oldest, newest) = range(oldest, newest)?;
                let declared = DeclaredCollection {
                    registered: Registered {
                        name: name.into(),
                        id: parsed(id)?,
                        shape: Shape { kind, key, value },
                        values: Versions { oldest, newest },
                        retired: false,
                    },
                    types: (key_type.into(), value_type.into()),
                };
                another(&mut self.collections.declared, declared, MAX_COLLECTIONS)
            }
            ["renamed", old, new] => another(
                &mut self.collections.renamed,
                (old.into(), new.into()),
                MAX_CHANGES,
            ),
            ["retired", name] => another(&mut self.collections.retired, name.into(), MAX_CHANGES),
            [
                "application" | "release" | "reads" | "keeps" | "schemas" | "memory" | "ceiling"
                | "budget" | "trailing" | "back" | "collections" | "collection" | "renamed"
                | "retired",
                ..,
            ] => Err("it says what it cannot say"),
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<Manifest, &'static str> {
        const MISSING: &str = "a line is missing before it";
        let header = match self.header.ok_or(MISSING)? {
            false => None,
            true => {
                let listed = self.collections.declared.len();
                if self.declared.unwrap_or(listed) != listed {
                    return Err("there are not as many collections as it says");
                }
                Some(HeaderManifest {
                    schemas: self.schemas.ok_or(MISSING)?,
                    memory: self.memory.ok_or(MISSING)?,
                    ceiling: self.ceiling.ok_or(MISSING)?,
                    move_budget: self.move_budget.ok_or(MISSING)?,
                    discards_trailing: self.discards_trailing.ok_or(MISSING)?,
                    back: self.back,
                    collections: self.declared.map(|_| self.collections),
                })
            }
        };
        Ok(Manifest {
            application: self.application,
            release: self.release.ok_or(MISSING)?,
            reads: self.reads.ok_or(MISSING)?,
            header,
        })
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Line {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err("it was said before"),
    }
}

fn another<T>(list: &mut Vec<T>, value: T, most: usize) -> Line {
    if list.len() == most {
        return Err("there are more of them than there can be");
    }
    list.push(value);
    Ok(())
}

fn parsed<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse()
        .map_err(|_| "it has no number where one belongs, or one that is too large")
}

fn range(oldest: &str, newest: &str) -> Result<(u32, u32), &'static str> {
    let range = (parsed(oldest)?, parsed(newest)?);
    match range.0 <= range.1 {
        true => Ok(range),
        false => Err("its oldest version is newer than its newest"),
    }
}

fn size(text: &str) -> Result<Size, &'static str> {
    if text == "*" {
        return Ok(Size::Unbounded);
    }
    match text.split_at_checked(1) {
        Some(("<", max)) => parsed(max).map(Size::UpTo),
        Some(("=", bytes)) => parsed(bytes).map(Size::Exactly),
        _ => Err("it has no size where one belongs"),
    }
}
