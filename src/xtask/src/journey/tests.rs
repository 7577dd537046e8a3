use super::*;
use canister_scenario::Step;

/// A canister that answers one question, with this balance, and accepts a new display name.
fn canister(balance: u8) -> Module {
    let text = format!(
        r#"(module
            (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
            (import "ic0" "msg_reply" (func $reply))
            (memory 1)
            (data (i32.const 0) "DIDL\00\01\78\{balance:02x}\00\00\00\00\00\00\00")
            (func (export "canister_query get_utility_token_balance")
                (call $append (i32.const 0) (i32.const 15))
                (call $reply))
            (func (export "canister_update update_profile_display_details")
                (call $reply)))"#
    );
    Module::new(&wat::parse_str(text).unwrap()).unwrap()
}

fn releases(balances: [u8; 3]) -> Releases {
    Releases {
        modules: balances.map(canister),
        interface: "service : { get_utility_token_balance : () -> (nat64) query }".to_owned(),
    }
}

/// Nothing but a display name.
const NAME_ONLY: Fill = Fill {
    posts: 0,
    likes: 0,
    views: 0,
    shares: 0,
    bets: 0,
    followers: 0,
    rewards: 0,
    seed: 0,
};

fn names(journey: &Journey) -> Vec<&str> {
    let stages = journey.stages().iter();
    stages.map(|stage| stage.stage.as_str()).collect()
}

#[test]
fn a_generated_canister_goes_through_every_release() {
    let releases = releases([5, 5, 5]);
    let mut journey = Journey::generated(&releases, NAME_ONLY).unwrap();
    journey.go(&releases).unwrap();
    assert_eq!(
        names(&journey),
        [
            "0, filled",
            "0 again",
            "stage one: 0 → 1",
            "stage two: 1 → 2"
        ]
    );
    for stage in journey.stages() {
        assert!(stage.questions > 10);
        assert_eq!(stage.equal_answers, stage.questions);
    }
}

#[test]
fn a_lost_answer_stops_the_journey_and_is_told() {
    let releases = releases([5, 6, 6]);
    let mut journey = Journey::generated(&releases, NAME_ONLY).unwrap();
    let error = journey.go(&releases).unwrap_err();
    assert_eq!(journey.stages().len(), 3);
    let text = error.to_string();
    for part in [
        "0 → 1",
        "get_utility_token_balance",
        "before: 5",
        "after:  6",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_canister_that_answers_nothing_is_no_success() {
    let mute = Module::new(&wat::parse_str("(module (memory 1))").unwrap()).unwrap();
    let releases = Releases {
        modules: [mute.clone(), mute.clone(), mute],
        interface: String::new(),
    };
    let error = Journey::from_memory(&releases, b"\x81\xa1n\x07").err();
    assert!(matches!(error, Some(Error::Mute { .. })), "{error:?}");
}

#[test]
fn a_legacy_memory_starts_at_release_0() {
    let releases = releases([5, 5, 5]);
    let mut journey = Journey::from_memory(&releases, b"\x81\xa1n\x07").unwrap();
    journey.go(&releases).unwrap();
    assert_eq!(
        names(&journey),
        ["0, memory restored", "stage one: 0 → 1", "stage two: 1 → 2"]
    );
    assert_eq!(journey.stages()[0].layout, "legacy");
}

#[test]
fn a_memory_of_nothing_or_of_something_else_is_refused() {
    let releases = releases([5, 5, 5]);
    for (memory, told) in [(&b""[..], "empty"), (b"\xff\xd8\xff\xe0", "unrecognized")] {
        let error = Journey::from_memory(&releases, memory).err().unwrap();
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn a_call_that_is_rejected_stops_the_fill() {
    let releases = releases([5, 5, 5]);
    let calls = Fill::SMALL.steps();
    let first_post = calls.iter().find_map(|step| match step {
        Step::Call(call) if call.method == "add_post_v2" => Some(call.to_string()),
        _ => None,
    });
    let error = Journey::generated(&releases, Fill::SMALL).err().unwrap();
    assert!(error.to_string().contains(&first_post.unwrap()), "{error}");
}
