//! Who owns which memory: what is written down of collections, held against what the new module declares, by the rules of
//! the upgrade itself.

use ic_stable_migration::{
    Collections, DeclaredCollection, Error as StableError, Held, Registered, Versions,
};

use super::memory::{JournalFacts, ManagedFacts};
use super::{Before, Outline, Severity, Told};

pub(super) fn check(before: &Before, new: &Outline, told: &mut Told) {
    let managed = before.found().and_then(|memory| memory.managed());
    let journal = managed.and_then(|managed| managed.journal.as_ref());
    let old = before
        .header_manifest()
        .and_then(|old| old.collections.as_ref());
    let known: Vec<Registered> = match (journal, old) {
        (Some(journal), _) => journal.registry.clone(),
        (None, Some(old)) => old
            .declared
            .iter()
            .map(|one| Registered {
                // What it still has of older ones is in no module.
                values: Versions {
                    oldest: one.registered.values.newest,
                    ..one.registered.values
                },
                ..one.registered.clone()
            })
            .collect(),
        (None, None) => Vec::new(),
    };
    let Some(header) = new.manifest().and_then(|manifest| manifest.header.as_ref()) else {
        return;
    };
    let Some(collections) = &header.collections else {
        if !known.is_empty() {
            told.cannot_check(
                "the new module does not declare its collections, so that they were not compared: say `Plan::collections`",
            );
        }
        return;
    };
    let held = |id| match journal {
        Some(journal) if !journal.moved => Held::Moving,
        Some(journal) if journal.empty.contains(&id) => Held::Nothing,
        _ => Held::Moved,
    };
    for error in collections.disagreements(&known, header.memory, held) {
        disagreement(&error, told);
    }
    if let (Some(managed), Some(journal)) = (managed, journal) {
        in_use(managed, journal, collections, told);
    }
    if let Some(old) = old {
        for was in &old.declared {
            changed(was, collections, told);
        }
    }
    given_up(&known, collections, told);
}

/// What the upgrade would refuse, under its own code: E504 is C304.
fn disagreement(error: &StableError, told: &mut Told) {
    let code = error.code();
    let text = error.to_string();
    let text = text.strip_prefix(code).unwrap_or(&text);
    let text = text.trim_start_matches(": ");
    let text = text.strip_suffix("; nothing was written").unwrap_or(text);
    // What was found, then what is to be done about it.
    let (found, remedy) = text.rsplit_once(": ").unwrap_or((text, "keep what was"));
    let number = code.strip_prefix("E5").unwrap_or("00");
    told.refuse(&format!("C3{number}"), code, found, remedy);
}

/// New collections whose memories hold something already.
fn in_use(
    managed: &ManagedFacts,
    journal: &JournalFacts,
    collections: &Collections,
    told: &mut Told,
) {
    let mut seen = Vec::new();
    for declared in &collections.declared {
        let id = declared.registered.memory_id();
        let name = &declared.registered.name[..];
        let mut registry = journal.registry.iter();
        let known =
            registry.any(|one| one.memory_id() == id || current(&one.name, collections) == name);
        let pages = managed.table.size_of(id);
        if known || id == managed.home || pages == 0 || seen.contains(&id) {
            continue;
        }
        seen.push(id);
        told.refuse(
            "C310",
            "E510",
            format!("collection {name:?} is new and asks for virtual memory {id}, which holds {pages} pages of something else"),
            "choose an id that is free",
        );
    }
}

/// What two modules say of one collection that is written down in no memory.
fn changed(was: &DeclaredCollection, collections: &Collections, told: &mut Told) {
    let name = current(&was.registered.name, collections);
    let mut declared = collections.declared.iter();
    let Some(is) = declared.find(|one| one.registered.name == name) else {
        return;
    };
    if was.registered.shape == is.registered.shape && was.types != is.types {
        told.find(
            "C320",
            Severity::Risk,
            format!("collection {name:?} was of {} => {}, and is of {} => {}", was.types.0, was.types.1, is.types.0, is.types.1),
            "entries whose bytes mean something else to the new types: their sizes agree, so only the first and the last entry are tried",
            "nothing if the types are encoded alike; otherwise move the entries to a new collection: `ReshapedMap`",
        );
    }
    let (was, is) = (was.registered.values, is.registered.values);
    if was.oldest < is.oldest && is.oldest <= was.newest {
        told.find(
            "C321",
            Severity::Risk,
            format!("collection {name:?} was read from version {} of its values on, and is read from version {} on", was.oldest, is.oldest),
            "nothing: a canister that still has older ones refuses the module, and which it has only its memory tells",
            "check a snapshot of it, or wait until its status names no work that is left",
        );
    }
}

/// The name that a collection has in the new module.
fn current<'a>(name: &'a str, collections: &'a Collections) -> &'a str {
    collections.new_name(name).unwrap_or(name)
}

/// Collections that the new module retires.
fn given_up(known: &[Registered], collections: &Collections, told: &mut Told) {
    let in_use = known.iter().filter(|one| !one.retired);
    for one in in_use.filter(|one| collections.retired.contains(&one.name)) {
        let declared = &collections.declared;
        if declared
            .iter()
            .any(|declared| declared.registered.name == one.name)
        {
            continue;
        }
        told.find(
            "C323",
            Severity::Note,
            format!("collection {:?} is retired", one.name),
            "nothing at once: its entries stay in stable memory, and no release reads them again under that name",
            "nothing, if it is meant",
        );
    }
}
