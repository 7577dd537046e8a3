//! Canisters with too few cycles, and an index with too few.

use user_index::api::views::TopUpArg;

use crate::support::{Twelve, USERS};

const TRILLION: u128 = 1_000_000_000_000;

#[test]
fn a_canister_with_too_few_cycles_is_given_some() {
    let mut twelve = Twelve::planned_with(|plan| {
        plan.spare_cycles = Some(2 * TRILLION);
        plan.top_up = Some(TopUpArg {
            cycles: TRILLION,
            times: 2,
        });
    });
    let [poor, poorest] = [4, 8].map(|at| twelve.users[at]);
    twelve.fleet.host.set_cycles(poor, TRILLION + 5).unwrap();
    twelve.fleet.host.set_cycles(poorest, 0).unwrap();
    let before = twelve.fleet.host.cycles(twelve.fleet.index).unwrap();
    twelve.fleet.begin().unwrap();
    let status = twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.there(), USERS, "{status:?}");
    let host = &twelve.fleet.host;
    assert_eq!(host.cycles(poor).unwrap(), 2 * TRILLION + 5);
    assert_eq!(host.cycles(poorest).unwrap(), 2 * TRILLION);
    assert_eq!(
        host.cycles(twelve.fleet.index).unwrap(),
        before - 3 * TRILLION
    );
}

#[test]
fn without_cycles_to_give_it_is_passed_over() {
    let mut twelve = Twelve::planned();
    let poor = twelve.users[4];
    twelve.fleet.host.set_cycles(poor, 7).unwrap();
    twelve.fleet.begin().unwrap();
    let status = twelve.fleet.run_to_end().unwrap();
    assert_eq!(status.groups.len(), 1, "{status:?}");
    let group = &status.groups[0];
    assert_eq!(
        (group.class.as_str(), &group.examples[..]),
        ("too-few-cycles", &[poor][..])
    );
    assert_eq!(twelve.there(), USERS - 1);
}

#[test]
fn an_index_with_too_few_cycles_waits_and_says_so() {
    let mut twelve = Twelve::planned();
    let index = twelve.fleet.index;
    twelve.fleet.begin().unwrap();
    twelve.fleet.run_until_ended(1).unwrap();
    twelve.fleet.host.set_cycles(index, TRILLION / 10).unwrap();
    let mut looks = 0;
    let waiting = twelve.fleet.run_until(|_| {
        looks += 1;
        Ok(looks > 50)
    });
    waiting.unwrap();
    let status = twelve.fleet.status().unwrap();
    assert!(
        status.short_of_cycles && status.ended < USERS as u32,
        "{status:?}"
    );
    assert!(
        status
            .last_error
            .is_some_and(|error| error.contains("cycles"))
    );
    twelve.fleet.host.set_cycles(index, 10 * TRILLION).unwrap();
    twelve.fleet.run_to_end().unwrap();
    assert_eq!(twelve.there(), USERS);
}
