//! Whose module it is, which release, and which schemas of the state it reads.

use super::{Before, Outline, Severity, Told};

pub(super) fn check(before: &Before, new: &Outline, told: &mut Told) {
    application(before, new, told);
    release(before, new, told);
    schema(before, new, told);
}

fn application(before: &Before, new: &Outline, told: &mut Told) {
    let (Some(old), Some(manifest)) = (before.application(), new.manifest()) else {
        return;
    };
    let (code, found, remedy) = match manifest.application.as_deref() {
        Some(name) if name == old => return,
        Some(name) => (
            "C101",
            format!(
                "the canister is that of the application {old:?}, and the module is one of {name:?}"
            ),
            format!(
                "install a release of {old:?}; if it is the same application, give it its name back: a name is for good"
            ),
        ),
        None => (
            "C102",
            format!("the canister is that of the application {old:?}, and the module names none"),
            format!("say `Plan::application({old:?})` in the new release"),
        ),
    };
    if before.has_header() {
        return told.refuse(code, "E306", found, remedy);
    }
    // What stands at offset 0 has no name, so that nobody refuses it.
    let severity = match manifest.application {
        Some(_) => Severity::Lost,
        None => Severity::Risk,
    };
    let loss =
        "everything, if it is another: its state is read as that of the other, or overwritten";
    told.find(code, severity, found, loss, remedy);
}

fn release(before: &Before, new: &Outline, told: &mut Told) {
    let (Some(old), Some(manifest)) = (before.release(), new.manifest()) else {
        return;
    };
    // Where the installed one goes back, an older one is what it is there for.
    if manifest.release >= old || before.goes_back().is_some() {
        return;
    }
    let found = format!(
        "release {old} is installed, and the module is release {}",
        manifest.release
    );
    match before.has_header() {
        true => told.refuse(
            "C103",
            "E301",
            found,
            format!("give the module a higher number than {old}, or restore a snapshot from before release {old}"),
        ),
        false => told.find(
            "C103",
            Severity::Risk,
            found,
            "what the older release does not know of the state",
            "install the newer one",
        ),
    }
}

fn schema(before: &Before, new: &Outline, told: &mut Told) {
    let saved = before.header().map(|header| header.schema);
    let old = saved.max(before.header_manifest().map(|manifest| manifest.schemas.1));
    let manifest = new.manifest().and_then(|manifest| manifest.header.as_ref());
    let (Some(old), Some(manifest)) = (old, manifest) else {
        return;
    };
    let (oldest, newest) = manifest.schemas;
    if old > newest {
        told.refuse(
            "C104",
            "E302",
            format!(
                "the state is saved in schema {old}, and the module reads up to schema {newest}"
            ),
            format!("say `Plan::schema({old})` or a higher one, with the types that belong to it"),
        );
    } else if saved.unwrap_or(old) < oldest {
        told.find(
            "C105",
            Severity::Refused,
            format!("the state is saved in schema {}, and the module reads from schema {oldest} on", saved.unwrap_or(old)),
            "the state, as far as the types of the module do not read the older schema",
            "install a release in between that reads it first, or keep the old schema's types in the new one",
        );
    }
}
