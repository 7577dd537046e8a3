//! What a module does when it is upgraded, and what of that is no longer there: hooks, timers, stack and heap.

use super::{Before, Outline, Severity, Told};
use crate::units::{bytes_text, count_text};

const POST: &str = "canister_post_upgrade";
const PRE: &str = "canister_pre_upgrade";

pub(super) fn check(before: &Before, new: &Outline, told: &mut Told) {
    hooks(before, new, told);
    let Some(old) = &before.module else {
        return;
    };
    for (entry, what) in [
        ("canister_global_timer", "what its timers did"),
        ("canister_heartbeat", "what its heartbeat did"),
        (
            "canister_inspect_message",
            "cycles: messages that it kept out are taken now",
        ),
        (
            "canister_on_low_wasm_memory",
            "what was done when memory ran low",
        ),
    ] {
        if old.exports(entry) && !new.exports(entry) {
            told.find(
                "C604",
                Severity::Risk,
                format!("the installed module has {entry}, and the new one has not"),
                what,
                "nothing, if it is meant; otherwise link what exported it",
            );
        }
    }
    stack(old, new, told);
    heap(old, new, told);
}

fn hooks(before: &Before, new: &Outline, told: &mut Told) {
    let old = before.module.as_ref();
    if !new.exports(POST) {
        let had = old.is_none_or(|old| old.exports(POST) || old.exports(PRE));
        let (severity, loss) = match had {
            true => (
                Severity::Lost,
                "the state: nothing reads it back from stable memory, and the next save may write over it",
            ),
            false => (
                Severity::Risk,
                "what is on the heap; what lives in stable structures stays",
            ),
        };
        told.find(
            "C601",
            severity,
            "the module has no post_upgrade",
            loss,
            "read the state in #[post_upgrade]: `Store::adopt`, `Store::resume`",
        );
    }
    if !new.exports(PRE) && old.is_none_or(|old| old.exports(PRE)) {
        told.find(
            "C602",
            Severity::Lost,
            "the module has no pre_upgrade",
            "at the next upgrade, what is on the heap and was not saved otherwise",
            "save in #[pre_upgrade]: `Store::save`",
        );
    }
    if let Some(old) = old
        && !old.exports(PRE)
    {
        told.find(
            "C603",
            Severity::Risk,
            "the installed module has no pre_upgrade: nothing is saved when it is upgraded",
            "what is on its heap now",
            "nothing, if it keeps all it has in stable structures; otherwise install a release first that saves it",
        );
    }
}

fn stack(old: &Outline, new: &Outline, told: &mut Told) {
    if let (Some(was), Some(is)) = (old.stack_bytes, new.stack_bytes)
        && is < was
    {
        told.find(
            "C605",
            Severity::Risk,
            format!("the stack has {}, where it had {}", bytes_text(is), bytes_text(was)),
            "calls that need more: they trap, also in post_upgrade, where decoding a nested state is deep",
            "rehearse the upgrade; give the linker a larger stack (-z stack-size)",
        );
    }
}

fn heap(old: &Outline, new: &Outline, told: &mut Told) {
    let (Some(was), Some(is)) = (old.heap, new.heap) else {
        return;
    };
    if was.wide != is.wide {
        let bits = |wide| if wide { "64" } else { "32" };
        told.find(
            "C606",
            Severity::Risk,
            format!(
                "the heap has addresses of {} bits, where it had {}",
                bits(is.wide),
                bits(was.wide)
            ),
            "values whose encoding has the size of a pointer in it: usize, isize",
            "rehearse the upgrade; encode lengths and indices as u32 or u64",
        );
    }
    if let Some(most) = is.most
        && was.most.is_none_or(|was| most < was)
    {
        told.find(
            "C607",
            Severity::Risk,
            format!(
                "the module limits its heap to {}, less than the installed one",
                count_text(most, "page")
            ),
            "calls that need more: they trap",
            "take the limit off, and set the canister's wasm_memory_limit instead",
        );
    }
}
