//! Cycles go to other canisters.

use super::support::*;
use crate::support::*;

#[test]
fn anybody_may_deposit_cycles_and_all_that_come_along_are_taken() {
    let mut it = Orchestra::new();
    let id = it.player(&counter());
    it.host.set_controllers(id, vec![]).unwrap();
    let (mine, its) = (it.host.cycles(it.id).unwrap(), it.host.cycles(id).unwrap());
    it.ask_with::<()>("deposit_cycles", about(id), 1_000)
        .unwrap();
    assert_eq!(it.host.cycles(id).unwrap(), its + 1_000);
    assert_eq!(it.host.cycles(it.id).unwrap(), mine - 1_000);
}

#[test]
fn cycles_for_a_canister_that_is_not_there_come_back() {
    let mut it = Orchestra::new();
    let mine = it.host.cycles(it.id).unwrap();
    let rejected = it.ask_with::<()>("deposit_cycles", about(ME), 1_000);
    assert_eq!(rejected.unwrap_err().0, 3);
    assert_eq!(it.host.cycles(it.id).unwrap(), mine);
}
