//! Whether those who call the canister are served as before.

use canister_questions::{Break, Broken, Interface};

use super::{Before, Outline, Severity, Told};

pub(super) fn check(before: &Before, new: &Outline, told: &mut Told) {
    let Some(old) = &before.module else {
        told.cannot_check(
            "the installed module was not given: interface, hooks and stack were not compared",
        );
        return;
    };
    let (was, is) = (read("installed", old, told), read("new", new, told));
    if let (Some(was), Some(is)) = (&was, &is) {
        compare(was, is, told);
    } else {
        gone_without_interface(old, new, told);
    }
    if let Some(is) = is {
        not_exported(&is, new, told);
    }
}

fn read(which: &str, module: &Outline, told: &mut Told) -> Option<Interface> {
    let Some(service) = &module.service else {
        told.cannot_check(
            format!( "the {which} module does not tell its interface (candid:service): only the names of methods were compared" ),
        );
        return None;
    };
    match Interface::read(service, module.args.as_deref()) {
        Ok(interface) => Some(interface),
        Err(reason) => {
            told.cannot_check(format!(
                "the interface of the {which} module was not compared: {reason}"
            ));
            None
        }
    }
}

fn compare(was: &Interface, is: &Interface, told: &mut Told) {
    let breaks = is.breaks(was);
    for one in &breaks {
        broken(one, told);
    }
    match is.breaks_installation(was) {
        Some(one) if one.how == Broken::Silent => broken(&one, told),
        Some(one) => told.find(
            "C404",
            Severity::Refused,
            format!("the argument of an installation is another: {}", one.what),
            "nothing where the upgrade traps on the argument of before; the canister was stopped for it in vain",
            "make what is new optional, or give the argument anew in every script that upgrades",
        ),
        None => {
            // Who says nothing may take what the other takes, or nothing.
            let (was, is) = (was.installation_arguments(), is.installation_arguments());
            if let (None, Some(1..)) | (Some(1..), None) = (was, is) {
                told.cannot_check(
                    "one of the modules does not say what its installation takes: the argument was not compared",
                );
            }
        }
    }
    // The other way round: the canisters of a fleet are not upgraded at one moment.
    for one in was.breaks(is) {
        let already = breaks.iter().any(|known| known.method == one.method);
        if one.how == Broken::Type && !already {
            told.find(
                "C406",
                Severity::Note,
                format!(
                    "{}: who knows the new interface is not served by the installed module: {}",
                    method(&one),
                    one.what
                ),
                "calls from upgraded canisters and clients to those not yet upgraded",
                "in a fleet, upgrade those who answer before those who ask",
            );
        }
    }
}

fn broken(one: &Break, told: &mut Told) {
    let method = method(one);
    match one.how {
        Broken::Missing => told.find(
            "C401",
            Severity::Lost,
            format!("{method} is gone"),
            "every call of it is rejected",
            "keep it until nobody calls it",
        ),
        Broken::Type => told.find(
            "C402",
            Severity::Lost,
            format!("{method} serves its callers no more: {}", one.what),
            "calls with the old arguments trap, or answers are not understood",
            "add a method beside it; add fields to arguments as `opt`, and take none from answers",
        ),
        Broken::Silent => told.find(
            "C405",
            Severity::Risk,
            format!(
                "{method} has an optional part of another type: {}",
                one.what
            ),
            "that part: it is read as null, and nobody is told",
            "give the part of the new type another name",
        ),
    };
}

fn method(one: &Break) -> String {
    match &one.method {
        Some(name) => format!("method {name:?}"),
        None => "the argument of an installation".into(),
    }
}

/// Methods that a module had and the other has not, by their exports alone.
fn gone_without_interface(old: &Outline, new: &Outline, told: &mut Told) {
    for name in old.methods() {
        if !new.methods().any(|method| method == name) {
            told.find(
                "C401",
                Severity::Lost,
                format!("method {name:?} is gone"),
                "every call of it is rejected",
                "keep it until nobody calls it",
            );
        }
    }
}

/// Methods that an interface promises and its module does not have.
fn not_exported(interface: &Interface, new: &Outline, told: &mut Told) {
    for name in interface.methods().unwrap_or_default() {
        if !new.methods().any(|method| method == name) {
            told.find(
                "C407",
                Severity::Lost,
                format!("the interface of the module has a method {name:?}, and the module does not export it"),
                "every call of it is rejected",
                "put the interface of this very build into candid:service",
            );
        }
    }
}
