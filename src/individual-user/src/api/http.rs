//! The canister's page at `/` and `/metrics` for Prometheus, over the HTTP gateway.
//!
//! A query is answered by one node, which could make anything up, so the gateway does not pass a query's answer on unless a
//! certificate comes with it. What is told here is another at every moment, so no certificate could be kept ready for it:
//! the query asks the gateway to call [`http_request_update`] instead, whose answer the subnet agrees on and certifies.
//! On the `raw` domains the gateway checks nothing. There the query answers at once: for watching, not for deciding.
//! Whoever says `raw` in the header of another domain gets an answer without a certificate, which the gateway there refuses.
//!
//! An update call costs the canister cycles, and anybody may make one, as of every other update method. The page takes 2 M
//! instructions, the metrics 1.3 M, an error 0.3 M, so that an answer costs about 9 M cycles on 13 nodes, most of them the
//! network's own fee for a call: one each minute is 4.7 T in a year. A monitor asks a `raw` domain, which costs nothing.

use candid::CandidType;
use serde::Deserialize;
use serde_bytes::ByteBuf;

use super::memory::pages;
use crate::logic::http::{self, Asked};
use crate::logic::memory::Vitals;
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
    /// True if the gateway is to make an update call of the request, and to pass on what that answers.
    pub upgrade: Option<bool>,
}

#[ic_cdk::query]
fn http_request(request: HttpRequest) -> HttpResponse {
    if http::is_raw(&request.headers) {
        return answer(&request);
    }
    HttpResponse {
        status_code: 200,
        headers: Vec::new(),
        body: ByteBuf::new(),
        upgrade: Some(true),
    }
}

/// The same request as an update call, whose answer is certified.
#[ic_cdk::update]
fn http_request_update(request: HttpRequest) -> HttpResponse {
    answer(&request)
}

fn answer(request: &HttpRequest) -> HttpResponse {
    let asked = Asked::of(&request.method, &request.url);
    let vitals = Vitals {
        canister: ic_cdk::api::canister_self(),
        pages: pages(),
        cycles: ic_cdk::api::canister_cycle_balance(),
        now: ic_cdk::api::time(),
    };
    let answer = state::with_store(|store| http::answer(asked, release::running(), store, vitals));
    let headers = answer.headers();
    let named = headers.map(|(name, value)| (name.into(), value.into()));
    HttpResponse {
        status_code: answer.status_code,
        headers: named.collect(),
        body: ByteBuf::from(match request.method.as_str() {
            "HEAD" => Vec::new(),
            _ => answer.body,
        }),
        upgrade: None,
    }
}
