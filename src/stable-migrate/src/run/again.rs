//! One more upgrade by the same module, which every rehearsal ends with: the first that finds what the release itself
//! has written.

use serde::Serialize;

use super::upgraded::Upgraded;

/// Instructions of the hooks that are put down to chance: a tenth, and these.
const NOISE: u64 = 10_000_000;

/// Heap pages that are put down to chance: an eighth, and these.
const HEAP_NOISE: u64 = 16;

/// How the canister stood before that upgrade.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    /// Pages of heap and of stable memory.
    pub pages: (u64, u64),
    /// Whether the global timer was set, now or at the very start.
    pub timer_was_set: bool,
}

/// What the upgrade once more does not keep, a sentence each. `last` is the upgrade before it, by the same module.
pub fn failures(
    last: &Upgraded,
    again: &Upgraded,
    before: Before,
    timer_may_stop: bool,
) -> Vec<String> {
    let mut failures = Vec::new();
    let had = |name: &str| last.hooks.iter().any(|hook| hook.name == name);
    // Where the chain began without pre_upgrade, there is none to compare with.
    let counted = |upgraded: &Upgraded| match had("pre_upgrade") {
        true => upgraded.of_hooks(),
        false => upgraded.of_hooks() - upgraded.of_hook("pre_upgrade"),
    };
    let (was, is) = (counted(last), counted(again));
    if is > was + was / 10 + NOISE {
        failures.push(format!(
            "its hooks take {is} instructions, more than the {was} of the upgrade before it"
        ));
    }
    let (heap, stable) = before.pages;
    if again.heap_pages > heap + heap / 8 + HEAP_NOISE {
        failures.push(format!(
            "the heap grows from {heap} to {} pages",
            again.heap_pages
        ));
    }
    if again.stable_pages > stable {
        failures.push(format!(
            "stable memory grows from {stable} to {} pages",
            again.stable_pages
        ));
    }
    if before.timer_was_set && again.timer[1].is_none() && !timer_may_stop {
        failures.push(TIMER_LOST.into());
    }
    failures
}

/// What is said of a timer that an upgrade did not set again.
pub const TIMER_LOST: &str = "a timer was set before and is not set after: an upgrade deletes it, and post_upgrade \
                              does not set it again; if that is meant, --timer-may-stop";

/// How far the state may grow until an upgrade takes more instructions than it may, if what the hooks take grows as
/// the state does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Room {
    /// Instructions of both hooks now.
    pub hook_instructions: u64,
    /// Those of them that an empty canister of the module takes; absent where it cannot be installed and upgraded
    /// without more being known.
    pub fixed_instructions: Option<u64>,
    /// Instructions that are left to the hooks, when compiling is paid for.
    pub limit: u64,
    /// Bytes of state that pre_upgrade saves now: those in memory 0, or the stable bytes that it dirties.
    pub saved_bytes: Option<u64>,
    /// How many times as large as now the state may become.
    pub times: f64,
    /// Whether that is a lower bound: what the state adds to an empty one is too small to tell.
    pub at_least: bool,
    /// Bytes of state at which an upgrade comes to its limit.
    pub until_bytes: Option<u64>,
}

/// What is measured of an upgrade of a module to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Instructions of both hooks.
    pub instructions: u64,
    /// Bytes of state that pre_upgrade saved.
    pub saved: u64,
}

impl Cost {
    /// Of `upgraded`; `saved` is what is known to be saved in memory 0.
    pub fn of(upgraded: &Upgraded, saved: Option<u64>) -> Self {
        let pre_upgrade = upgraded
            .hooks
            .iter()
            .find(|hook| hook.name == "pre_upgrade");
        let dirtied = pre_upgrade.map_or(0, |hook| hook.dirty_stable_bytes);
        Self {
            instructions: upgraded.of_hooks(),
            saved: saved.unwrap_or(dirtied),
        }
    }
}

impl Room {
    /// Reckons with what of `now` is more than in an `empty` canister; with all of it, where that is not known. None
    /// where no hook ran.
    pub fn of(again: &Upgraded, now: Cost, empty: Option<Cost>) -> Option<Self> {
        if now.instructions == 0 {
            return None;
        }
        let limit = again
            .instructions_limit
            .saturating_sub(again.compile_instructions);
        let fixed = empty.unwrap_or(Cost {
            instructions: 0,
            saved: 0,
        });
        let grows = now.instructions.saturating_sub(fixed.instructions);
        let told = now.instructions / TELLING;
        let left = limit.saturating_sub(fixed.instructions);
        let times = left as f64 / grows.max(told).max(1) as f64;
        let saved_bytes = Some(now.saved).filter(|bytes| *bytes > 0);
        let more = now.saved.saturating_sub(fixed.saved) as f64;
        let until = fixed.saved.saturating_add((more * times) as u64);
        Some(Self {
            hook_instructions: now.instructions,
            fixed_instructions: empty.map(|empty| empty.instructions),
            limit,
            saved_bytes,
            times,
            at_least: grows < told,
            until_bytes: saved_bytes.map(|bytes| until.max(bytes)),
        })
    }
}

/// Less than this part of the instructions, and what a state adds to an empty one is within what varies anyway.
const TELLING: u64 = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::upgraded::Hook;

    fn upgraded(hooks: &[(&'static str, u64)], pages: (u64, u64), timer: Option<u64>) -> Upgraded {
        let hook = |&(name, instructions): &(&'static str, u64)| Hook {
            name,
            instructions,
            dirty_bytes: 8_192,
            dirty_stable_bytes: 4_096,
            heap_pages: pages.0,
            stable_pages: pages.1,
        };
        Upgraded {
            hooks: hooks.iter().map(hook).collect(),
            compile_instructions: 1_000,
            instructions_limit: 41_000,
            heap_pages: pages.0,
            stable_pages: pages.1,
            timer: [timer, timer],
            ..Upgraded::default()
        }
    }

    #[test]
    fn what_costs_more_grows_or_stops_is_told() {
        let hooks = [("pre_upgrade", NOISE), ("post_upgrade", NOISE)];
        let last = upgraded(&hooks, (20, 5), Some(1));
        let before = Before {
            pages: (20, 5),
            timer_was_set: true,
        };
        let told = |again: &Upgraded| failures(&last, again, before, false);
        assert_eq!(told(&last), [""; 0]);
        let hooks = [("pre_upgrade", NOISE), ("post_upgrade", 3 * NOISE)];
        assert!(told(&upgraded(&hooks, (20, 5), Some(1)))[0].contains("instructions"));
        assert!(told(&upgraded(&[], (40, 5), Some(1)))[0].contains("heap grows from 20 to 40"));
        assert!(told(&upgraded(&[], (20, 6), Some(1)))[0].contains("stable memory grows"));
        let stopped = upgraded(&[], (20, 5), None);
        assert_eq!(told(&stopped), [TIMER_LOST]);
        assert_eq!(failures(&last, &stopped, before, true), [""; 0]);
    }

    #[test]
    fn a_pre_upgrade_that_was_skipped_is_not_compared() {
        let last = upgraded(&[("post_upgrade", 5)], (1, 1), None);
        let hooks = [("pre_upgrade", 9 * NOISE), ("post_upgrade", 5)];
        let before = Before {
            pages: (1, 1),
            timer_was_set: false,
        };
        assert_eq!(
            failures(&last, &upgraded(&hooks, (1, 1), None), before, false),
            [""; 0]
        );
    }

    #[test]
    fn the_room_is_what_the_limit_leaves() {
        let again = upgraded(&[("pre_upgrade", 100), ("post_upgrade", 300)], (1, 1), None);
        let now = Cost::of(&again, Some(50));
        let room = Room::of(&again, now, None).unwrap();
        assert_eq!(
            (room.limit, room.times, room.at_least),
            (40_000, 100.0, false)
        );
        assert_eq!(
            (room.saved_bytes, room.until_bytes),
            (Some(50), Some(5_000))
        );
        assert_eq!(Cost::of(&again, None).saved, 4_096);
        let nothing = upgraded(&[], (1, 1), None);
        assert_eq!(Room::of(&nothing, Cost::of(&nothing, None), None), None);
    }

    #[test]
    fn what_an_empty_canister_takes_does_not_grow() {
        let again = upgraded(&[("pre_upgrade", 100), ("post_upgrade", 300)], (1, 1), None);
        let now = Cost::of(&again, Some(50));
        let of_empty = |instructions| {
            let saved = 10;
            Room::of(
                &again,
                now,
                Some(Cost {
                    instructions,
                    saved,
                }),
            )
            .unwrap()
        };
        let room = of_empty(200);
        assert_eq!(room.times, 199.0);
        assert_eq!(room.until_bytes, Some(10 + 40 * 199));
        let small = of_empty(390);
        assert_eq!((small.times, small.at_least), (39_610.0 / 20.0, true));
    }
}
