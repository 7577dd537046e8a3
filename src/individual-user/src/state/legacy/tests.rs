use proptest::prelude::*;
use rmp_serde::Serializer;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{CanisterData, LegacyView};
use crate::state::State;
use crate::testing::{fixtures, strategies};

/// A MessagePack map of twelve entries.
const FIRST_BYTE: u8 = 0x8c;

fn message_pack(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::new(&mut bytes).with_struct_map();
    value.serialize(&mut serializer).expect("serializable");
    bytes
}

fn cbor(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("serializable");
    bytes
}

/// From the nested value to the state, through memory 0, and back.
fn there_and_back(data: CanisterData) -> CanisterData {
    let state = State::from(data);
    let saved = cbor(&state);
    let restored: State = ciborium::from_reader(saved.as_slice()).expect("what was saved");
    let written = message_pack(&LegacyView(&restored));
    assert_eq!(written[0], FIRST_BYTE);
    rmp_serde::from_slice(&written).expect("the legacy layout")
}

#[test]
fn deployed_memories_survive_the_state_and_come_back_as_they_were() {
    for name in ["legacy-small", "legacy-medium"] {
        let Some(data) = fixtures::legacy(name) else {
            return;
        };
        assert!(there_and_back(data.clone()) == data, "{name}");
    }
}

#[test]
fn the_naive_memory_of_2023_holds_the_legacy_value_of_before_two_upgrades_later() {
    let (Some(legacy), Some(mut naive)) = (fixtures::legacy("legacy-small"), fixtures::naive())
    else {
        return;
    };
    assert_eq!(naive.version_details.version_number, 2);
    naive.version_details = legacy.version_details;
    assert!(naive == legacy);
}

#[test]
fn the_streamed_layout_is_as_long_as_the_deployed_one() {
    let (Some(memory), Some(data)) = (
        fixtures::memory("legacy-medium"),
        fixtures::legacy("legacy-medium"),
    ) else {
        return;
    };
    let mut rest = memory.as_slice();
    let mut deserializer = rmp_serde::Deserializer::new(&mut rest);
    IgnoredAny::deserialize(&mut deserializer).expect("the legacy layout");
    let deployed = memory.len() - rest.len();
    assert_eq!(
        message_pack(&LegacyView(&State::from(data))).len(),
        deployed
    );
}

#[test]
fn a_field_that_is_not_known_is_an_error_and_not_dropped() {
    #[derive(Serialize)]
    struct Later {
        version_number: u64,
        version: String,
    }
    let bytes = message_pack(&Later {
        version_number: 1,
        version: "v1".to_owned(),
    });
    let error = rmp_serde::from_slice::<super::VersionDetails>(&bytes).expect_err("unknown field");
    assert!(error.to_string().contains("version"), "{error}");
}

proptest! {
    #[test]
    fn any_legacy_value_survives_the_state_and_comes_back_as_it_was(data in strategies::canister_data()) {
        prop_assert_eq!(there_and_back(data.clone()), data);
    }

    #[test]
    fn the_view_writes_the_very_bytes_of_the_nested_value(data in strategies::canister_data()) {
        let nested = (message_pack(&data), cbor(&data));
        let state = State::from(data);
        prop_assert_eq!(message_pack(&LegacyView(&state)), nested.0);
        prop_assert_eq!(cbor(&LegacyView(&state)), nested.1);
    }
}
