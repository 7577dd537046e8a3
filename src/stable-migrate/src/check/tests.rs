//! Mistakes made on purpose, one each, and what the check says of them.

use std::collections::BTreeMap;
use std::rc::Rc;

use ic_stable_migration::{
    Application, BucketPlan, BucketTable, Cbor, MoveJournal, OpenOptions, Opened, Phase, Plan,
    Stamp, Store, Tier, Tiered, TieredMap,
};
use ic_stable_structures::{Memory, VectorMemory};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::memory::{Holds, JournalFacts, ManagedFacts};
use super::*;
use crate::test_images::TestImage;

/// What release 1 of a canister says of itself: lines with spaces in place of tabs, since no field has one.
const SAID: &str = "\
    manifest 1\napplication blog\nrelease 1\nreads MessagePack none\nkeeps header\nschemas 1 1\nmemory 0\n\
    ceiling 2147483648\nbudget 0\ntrailing refuse\ncollections 2\n\
    collection 1 own =8 * 1 1 posts u64 String\ncollection 2 own =8 =8 1 1 likes u64 u64\nend\n";

/// What release 0 of it says.
const SAID_LEGACY: &str =
    "manifest 1\napplication blog\nrelease 0\nreads MessagePack none\nkeeps value\nend\n";

const SERVICE: &str = "service : (record { owner : opt text }) -> { \
    get : (nat) -> (record { a : nat; b : opt nat }) query; put : (text) -> () }";

/// A canister that has what an upgrade needs, with each `(what, by what)` replaced.
fn module(said: &str, changes: &[(&str, &str)]) -> Vec<u8> {
    let said = said.replace(' ', "\\t").replace('\n', "\\n");
    let mut text = format!(
        r#"(module
        (import "ic0" "msg_reply" (func $reply))
        (memory 2)
        (global $stack (mut i32) (i32.const 65536))
        (func (export "canister_query get") (call $reply))
        (func (export "canister_update put") (call $reply))
        (func (export "canister_pre_upgrade"))
        (func (export "canister_post_upgrade"))
        (func (export "canister_global_timer"))
        (@custom "icp:public candid:service" "{SERVICE}")
        (@custom "icp:public ic-stable-migration" "layout 1 \n{said}"))"#
    );
    for (what, by) in changes {
        assert!(text.contains(what), "{what}");
        text = text.replace(what, by);
    }
    wat::parse_str(&text).unwrap()
}

/// The next release of the canister, with changes of what it says.
fn next(changes: &[(&str, &str)]) -> Vec<u8> {
    module(&said(changes), &[])
}

fn said(changes: &[(&str, &str)]) -> String {
    let mut said = SAID.replace("release 1", "release 2");
    for (what, by) in changes {
        assert!(said.contains(what), "{what}");
        said = said.replace(what, by);
    }
    said
}

fn installed(module: &[u8]) -> Before {
    Before {
        module: Some(Outline::read(module).unwrap()),
        memory: None,
    }
}

/// With the snapshot's memory.
fn with_memory(before: Before, memory: &VectorMemory) -> Before {
    let image = TestImage::of_memory(memory);
    Before {
        memory: Some(MemoryFacts::of(&image.image).unwrap()),
        ..before
    }
}

/// The codes of what is found where release 1 is installed.
fn codes_of(new: &[u8]) -> Vec<String> {
    codes(&installed(&module(SAID, &[])), new)
}

fn codes(before: &Before, new: &[u8]) -> Vec<String> {
    let checked = check(before, new).unwrap();
    for finding in &checked.findings {
        for text in [&finding.found, &finding.loss, &finding.remedy] {
            assert!(!text.is_empty(), "{finding:?}");
        }
    }
    checked.findings.into_iter().map(|one| one.code).collect()
}

fn holds(new: &[u8]) -> bool {
    check(&installed(&module(SAID, &[])), new).unwrap().held
}

/// A mistake: its name, the module with it, the code.
macro_rules! mistakes {
    ($($name:ident: $module:expr => $code:literal;)*) => {$(
        #[test]
        fn $name() {
            let module = $module;
            assert_eq!(codes_of(&module), [$code]);
            assert!(!holds(&module));
        }
    )*};
}

mistakes! {
    a_module_of_another_application: next(&[("blog", "wallet")]) => "C101";
    a_module_that_forgot_its_application: next(&[("application blog\n", "")]) => "C102";
    a_release_older_than_the_one_installed: next(&[("release 2", "release 0")]) => "C103";
    a_state_in_another_memory: next(&[("memory 0", "memory 7")]) => "C205";
    an_id_that_two_collections_have: next(&[("collection 2 own", "collection 1 own")]) => "C301";
    a_collection_in_another_memory: next(&[("collection 2 own", "collection 5 own")]) => "C304";
    a_collection_that_is_gone:
        next(&[("collections 2", "collections 1"), ("collection 2 own =8 =8 1 1 likes u64 u64\n", "")]) => "C306";
    a_collection_renamed_without_a_word: next(&[("likes", "hearts")]) => "C306";
    values_of_another_size: next(&[("=8 =8", "=8 =4")]) => "C309";
    a_collection_in_the_memory_of_the_state: next(&[("collection 2 own", "collection 0 own")]) => "C300";
    values_of_a_version_that_is_not_read_any_more:
        next(&[("=8 =8 1 1 likes", "=8 =8 2 3 likes")]) => "C317";
    a_method_that_is_gone:
        module(&said(&[]), &[("put : (text) -> () }", "}"), ("canister_update put", "canister_update other")]) => "C401";
    an_argument_that_asks_for_more: module(&said(&[]), &[("(text) -> ()", "(text, nat) -> ()")]) => "C402";
    an_answer_that_gives_less: module(&said(&[]), &[("a : nat; ", "")]) => "C402";
    a_query_that_became_an_update: module(&said(&[]), &[(" query; put", "; put")]) => "C402";
    an_installation_that_asks_for_more: module(&said(&[]), &[("owner : opt text", "owner : text")]) => "C404";
    an_interface_of_another_build:
        module(&said(&[]), &[("put : (text) -> () }", "put : (text) -> (); new : () -> () }")]) => "C407";
    two_methods_of_one_name:
        module(&said(&[]), &[("canister_global_timer\"))", "canister_global_timer\"))(func (export \"canister_query put\"))")]) => "C501";
    a_module_that_is_damaged: module(&said(&[]), &[("(call $reply)", "(drop (call $reply))")]) => "C502";
    an_import_that_the_network_does_not_have:
        module(&said(&[]), &[("\"ic0\" \"msg_reply\"", "\"wasi_snapshot_preview1\" \"proc_exit\"")]) => "C503";
    a_module_without_post_upgrade:
        module(&said(&[]), &[("(func (export \"canister_post_upgrade\"))", "")]) => "C601";
    a_module_without_pre_upgrade:
        module(&said(&[]), &[("(func (export \"canister_pre_upgrade\"))", "")]) => "C602";
}

#[test]
fn the_good_path_finds_nothing() {
    let (zero, one) = (module(SAID_LEGACY, &[]), module(SAID, &[]));
    for (old, new) in [(&zero, &one), (&one, &next(&[])), (&zero, &next(&[]))] {
        let checked = check(&installed(old), new).unwrap();
        assert_eq!((checked.held, checked.findings), (true, vec![]));
    }
}

#[test]
fn what_may_change_is_a_risk_or_a_note_and_holds() {
    for (new, code) in [
        (next(&[("u64 String", "u64 Article")]), "C320"),
        (
            next(&[
                ("collections 2\n", "collections 1\nretired likes\n"),
                ("collection 2 own =8 =8 1 1 likes u64 u64\n", ""),
            ]),
            "C323",
        ),
        (
            next(&[("ceiling 2147483648", "ceiling 4294967296")]),
            "C208",
        ),
        (
            module(&said(&[]), &[("b : opt nat", "b : opt text")]),
            "C405",
        ),
        (
            module(&said(&[]), &[("a : nat;", "a : nat; c : nat;")]),
            "C406",
        ),
        (
            module(
                &said(&[]),
                &[("canister_global_timer", "canister_heartbeat")],
            ),
            "C604",
        ),
        (module(&said(&[]), &[("65536", "32768")]), "C605"),
        (
            module(&said(&[]), &[("(memory 2)", "(memory i64 2)")]),
            "C606",
        ),
        (
            module(&said(&[]), &[("(memory 2)", "(memory 2 8)")]),
            "C607",
        ),
    ] {
        assert_eq!(codes_of(&new), [code]);
        assert!(holds(&new), "{code}");
    }
    let renamed = next(&[("likes u64 u64\n", "hearts u64 u64\nrenamed likes hearts\n")]);
    assert_eq!(codes_of(&renamed), [""; 0]);
}

#[test]
fn every_disagreement_is_found_at_once() {
    let new = module(
        &said(&[
            ("blog", "wallet"),
            ("memory 0", "memory 7"),
            ("=8 =8", "=8 =4"),
        ]),
        &[("canister_post_upgrade", "canister_heartbeat")],
    );
    assert_eq!(codes_of(&new), ["C101", "C205", "C309", "C601"]);
}

#[test]
fn a_value_in_another_form_is_refused_for_the_release_and_for_the_memory() {
    let old = installed(&module(SAID_LEGACY, &[]));
    let new = next(&[("MessagePack none", "CBOR u32")]);
    assert_eq!(codes(&old, &new), ["C209"]);
    let memory = VectorMemory::default();
    memory.grow(1);
    let value: BTreeMap<u64, String> = (0..50).map(|n| (n, format!("post {n}"))).collect();
    memory.write(0, &rmp_serde::to_vec_named(&value).unwrap());
    let bare = || with_memory(Before::default(), &memory);
    assert_eq!(codes(&bare(), &new), ["C209"]);
    assert_eq!(codes(&bare(), &next(&[])), [""; 0]);
    // Something far behind it that no longer value has left.
    memory.write(5_000, b"mine");
    assert_eq!(codes(&bare(), &next(&[])), ["C210"]);
    assert_eq!(
        codes(&bare(), &next(&[("trailing refuse", "trailing discard")])),
        [""; 0]
    );
    let own = next(&[("MessagePack none", "bincode own")]);
    let checked = check(&with_memory(Before::default(), &memory), &own).unwrap();
    assert!(
        checked.unchecked.iter().any(|one| one.contains("bincode")),
        "{checked:?}"
    );
}

#[test]
fn a_memory_with_nothing_in_it_is_nothing_to_start_from_unless_pre_upgrade_runs() {
    let empty = VectorMemory::default();
    assert_eq!(
        codes(&with_memory(Before::default(), &empty), &next(&[])),
        ["C204"]
    );
    let old = installed(&module(SAID_LEGACY, &[]));
    assert_eq!(codes(&with_memory(old, &empty), &next(&[])), [""; 0]);
}

/// A state with the collections of the modules here.
#[derive(Default, Serialize, Deserialize)]
struct State {
    hot: u64,
    posts: TieredMap<u64, String, VectorMemory>,
    likes: TieredMap<u64, u64, VectorMemory>,
}

impl Tiered<VectorMemory> for State {
    type Hot = u64;
    fn hot(&self) -> &u64 {
        &self.hot
    }
    fn set_hot(&mut self, hot: u64) {
        self.hot = hot;
    }
    fn collections(&mut self) -> Vec<Tier<'_, VectorMemory>> {
        vec![
            Tier::new("posts", 1, &mut self.posts),
            Tier::new("likes", 2, &mut self.likes),
        ]
    }
}

/// What release 1 leaves.
fn saved() -> VectorMemory {
    let plan = Plan::<u64, Cbor>::new(1)
        .ceiling(2 << 30)
        .application("blog")
        .schema(3);
    let memory = VectorMemory::default();
    let mut store = Store::begin_tiered(&plan, memory.clone(), State::default(), 1).unwrap();
    store.state().unwrap().posts.insert(1, "first".into());
    store.save(&plan, 2).unwrap();
    memory
}

#[test]
fn a_memory_alone_is_enough_to_refuse_a_module() {
    let bare = || with_memory(Before::default(), &saved());
    let right = [("schemas 1 1", "schemas 1 3")];
    let with = |change| next(&[right[0], change]);
    assert_eq!(codes(&bare(), &next(&right)), [""; 0]);
    assert_eq!(codes(&bare(), &next(&[])), ["C104"]);
    for (change, code) in [
        (("blog", "wallet"), "C101"),
        (("release 2", "release 0"), "C103"),
        (("memory 0", "memory 7"), "C205"),
        (("collection 2 own", "collection 5 own"), "C304"),
        (("collection 2 own", "collection 0 own"), "C300"),
        (("=8 =8", "=8 *"), "C309"),
    ] {
        assert_eq!(codes(&bare(), &with(change)), [code]);
    }
    let newer = next(&[("schemas 1 1", "schemas 4 4")]);
    assert_eq!(codes(&bare(), &newer), ["C105"]);
    let taken = with((
        "likes u64 u64\n",
        "likes u64 u64\ncollection 1 own =8 =8 1 1 tags u64 u64\n",
    ));
    let taken = check(&bare(), &taken).unwrap().findings;
    assert_eq!(taken[0].code, "C701", "it says two and lists three");
}

#[test]
fn a_new_collection_in_a_memory_of_the_canisters_own_is_refused() {
    let memory = saved();
    let Opened::Managed(managed) = OpenOptions::new().open(memory.clone()) else {
        panic!("no manager");
    };
    managed.memory(9).unwrap().grow(1);
    let new = next(&[
        ("schemas 1 1", "schemas 1 3"),
        ("collections 2", "collections 3"),
        ("end\n", "collection 9 own =8 =8 1 1 tags u64 u64\nend\n"),
    ]);
    assert_eq!(
        codes(&with_memory(Before::default(), &memory), &new),
        ["C310"]
    );
}

#[test]
fn a_module_without_the_library_is_told_to_lose_the_state() {
    let without = module("", &[("ic-stable-migration", "other")]);
    let checked = check(
        &with_memory(installed(&module(SAID, &[])), &saved()),
        &without,
    )
    .unwrap();
    assert_eq!(checked.findings[0].code, "C201");
    assert!(
        checked
            .unchecked
            .iter()
            .any(|one| one.contains("no manifest"))
    );
    // And one that keeps a value at offset 0 would not find it.
    let legacy = module(&SAID_LEGACY.replace("release 0", "release 2"), &[]);
    assert_eq!(codes_of(&legacy), ["C202"]);
}

#[test]
fn a_ceiling_that_the_upgrade_cannot_reach_is_refused() {
    let pages = 40_000;
    let table = BucketTable {
        bucket_pages: 2,
        owners: vec![1; pages / 2],
        sizes: vec![(1, pages as u64)],
    };
    let holds = Holds::Managed(Box::new(ManagedFacts {
        home: 0,
        table,
        header: None,
        has_value: true,
        journal: None,
    }));
    let before = Before {
        module: None,
        memory: Some(MemoryFacts { holds }),
    };
    assert!(BucketPlan::for_ceiling(32 << 30).pages() > 2);
    let new = next(&[("ceiling 2147483648", "ceiling 34359738368")]);
    assert_eq!(codes(&before, &new), ["C207"]);
}

#[test]
fn a_collection_is_not_retired_while_it_moves() {
    let mut before = with_memory(Before::default(), &saved());
    if let Some(MemoryFacts {
        holds: Holds::Managed(managed),
    }) = &mut before.memory
    {
        let registry = managed.journal.take().unwrap().registry;
        managed.journal = Some(JournalFacts {
            registry,
            moved: false,
            empty: Vec::new(),
        });
    }
    let retired = next(&[
        ("schemas 1 1", "schemas 1 3"),
        ("collections 2\n", "collections 1\nretired likes\n"),
        ("collection 2 own =8 =8 1 1 likes u64 u64\n", ""),
    ]);
    assert_eq!(codes(&before, &retired), ["C308", "C323"]);
}

#[test]
fn a_module_that_says_nothing_is_checked_as_far_as_it_can_be() {
    let silent = |name: &str| {
        let changes = [
            ("ic-stable-migration", "other"),
            ("candid:service", "notes"),
            ("put", name),
        ];
        module("", &changes)
    };
    let checked = check(&installed(&silent("put")), &silent("post")).unwrap();
    let codes: Vec<_> = checked.findings.iter().map(|one| &one.code[..]).collect();
    assert_eq!(codes, ["C401"]);
    assert_eq!(checked.unchecked.len(), 5, "{:?}", checked.unchecked);
    // One whose manifest is of a later version, too.
    let later = module(&said(&[("manifest 1", "manifest 9")]), &[]);
    assert_eq!(codes_of(&later), ["C701"]);
}

/// One build is enough to see what is wrong with a module.
#[test]
fn every_rule_of_the_network_that_a_module_breaks_is_told_in_one_go() {
    let tables = "(table 1 funcref)".repeat(2);
    let new = module(
        &said(&[]),
        &[
            ("(memory 2)", &format!("(memory 2){tables}")),
            (
                "\"canister_global_timer\"))",
                "\"canister_global_timer\"))(func (export \"canister_start\"))",
            ),
            (
                "\"canister_pre_upgrade\")",
                "\"canister_pre_upgrade\") (param i32)",
            ),
            (
                "\"ic0\" \"msg_reply\"",
                "\"wasi_snapshot_preview1\" \"proc_exit\"",
            ),
        ],
    );
    let checked = check(&installed(&module(SAID, &[])), &new).unwrap();
    assert!(!checked.held);
    let found = |code: &str| {
        let of = checked.findings.iter().filter(move |one| one.code == code);
        of.map(|one| one.found.clone()).collect::<Vec<_>>()
    };
    let rules = found("C501");
    for part in [
        "2 tables are more than the 1",
        "\"canister_start\" is reserved",
        "\"canister_pre_upgrade\" is of the type (i32) -> ()",
    ] {
        assert!(
            rules.iter().any(|rule| rule.contains(part)),
            "{part}: {rules:?}"
        );
    }
    assert_eq!(found("C503").len(), 1, "{:?}", checked.findings);
    assert_eq!(found("C502"), [""; 0]);
}

/// A release of the canister that goes back to what release 0 reads.
fn going_back(target: &str) -> Vec<u8> {
    let back = format!("trailing refuse\nback {target}");
    next(&[
        ("release 2", "release 3"),
        ("trailing refuse", &back),
        ("schemas 1 1", "schemas 1 3"),
    ])
}

#[test]
fn a_module_that_goes_back_is_told_to_and_what_it_leaves_is_what_the_next_one_finds() {
    let back = going_back("value");
    let zero = module(SAID_LEGACY, &[]);
    let forward = next(&[("schemas 1 1", "schemas 1 3")]);
    // To it, from wherever the canister is.
    for before in [
        installed(&zero),
        installed(&module(SAID, &[])),
        installed(&back),
        with_memory(Before::default(), &saved()),
        with_memory(installed(&module(SAID, &[])), &saved()),
    ] {
        assert_eq!(codes(&before, &back), ["C211"]);
        assert!(check(&before, &back).unwrap().held);
    }
    // From it: what the memory holds now, its pre_upgrade replaces.
    let ways = || [installed(&back), with_memory(installed(&back), &saved())];
    for before in ways() {
        for new in [&zero, &forward] {
            let checked = check(&before, new).unwrap();
            assert_eq!((checked.held, checked.findings), (true, vec![]));
        }
        let other = next(&[
            ("MessagePack none", "CBOR none"),
            ("schemas 1 1", "schemas 1 3"),
        ]);
        assert_eq!(codes(&before, &other), ["C209"]);
        let other = next(&[("blog", "wallet")]);
        assert_eq!(codes(&before, &other), ["C101"]);
    }
    // What cannot be read of it is not made up for.
    let nowhere = going_back("nowhere");
    assert_eq!(codes(&installed(&zero), &nowhere), ["C701"]);
}

#[test]
fn a_value_that_goes_back_to_memory_0_is_looked_for_there() {
    let back = going_back("memory");
    let checked = check(&installed(&module(SAID, &[])), &back).unwrap();
    assert!(
        checked.findings[0].found.contains("in virtual memory 0"),
        "{checked:?}"
    );
    let checked = check(&with_memory(installed(&back), &saved()), &next(&[])).unwrap();
    assert_eq!(checked.findings, []);
    let named = |one: &String| one.contains("in a virtual memory");
    assert!(checked.unchecked.iter().any(named), "{checked:?}");
}

/// Whether the new module takes the canister over is the question; what the old one says of itself, its memory says, too.
#[test]
fn a_new_module_whose_manifest_cannot_be_read_fails_and_an_old_one_does_not() {
    let later = module(&said(&[("manifest 1", "manifest 9")]), &[]);
    let damaged = module(&said(&[("release 2", "release two")]), &[]);
    for (unreadable, found, remedy) in [
        (&later, "newer format (9)", "update the tool"),
        (&damaged, "cannot be read: line 3", "build the module anew"),
    ] {
        let checked = check(&installed(&module(SAID, &[])), unreadable).unwrap();
        let [finding] = &checked.findings[..] else {
            panic!("{checked:?}");
        };
        assert_eq!(
            (&finding.code[..], finding.severity, checked.held),
            ("C701", Severity::Refused, false)
        );
        assert!(finding.found.contains(found), "{finding:?}");
        assert!(finding.remedy.contains(remedy), "{finding:?}");

        let checked = check(&installed(unreadable), &next(&[])).unwrap();
        let [finding] = &checked.findings[..] else {
            panic!("{checked:?}");
        };
        assert_eq!(
            (&finding.code[..], finding.severity, checked.held),
            ("C701", Severity::Risk, true)
        );
        assert!(finding.found.contains(found), "{finding:?}");
    }
}

/// What is not there has no version that a release would have to read: the rule is that of the upgrade.
#[test]
fn a_collection_that_is_empty_has_no_version_left() {
    let dropped = [
        ("schemas 1 1", "schemas 1 3"),
        ("=8 =8 1 1 likes", "=8 =8 2 3 likes"),
    ];
    let bare = with_memory(Before::default(), &saved());
    assert_eq!(codes(&bare, &next(&dropped)), [""; 0], "there are no likes");
    let dropped = [dropped[0], ("=8 * 1 1 posts", "=8 * 2 3 posts")];
    assert_eq!(codes(&bare, &next(&dropped)), ["C317"]);
}

#[test]
fn what_is_no_module_is_said_to_be_none() {
    let before = installed(&module(SAID, &[]));
    for bytes in [
        &b"hello"[..],
        b"",
        b"\x1f\x8bxx",
        b"\0asm\x01\0\0\0\x0b\xff",
    ] {
        assert!(check(&before, bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn the_name_of_a_memory_from_before_names_is_taken_from_the_module() {
    let memory = VectorMemory::default();
    let Opened::Empty(empty) = OpenOptions::new().open(Rc::clone(&memory)) else {
        panic!("it is not empty");
    };
    let stamp = Stamp {
        release: 1,
        schema: 1,
        now: 1,
        application: Application::NONE,
    };
    let managed = empty.format(BucketPlan::for_ceiling(2 << 30)).unwrap();
    managed.save::<_, Cbor>(&7u64, stamp).unwrap();
    let before = with_memory(installed(&module(SAID, &[])), &memory);
    assert_eq!(codes(&before, &next(&[("blog", "wallet")])), ["C101"]);
}

/// What goes on behind the move, as values that are written anew, is no part of it: the upgrade takes such a memory.
#[test]
fn a_canister_that_writes_values_anew_has_moved() {
    for (phase, moved) in [
        (Phase::Moving, false),
        (Phase::Auditing, false),
        (Phase::Renewing, true),
        (Phase::Done, true),
    ] {
        let journal = MoveJournal {
            phase,
            paused: false,
            steps: 1,
            originals: false,
            hot_bytes: None,
            removed: 0,
            stuck: None,
            registry: Vec::new(),
            collections: Vec::new(),
            work: Vec::new(),
        };
        assert_eq!(JournalFacts::from(journal).moved, moved, "{phase:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_damage_of_a_module_makes_the_check_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let before = installed(&module(SAID, &[]));
        let mut new = next(&[]);
        for (at, byte) in damage {
            let at = at.index(new.len());
            new[at] = byte;
        }
        let _ = check(&before, &new);
        if let Ok(module) = Outline::read(&new) {
            let before = Before { module: Some(module), memory: None };
            let _ = check(&before, &next(&[]));
        }
    }
}
