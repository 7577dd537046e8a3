use super::*;

const UPGRADE: Call = Call::Upgrade { stage: 0 };

fn reject(code: u8, error_code: &str, text: &str) -> Reject {
    Reject {
        code,
        error_code: Reject::number(error_code),
        text: text.to_owned(),
    }
}

#[test]
fn every_error_code_has_the_class_that_the_engine_needs() {
    use Class::*;
    let cases = [
        (&UPGRADE, 5, "IC0503", "Canister called `ic0.trap`", Trapped),
        (&UPGRADE, 5, "IC0502", "heap out of bounds", Trapped),
        (&UPGRADE, 5, "IC0504", "contract violation", Trapped),
        (&UPGRADE, 5, "IC0522", "exceeded the limit", Trapped),
        (&UPGRADE, 5, "IC0539", "memory limit exceeded", Trapped),
        (&UPGRADE, 5, "IC0505", "no such import", Refused),
        (&UPGRADE, 5, "IC0512", "Only controllers can", NotController),
        (&UPGRADE, 5, "IC0537", "contains no Wasm module", NoModule),
        (&UPGRADE, 3, "IC0301", "Canister x not found", NotFound),
        (&UPGRADE, 2, "IC0207", "out of cycles", TooFewCycles),
        (&UPGRADE, 5, "IC0501", "out of cycles", TooFewCycles),
        (
            &UPGRADE,
            5,
            "IC0534",
            "reserved cycles limit",
            ReservationLimit,
        ),
        (&UPGRADE, 2, "IC0209", "is rate limited", RateLimited),
        (&Call::Stop, 2, "IC0206", "stop timed out", DoesNotStop),
        (&Call::Stop, 5, "IC0511", "cancelled", Transient),
        (&Call::Look, 1, "IC0204", "history full", Transient),
        (
            &Call::TakeSnapshot,
            4,
            "IC0402",
            "maximum of 10 snapshots",
            SnapshotsFull,
        ),
        (&UPGRADE, 4, "IC0402", "no memory for a snapshot", Refused),
        (
            &Call::TakeSnapshot,
            5,
            "IC0510",
            "must be stopped",
            Interfered,
        ),
        (&Call::Verify, 3, "IC0302", "no query method", WrongAnswers),
        (&Call::Verify, 5, "IC0536", "no query method", WrongAnswers),
        (&Call::Verify, 5, "IC0503", "trapped", WrongAnswers),
        (&Call::Progress, 5, "IC0508", "is stopped", Interfered),
    ];
    for (call, code, error_code, text, expected) in cases {
        let found = reject(code, error_code, text).class(call);
        assert_eq!(found, expected, "{error_code} {text}");
    }
}

#[test]
fn without_a_known_error_code_words_decide_and_then_the_reject_code() {
    use Class::*;
    let cases = [
        (&Call::Look, 3, "Canister xyz not found", NotFound),
        (&Call::Look, 2, "come again", Transient),
        (
            &Call::Stop,
            2,
            "Canister xyz is out of cycles: please top up the canister",
            TooFewCycles,
        ),
        (
            &UPGRADE,
            5,
            "Canister cannot grow memory by 9 bytes due to insufficient cycles",
            TooFewCycles,
        ),
        (
            &UPGRADE,
            5,
            "Only controllers of canister xyz can call ic00 method install_code",
            NotController,
        ),
        (
            &UPGRADE,
            5,
            "Only the controllers of the canister xyz can control it: abc is none",
            NotController,
        ),
        (
            &UPGRADE,
            2,
            "Canister xyz is rate limited because of the previous install_code messages.",
            RateLimited,
        ),
        (
            &UPGRADE,
            5,
            "Error from Canister xyz: Canister called `ic0.trap` with message: 'E0012'",
            Trapped,
        ),
        (&UPGRADE, 5, "Canister's Wasm module is not valid", Refused),
        (
            &UPGRADE,
            5,
            "Error from Canister xyz: Canister has no Wasm module",
            NoModule,
        ),
        (&UPGRADE, 4, "?", Refused),
        (&UPGRADE, 1, "?", Refused),
        (
            &Call::Stop,
            4,
            "Stop canister request timed out",
            DoesNotStop,
        ),
        (
            &Call::TakeSnapshot,
            4,
            "has reached the maximum number of snapshots allowed: 10.",
            SnapshotsFull,
        ),
        (&Call::Progress, 5, "Canister xyz is stopped", Interfered),
        (&Call::Progress, 5, "Canister xyz trapped: no", WrongAnswers),
        (
            &Call::Verify,
            3,
            "Canister xyz has no query method 'migration_status'",
            WrongAnswers,
        ),
        (&Call::Start, 5, "?", Other),
        (&Call::Start, 0, "code 17", Other),
    ];
    for (call, code, text, expected) in cases {
        assert_eq!(reject(code, "", text).class(call), expected, "{text}");
        assert_eq!(reject(code, "IC0999", text).class(call), expected, "{text}");
    }
}

#[test]
fn what_a_canister_says_of_itself_does_not_decide() {
    for said in [
        "the account is frozen",
        "only controllers may",
        "rate limited",
        "does not exist",
    ] {
        let text =
            format!("Error from Canister xyz: Canister called `ic0.trap` with message: '{said}'");
        assert_eq!(
            reject(5, "", &text).class(&UPGRADE),
            Class::Trapped,
            "{said}"
        );
    }
}

#[test]
fn a_call_of_unknown_outcome_is_lost_unless_it_only_reads() {
    let unknown = reject(6, "", "deadline passed");
    assert_eq!(unknown.answer(&UPGRADE), Answer::Lost);
    let transient = Answer::Refused(Cause::new(Class::Transient, "deadline passed"));
    assert_eq!(unknown.answer(&Call::Look), transient);
}

#[test]
fn the_error_code_is_told_with_the_words() {
    let cause = Cause::new(Class::Trapped, "IC0503: no");
    assert_eq!(
        reject(5, "IC0503", "no").answer(&UPGRADE),
        Answer::Refused(cause)
    );
}

#[test]
fn no_error_code_is_listed_twice_and_words_are_in_lower_case() {
    assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(
        WORDS
            .iter()
            .all(|(words, _)| *words == words.to_lowercase())
    );
}
