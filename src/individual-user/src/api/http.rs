//! `/metrics` for Prometheus, over the HTTP gateway.

use candid::CandidType;
use ic_stable_migration::cdk::OrTrap;
use serde::Deserialize;
use serde_bytes::ByteBuf;

use super::memory::pages;
use crate::logic::metrics;
use crate::release;
use crate::state;

/// A request as the gateway passes it on.
#[derive(CandidType, Deserialize, Clone, Debug)]
pub struct HttpRequest {
    /// GET, and what else there is.
    pub method: String,
    /// Path and query.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: ByteBuf,
}

/// The answer to a request.
#[derive(CandidType, Deserialize, Clone, Debug)]
pub struct HttpResponse {
    /// 200 and the like.
    pub status_code: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: ByteBuf,
}

#[ic_cdk::query]
fn http_request(request: HttpRequest) -> HttpResponse {
    let path = request.url.split('?').next().unwrap_or_default();
    if path != "/metrics" {
        return response(
            404,
            "text/plain",
            b"only /metrics is served here\n".to_vec(),
        );
    }
    let vitals = metrics::Vitals {
        pages: pages(),
        cycles: ic_cdk::api::canister_cycle_balance(),
        now: ic_cdk::api::time(),
    };
    let text = state::with_store(|store| metrics::text(release::running(), store, vitals));
    response(200, "text/plain; version=0.0.4", text.or_trap())
}

fn response(status_code: u16, content_type: &str, body: Vec<u8>) -> HttpResponse {
    HttpResponse {
        status_code,
        headers: vec![("Content-Type".into(), content_type.into())],
        body: ByteBuf::from(body),
    }
}
