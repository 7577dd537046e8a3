use super::*;
use candid::{encode_args, encode_one};

#[derive(CandidType)]
struct Odd<T> {
    profile_owner: T,
}

#[derive(CandidType)]
enum Part {
    NoSuchPart,
}

#[derive(CandidType)]
struct OddParts {
    known_principal_ids: Option<Vec<(Part, Principal)>>,
}

fn owner(bytes: &[u8]) -> Option<Principal> {
    read(bytes).unwrap().unwrap().profile_owner
}

#[test]
fn nothing_may_be_given() {
    for nothing in [
        Vec::new(),
        encode_args(()).unwrap(),
        encode_one(None::<IndividualUserTemplateInitArgs>).unwrap(),
    ] {
        assert!(read(&nothing).unwrap().is_none());
    }
}

#[test]
fn a_record_may_be_given_with_or_without_its_option() {
    let args = IndividualUserTemplateInitArgs {
        profile_owner: Some(Principal::anonymous()),
        upgrade_version_number: Some(3),
        ..Default::default()
    };
    for bytes in [encode_one(&args).unwrap(), encode_one(Some(&args)).unwrap()] {
        assert_eq!(owner(&bytes), Some(Principal::anonymous()));
    }
}

#[test]
fn a_field_may_be_left_out_or_be_null_or_come_without_its_option() {
    #[derive(CandidType)]
    struct Nothing {}
    assert_eq!(owner(&encode_one(Nothing {}).unwrap()), None);
    let null = Odd {
        profile_owner: None::<Principal>,
    };
    assert_eq!(owner(&encode_one(null).unwrap()), None);
    let bare = Odd {
        profile_owner: Principal::anonymous(),
    };
    assert_eq!(
        owner(&encode_one(bare).unwrap()),
        Some(Principal::anonymous())
    );
}

#[test]
fn what_is_no_record_is_refused() {
    for bytes in [
        encode_one("profile").unwrap(),
        encode_one(42_u64).unwrap(),
        encode_one(vec![1_u8]).unwrap(),
    ] {
        assert_eq!(read(&bytes).unwrap_err(), ArgumentError::NoRecord);
    }
}

#[test]
fn a_field_of_another_type_is_refused_by_name() {
    let text = Odd {
        profile_owner: "somebody",
    };
    let optional_text = Odd {
        profile_owner: Some("somebody"),
    };
    for bytes in [
        encode_one(text).unwrap(),
        encode_one(optional_text).unwrap(),
    ] {
        assert_eq!(
            read(&bytes).unwrap_err(),
            ArgumentError::Field("profile_owner")
        );
    }
    let parts = OddParts {
        known_principal_ids: Some(vec![(Part::NoSuchPart, Principal::anonymous())]),
    };
    assert_eq!(
        read(&encode_one(parts).unwrap()).unwrap_err(),
        ArgumentError::Field("known_principal_ids")
    );
}

#[test]
fn what_is_no_candid_is_refused() {
    for bytes in [b"DID".as_slice(), b"DIDL", b"profile", b"DIDL\x00\x01\x71"] {
        let error = read(bytes).unwrap_err();
        assert!(matches!(error, ArgumentError::Unreadable(_)), "{error}");
    }
}
