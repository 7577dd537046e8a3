//! A run from its beginning to its end.

use user_index::api::status::At;

use crate::support::{Twelve, USERS};

#[test]
fn twelve_go_through_both_stages() {
    let mut twelve = Twelve::planned();
    let status = twelve.fleet.status().unwrap();
    assert_eq!((status.at, status.canisters), (At::Planned, USERS as u32));
    twelve.fleet.begin().unwrap();
    let status = twelve.fleet.run_to_end().unwrap();
    let report = twelve.fleet.report().unwrap();
    println!("{report}\n{status:?}\n{:?}", twelve.fleet.errors());
    assert_eq!(status.ended, USERS as u32);
    let migrated: Vec<u32> = status.waves.iter().map(|wave| wave.migrated).collect();
    assert_eq!(migrated, [1, 4, 7]);
    assert_eq!(twelve.there(), USERS);
    assert!(twelve.fleet.errors().unwrap().is_empty());
}
