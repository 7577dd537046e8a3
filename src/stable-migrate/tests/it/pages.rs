//! Every page that the command writes, of real memories and runs: markup that adds up, no script, no name that brings some.
//!
//! `PAGES` names a directory in which they are kept, for `cargo xtask pages` to look at in a browser.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use quick_xml::Reader;
use quick_xml::events::Event;
use stable_migrate::fleet::Journal;

use super::memories::{collection, file, legacy, managed};
use super::programs::{FORGETS, KEEPS, TRAPS, module_file};
use super::releases::{Subject, TINY, module_path};
use super::run::{fixture, stable_migrate};
use super::{check, fleet, moves, programs};

/// A name as nobody gives one.
const HOSTILE: &str = "<script>alert('1')</script> \" onload=x &lt; <!--";

/// Pages in a directory, each made by one run of the command.
struct Pages {
    directory: PathBuf,
    made: Vec<String>,
}

impl Pages {
    fn make<A: Into<OsString>>(&mut self, name: &str, arguments: impl IntoIterator<Item = A>) {
        let page = self.directory.join(name).with_extension("html");
        let arguments = arguments.into_iter().map(Into::into);
        let page_arguments = [OsString::from("--html"), page.clone().into()];
        let ran = stable_migrate(arguments.chain(page_arguments));
        assert!(page.exists(), "{name}: {}", ran.stderr);
        self.made.push(name.to_owned());
    }

    fn inspect(&mut self, name: &str, path: &Path) {
        self.make(name, ["inspect".as_ref(), path.as_os_str()]);
    }
}

/// Where the pages go: the directory that was named, or one that is removed.
fn directory(scratch: &Path) -> PathBuf {
    let named = std::env::var_os("PAGES").map(PathBuf::from);
    let directory = named.unwrap_or_else(|| scratch.join("pages"));
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn memories(pages: &mut Pages, scratch: &Path) {
    let mut damaged = managed();
    damaged[65_536 + 9] = 1;
    let mut foreign = b"{\"users\": 40}".to_vec();
    foreign.resize(3 * 65_536, 0);
    for (name, bytes) in [
        ("legacy", legacy()),
        ("managed", managed()),
        ("collections", collection(true)),
        ("moving", moves::moving(|_| {})),
        ("paused", moves::moving(moves::pause)),
        ("stuck", moves::moving(moves::get_stuck)),
        ("damaged", damaged),
        ("foreign", foreign),
        ("zeros", vec![0; 65_536]),
        ("empty", Vec::new()),
    ] {
        let path = file(scratch, &format!("{name}.bin"), &bytes);
        pages.inspect(name, &path);
    }
    for (name, of) in [
        ("legacy-medium", "legacy-medium.bin.gz"),
        ("frame-of-2023", "naive-small.bin.gz"),
    ] {
        if let Some(path) = fixture(of) {
            pages.inspect(name, &path);
        }
    }
}

/// Canisters of the releases: one that is migrated, and one in the middle of it.
fn releases(pages: &mut Pages, scratch: &Path) {
    let (Some(mut migrated), Some(mut moving), Some(mut before), Some(tiny)) = (
        Subject::new(2),
        Subject::new(1),
        Subject::new(0),
        module_path(TINY),
    ) else {
        return;
    };
    pages.inspect("migrated", &migrated.save(scratch, "migrated"));
    moving.upgrade(TINY);
    moving.pass_seconds(3);
    pages.inspect("half-moved", &moving.save(scratch, "half-moved"));
    let from = before.save(scratch, "before");
    let wasm = |path: PathBuf| [OsString::from("--wasm"), path.into()];
    let mut chain = vec![OsString::from("rehearse"), from.into()];
    chain.extend(module_path(1).into_iter().flat_map(wasm));
    chain.extend(module_path(2).into_iter().flat_map(wasm));
    pages.make("rehearsal-of-releases", chain);
    let new = module_path(1).unwrap_or(tiny);
    let migrated = scratch.join("migrated");
    pages.make(
        "check-an-older-release",
        ["check".as_ref(), migrated.as_os_str(), new.as_os_str()],
    );
}

fn runs(pages: &mut Pages, scratch: &Path) {
    let snapshot = programs::snapshot(scratch);
    let [keeps, traps, forgets] = [
        ("keeps.wasm", KEEPS),
        ("traps.wasm", TRAPS),
        ("forgets.wasm", FORGETS),
    ]
    .map(|(name, then)| module_file(scratch, name, then));
    let wasm = "--wasm".as_ref();
    let from = snapshot.as_os_str();
    let (keeps, traps, forgets) = (keeps.as_os_str(), traps.as_os_str(), forgets.as_os_str());
    let rehearse = "rehearse".as_ref();
    pages.make(
        "rehearsal",
        [rehearse, from, wasm, keeps, "--fault=1".as_ref()],
    );
    pages.make("rehearsal-lost", [rehearse, from, wasm, forgets]);
    pages.make(
        "rehearsal-traps",
        [rehearse, from, wasm, keeps, wasm, traps, wasm, keeps],
    );
    for (name, module) in [("upgrade", keeps), ("upgrade-traps", traps)] {
        let to = scratch.join(name);
        let arguments = [
            "upgrade".as_ref(),
            from,
            wasm,
            module,
            "-o".as_ref(),
            to.as_os_str(),
        ];
        pages.make(name, arguments);
    }
}

fn checks(pages: &mut Pages, scratch: &Path) {
    let old = check::written(scratch, "old.wasm", check::SAID);
    for (name, said) in [
        ("check", check::SAID.replace("release 3", "release 4")),
        ("check-refused", check::SAID.replace("items", "things")),
    ] {
        let new = check::written(scratch, &format!("{name}.wasm"), &said);
        pages.make(name, ["check".as_ref(), old.as_os_str(), new.as_os_str()]);
    }
    let hostile = check::written(
        scratch,
        "hostile.wasm",
        &check::SAID.replace("application list", "application <b>\\27&amp;"),
    );
    pages.make(
        "check-hostile",
        ["check".as_ref(), hostile.as_os_str(), old.as_os_str()],
    );
}

fn fleets(pages: &mut Pages, scratch: &Path) {
    let plan = fleet::plan(scratch);
    let journal = scratch.join("fleet.sqlite");
    drop(Journal::run(&journal, &plan).unwrap());
    let page = pages.directory.join("fleet-planned.html");
    let ran = stable_migrate([
        "fleet".as_ref(),
        "report".as_ref(),
        "--format=html".as_ref(),
        "--journal".as_ref(),
        journal.as_os_str(),
        "-o".as_ref(),
        page.as_os_str(),
    ]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    pages.made.push("fleet-planned".into());
}

#[test]
fn every_page_is_well_formed_and_no_name_brings_a_script_into_it() {
    let scratch = tempfile::tempdir().unwrap();
    let mut pages = Pages {
        directory: directory(scratch.path()),
        made: Vec::new(),
    };
    memories(&mut pages, scratch.path());
    let hostile = file(scratch.path(), &HOSTILE.replace('/', "\u{2215}"), &legacy());
    pages.inspect("hostile", &hostile);
    checks(&mut pages, scratch.path());
    fleets(&mut pages, scratch.path());
    runs(&mut pages, scratch.path());
    releases(&mut pages, scratch.path());
    for name in &pages.made {
        let path = pages.directory.join(name).with_extension("html");
        let page = fs::read_to_string(path).unwrap();
        let found = Found::of(&page).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        found
            .check()
            .unwrap_or_else(|reason| panic!("{name}: {reason}"));
    }
}

/// What a page is made of.
#[derive(Default)]
struct Found {
    elements: Vec<String>,
    ids: Vec<String>,
    links: Vec<String>,
}

impl Found {
    /// Reads a page as strictly as XML is read: every element closed, every attribute once and in quotes.
    fn of(page: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(page);
        let mut found = Self::default();
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            let element = match event {
                Event::Start(element) | Event::Empty(element) => element,
                Event::Eof => return Ok(found),
                _ => continue,
            };
            let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
            for attribute in element.attributes() {
                let attribute = attribute.map_err(|error| format!("{name}: {error}"))?;
                let value = String::from_utf8_lossy(&attribute.value).into_owned();
                match attribute.key.as_ref() {
                    b"id" => found.ids.push(value),
                    b"href" => found.links.push(value),
                    key if key.starts_with(b"on") || key == b"src" => {
                        return Err(format!("{name} has {}", String::from_utf8_lossy(key)));
                    }
                    _ => {}
                }
            }
            found.elements.push(name);
        }
    }

    fn check(&self) -> Result<(), String> {
        let count = |element: &str| self.elements.iter().filter(|name| *name == element).count();
        for forbidden in ["script", "link", "img", "iframe", "object", "form"] {
            if count(forbidden) > 0 {
                return Err(format!("has a {forbidden}"));
            }
        }
        for once in ["h1", "main", "title", "header"] {
            if count(once) != 1 {
                return Err(format!("has {} of {once}", count(once)));
            }
        }
        let ids: BTreeSet<&String> = self.ids.iter().collect();
        if ids.len() != self.ids.len() {
            return Err(format!("an id stands twice: {:?}", self.ids));
        }
        let lost = self.links.iter().find(|link| {
            let id = link.strip_prefix('#').map(str::to_owned);
            id.is_none_or(|id| !ids.contains(&id))
        });
        lost.map_or(Ok(()), |link| Err(format!("{link} leads nowhere")))
    }
}
