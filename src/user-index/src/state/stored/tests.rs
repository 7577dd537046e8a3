use candid::Principal;
use fleet::{Call, Command, Event, Fleet, ModuleHash, Plan, Stage, Time, What};

use super::*;

fn plan() -> Plan {
    Plan::careful(vec![Stage {
        name: "one".to_owned(),
        module: ModuleHash([1; 32]),
        from: vec![ModuleHash([0; 32])],
        moves: true,
    }])
}

fn member() -> Member {
    Member {
        id: Principal::from_slice(&[9; 10]),
        subnet: 3,
        wave: 0,
        rehearse: false,
    }
}

/// A record with something in most of its fields.
fn record() -> Record {
    let mut fleet = Fleet::new(plan(), vec![member()]).unwrap();
    fleet.decide(Time(1_700_000_000));
    let (place, call) = fleet.open_calls().next().unwrap();
    assert_eq!((place, call), (0, Call::Look));
    let command = Command::GiveUp(0);
    let what = What::Commanded { command };
    fleet
        .apply(&Event {
            at: Time(1_700_000_009),
            what,
        })
        .unwrap();
    fleet.records()[0].clone()
}

#[test]
fn values_come_back_as_they_were() {
    let (member, record) = (member(), record());
    assert_eq!(decode::<Member>(&encode(&member)).unwrap(), member);
    assert_eq!(decode::<Record>(&encode(&record)).unwrap(), record);
    let user = User {
        id: member.id,
        module: Some(ModuleHash([7; 32])),
        created: 5,
    };
    assert_eq!(decode::<User>(&encode(&user)).unwrap(), user);
    assert_eq!(encode(&user).len(), 1 + 11 + 33 + 1);
}

/// A change of the engine's types that changes these bytes needs a new version of the collection.
#[test]
fn the_bytes_of_today_are_read_for_good() {
    let hex = |bytes: Vec<u8>| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
    assert_eq!(hex(encode(&member())), GOLDEN_MEMBER);
    assert_eq!(hex(encode(&record())), GOLDEN_RECORD);
}

const GOLDEN_MEMBER: &str = "010a09090909090909090909030000";
const GOLDEN_RECORD: &str = "010002021308676976656e20757000000000000000000000000000000080e2cfaa0600000000000080e2cfaa0689e2cfaa06\
    011308676976656e207570";

#[test]
fn bytes_that_are_no_value_are_told() {
    let bytes = encode(&record());
    for cut in 0..bytes.len() {
        assert!(decode::<Record>(&bytes[..cut]).is_err(), "{cut}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(
        decode::<Record>(&longer),
        Err(DecodeError::Trailing { .. })
    ));
    let mut newer = bytes;
    newer[0] = 9;
    assert!(matches!(
        decode::<Record>(&newer),
        Err(DecodeError::Version { .. })
    ));
}
