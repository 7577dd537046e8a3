//! Where the state is and in which form, and whether the new module finds and reads it.

use ic_stable_migration::{BucketPlan, HeaderManifest, MAX_RELAYOUT_PAGES, Manifest, Target};

use super::memory::{Holds, ManagedFacts};
use super::{Before, Outline, Severity, Told};
use crate::units::bytes_text;

/// What a manifest says of a value in a codec of the adopter's own.
const OWN: &str = "own";

/// The formats that are told from a memory alone.
const TOLD_APART: [&str; 3] = ["CBOR", "MessagePack", "Candid"];

pub(super) fn check(before: &Before, new: &Outline, told: &mut Told) {
    memory(before, new, told);
    match new.manifest() {
        None if before.has_header() && !new.uses_library => told.find(
            "C201",
            Severity::Lost,
            "the state is behind the header of ic-stable-migration, and the module does not have the library",
            "the whole state: the module does not know it, and may format the memory or write over it",
            "build the module with the library and a plan of this canister's next release",
        ),
        None => {}
        Some(manifest) => match &manifest.header {
            None if before.has_header() => told.find(
                "C202",
                Severity::Refused,
                format!("the state is behind a header in a memory manager, and release {} keeps one value at offset 0", manifest.release),
                "nothing if its post_upgrade refuses what it cannot read; if it does not, the state",
                "install a release with a plan; to go back, load a snapshot of before",
            ),
            None => form(before, manifest, true, told),
            Some(header) => {
                back(manifest, header, told);
                behind_header(before, header, told);
                form(before, manifest, header.discards_trailing, told);
            }
        },
    }
}

/// What no release can start from, whatever it says.
fn memory(before: &Before, new: &Outline, told: &mut Told) {
    let Some(memory) = &before.memory else {
        told.cannot_check(
            "no stable memory was given: whether it is in order, and what its journal says, was not looked at; give a snapshot or --memory",
        );
        return;
    };
    let starts_anew = before.module.is_none() && new.uses_library;
    match &memory.holds {
        Holds::Damaged(damage) => told.find(
            "C203",
            Severity::Refused,
            format!("the stable memory contradicts itself: {damage}"),
            "what is damaged; an upgrade that reads it traps and is undone",
            "look at it with `stable-migrate inspect`, and restore the canister from a snapshot that is in order",
        ),
        Holds::Nothing if starts_anew => told.refuse(
            "C204",
            "E101",
            "stable memory is empty, so that there is nothing to upgrade from without pre_upgrade",
            "upgrade without skipping pre_upgrade, so that the old module saves its state; or check the snapshot, which has its module",
        ),
        Holds::Managed(managed) if starts_anew && managed.header.is_none() && !managed.has_value => {
            told.refuse(
                "C204",
                "E107",
                format!("nothing was saved in virtual memory {}, so that there is no state to upgrade from without pre_upgrade", managed.home),
                "upgrade without skipping pre_upgrade; where the canister keeps all it has in other memories, begin with `Plan::begin_tiered` in post_upgrade",
            );
        }
        _ => {}
    }
}

/// That a module goes back, and to what.
fn back(manifest: &Manifest, header: &HeaderManifest, told: &mut Told) {
    let Some(target) = header.back else {
        return;
    };
    let form = in_words((&manifest.reads.0, &manifest.reads.1));
    let place = match target {
        Target::Offset0 => "stable memory".to_owned(),
        Target::Memory0 => format!("virtual memory {}", header.memory),
    };
    told.find(
        "C211",
        Severity::Note,
        format!("the module goes back: the upgrade after it finds {form}, in {place}"),
        "nothing at once; with the next upgrade, what that value cannot express: the module refuses what nobody has promised to give up (E901)",
        "nothing, if it is meant; otherwise install the next release. `stable-migrate revert` tries both upgrades",
    );
}

/// What a module says that looks for this library's header.
fn behind_header(before: &Before, new: &HeaderManifest, told: &mut Told) {
    let managed = before.found().and_then(|memory| memory.managed());
    let saved = managed.filter(|managed| managed.header.is_some());
    let old = before.header_manifest();
    let home = saved.map(|managed| managed.home);
    if let Some(home) = home.or(old.map(|old| old.memory))
        && home != new.memory
    {
        told.refuse(
            "C205",
            "E109",
            format!(
                "the state is in virtual memory {home}, and the module looks for it in {}",
                new.memory
            ),
            format!("say `Plan::memory({home})`: it cannot be changed"),
        );
    }
    let moved = saved.is_some_and(|managed| managed.journal.is_some())
        || old.is_some_and(|old| old.collections.is_some());
    if moved && new.collections.is_none() {
        told.find(
            "C206",
            Severity::Risk,
            "the canister has collections in stable maps, and the module declares none",
            "nothing if it is a release of stage one, which refuses such a memory; otherwise what it keeps of them cannot be compared here",
            "say them with `Plan::collections`; a release of stage one goes on before those of stage two alone",
        );
    }
    ceiling(managed, old, new, told);
}

fn ceiling(
    managed: Option<&ManagedFacts>,
    old: Option<&HeaderManifest>,
    new: &HeaderManifest,
    told: &mut Told,
) {
    let wanted = BucketPlan::for_ceiling(new.ceiling);
    let planned = bytes_text(new.ceiling);
    match (managed, old) {
        (Some(managed), _) if wanted.pages() > managed.table.bucket_pages => {
            let pages: u64 = managed.table.sizes.iter().map(|(_, pages)| pages).sum();
            if pages > MAX_RELAYOUT_PAGES {
                told.refuse(
                    "C207",
                    "E304",
                    format!("the module plans a ceiling of {planned}, which asks for buckets of {} pages; the memory has {pages} pages in buckets of {}, more than an upgrade changes", wanted.pages(), managed.table.bucket_pages),
                    "keep the ceiling, or rewrite the memory first: `stable-migrate compact --ceiling`",
                );
            } else {
                told.find(
                    "C208",
                    Severity::Note,
                    format!("the module plans a ceiling of {planned}: the memory's {pages} pages get larger buckets in the upgrade"),
                    "nothing; a smaller bucket is not to be had again but offline",
                    "nothing, if the higher ceiling is meant",
                );
            }
        }
        (None, Some(old)) if wanted.pages() > BucketPlan::for_ceiling(old.ceiling).pages() => {
            told.find(
                "C208",
                Severity::Note,
                format!("the module plans a ceiling of {planned} after one of {}: memories get larger buckets in the upgrade, and one of more than 2 GiB refuses it", bytes_text(old.ceiling)),
                "nothing",
                "check a snapshot of the largest canister",
            );
        }
        _ => {}
    }
}

/// The value that a canister keeps which has no header yet.
fn form(before: &Before, new: &Manifest, discards_trailing: bool, told: &mut Told) {
    if before.has_header() {
        return;
    }
    let reads = (&new.reads.0[..], &new.reads.1[..]);
    let wrong = |told: &mut Told, found: String| {
        told.refuse(
            "C209",
            "E103",
            format!("{found}, and the module reads {}", in_words(reads)),
            "give the plan the codec that reads what is there",
        );
    };
    let holds = before.found().map(|memory| &memory.holds);
    match (holds, before.manifest()) {
        (_, Some(old)) if before.goes_back() == Some(Target::Memory0) => {
            let leaves = (&old.reads.0[..], &old.reads.1[..]);
            told.cannot_check(format!(
                "the installed release goes back and leaves {}, in a virtual memory; whether the module reads it there, a rehearsal tells",
                in_words(leaves)
            ));
        }
        (_, Some(old)) if before.goes_back().is_some() => leaves(old, reads, wrong, told),
        (Some(Holds::Value(value)), _) => {
            if reads.1 == OWN || !TOLD_APART.contains(&reads.0) {
                told.cannot_check(
                    format!("the module reads {}, of which only the module knows whether it is what stands there; rehearse the upgrade", in_words(reads)),
                );
            } else if reads != value.form {
                wrong(told, format!("stable memory holds {}", in_words(value.form)));
            }
            if value.something_behind && !discards_trailing {
                told.refuse(
                    "C210",
                    "E204",
                    "behind the value stands something that no longer value has left",
                    "see what it is with `stable-migrate inspect`; plan `Trailing::Discard` if it may be overwritten",
                );
            }
        }
        (Some(Holds::Other(what)), _) if reads.1 == OWN => told.cannot_check(
            format!( "stable memory holds {what}; whether the module's own codec reads it, a rehearsal tells" ),
        ),
        (Some(Holds::Other(what)), _) => match TOLD_APART.contains(&reads.0) {
            true => wrong(told, format!("stable memory holds {what}")),
            false => told.cannot_check(
                format!("stable memory holds {what}; whether that is {}, a rehearsal tells", in_words(reads)),
            ),
        },
        (Some(Holds::Managed(managed)), _) if managed.has_value => told.cannot_check(
            format!("virtual memory {} holds a value of another program; whether the module reads it, a rehearsal tells", managed.home),
        ),
        (_, Some(old)) if old.header.is_none() => leaves(old, reads, wrong, told),
        _ => {}
    }
}

/// What the installed release leaves as one value, against what the new one reads.
fn leaves(old: &Manifest, reads: (&str, &str), wrong: impl Fn(&mut Told, String), told: &mut Told) {
    let leaves = (&old.reads.0[..], &old.reads.1[..]);
    if leaves != reads {
        let leaves = in_words(leaves);
        wrong(told, format!("the installed release leaves {leaves}"));
    }
}

/// A value as a manifest says it, in words.
fn in_words((format, frame): (&str, &str)) -> String {
    match frame {
        "none" => format!("a value in {format} at offset 0"),
        "u32" | "u64" => format!("a value in {format} behind a {frame} length"),
        "cell" => format!("a value in {format} in a StableCell"),
        _ => format!("a value of a codec of its own ({format})"),
    }
}
