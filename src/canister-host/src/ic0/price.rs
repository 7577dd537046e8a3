//! What things would cost in cycles on an application subnet of 13 nodes.

use wasmtime::Linker;

use super::{Pointer, system_call};
use crate::cost;
use crate::entry::Entries;
use crate::env::Env;
use crate::prices::CREATE_CANISTER;

/// A call: its base, both ways, with the execution reserved for the response; and a byte of it.
const CALL: u128 = 2_097_412_000;
const CALL_BYTE: u128 = 1_000;
/// An HTTPS outcall, and a byte of its request and of its response.
const HTTP_REQUEST: u128 = 49_140_000;
const HTTP_REQUEST_BYTE: u128 = 5_200;
const HTTP_RESPONSE_BYTE: u128 = 10_400;
/// A threshold signature or key derivation with a production key.
const THRESHOLD: u128 = 26_153_846_153;

pub(super) fn define<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    let (from, cost) = (Entries::ALL, cost::SYSTEM_CALL);
    system_call!(
        linker,
        "cost_call",
        from,
        cost,
        |call, name: u64, payload: u64, to: P| {
            call.give_amount(
                to,
                CALL + CALL_BYTE * (u128::from(name) + u128::from(payload)),
            )?
        }
    );
    system_call!(linker, "cost_create_canister", from, cost, |call, to: P| {
        call.give_amount(to, CREATE_CANISTER)?
    });
    system_call!(
        linker,
        "cost_http_request",
        from,
        cost,
        |call, request: u64, response: u64, to: P| {
            let bytes =
                HTTP_REQUEST_BYTE * u128::from(request) + HTTP_RESPONSE_BYTE * u128::from(response);
            call.give_amount(to, HTTP_REQUEST + bytes)?
        }
    );
    // What the parameters describe is not looked at.
    let name = "cost_http_request_v2";
    system_call!(linker, name, from, cost, |call, _at: P, _size: P, to: P| {
        call.give_amount(to, HTTP_REQUEST)?
    });
    for name in [
        "cost_sign_with_ecdsa",
        "cost_sign_with_schnorr",
        "cost_vetkd_derive_key",
    ] {
        system_call!(
            linker,
            name,
            from,
            cost,
            |call, _at: P, _size: P, _kind: u32, to: P| {
                call.give_amount(to, THRESHOLD)?;
                0u32
            }
        );
    }
    Ok(())
}
