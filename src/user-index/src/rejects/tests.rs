use super::*;

#[test]
fn every_rejection_belongs_to_the_class_that_says_what_to_do() {
    use RejectCode::*;
    let upgrade = "install_chunked_code";
    let cases = [
        (
            "canister_status",
            DestinationInvalid,
            "Canister xyz not found",
            Class::NotFound,
        ),
        (
            "canister_status",
            SysTransient,
            "come again",
            Class::Transient,
        ),
        (
            "stop_canister",
            SysTransient,
            "Canister xyz is out of cycles: please top up the canister with at least 1 additional cycles",
            Class::TooFewCycles,
        ),
        (
            upgrade,
            CanisterError,
            "Only controllers of canister xyz can call ic00 method install_code",
            Class::NotController,
        ),
        (
            upgrade,
            CanisterError,
            "Only the controllers of the canister xyz can control it: abc is none of them ()",
            Class::NotController,
        ),
        (
            upgrade,
            SysTransient,
            "Canister xyz is rate limited because it executed too many instructions in the previous install_code messages.",
            Class::RateLimited,
        ),
        (
            upgrade,
            CanisterError,
            "Error from Canister xyz: Canister called `ic0.trap` with message: 'E0012'",
            Class::Trapped,
        ),
        (
            upgrade,
            CanisterError,
            "Canister's Wasm module is not valid",
            Class::Refused,
        ),
        (
            "stop_canister",
            CanisterReject,
            "Stop canister request timed out",
            Class::DoesNotStop,
        ),
        (
            "take_canister_snapshot",
            CanisterReject,
            "Canister xyz has reached the maximum number of snapshots allowed: 10.",
            Class::SnapshotsFull,
        ),
        (
            "migration_status",
            CanisterError,
            "Canister xyz is stopped",
            Class::Interfered,
        ),
        ("start_canister", SysFatal, "no", Class::Refused),
    ];
    for (method, code, text, expected) in cases {
        assert_eq!(
            cause(method, Some(code), text).class,
            expected,
            "{method}: {text}"
        );
    }
    assert_eq!(cause("x", None, "code 17").class, Class::Other);
}
