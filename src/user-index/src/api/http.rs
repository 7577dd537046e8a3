//! `/metrics` for Prometheus, over the HTTP gateway: counts, and no canister by name.

use candid::CandidType;
use fleet::Fleet;
use ic_metrics_encoder::MetricsEncoder;
use ic_stable_structures::{DefaultMemoryImpl, Memory};
use serde::Deserialize;
use serde_bytes::ByteBuf;

use crate::driver;

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
    let (status_code, content_type, body) = match path {
        "/metrics" => match metrics() {
            Ok(text) => (200, "text/plain; version=0.0.4", text),
            Err(error) => (500, "text/plain", error.to_string().into_bytes()),
        },
        _ => (
            404,
            "text/plain",
            b"only /metrics is served here\n".to_vec(),
        ),
    };
    HttpResponse {
        status_code,
        headers: vec![("Content-Type".into(), content_type.into())],
        body: ByteBuf::from(body),
    }
}

fn metrics() -> std::io::Result<Vec<u8>> {
    let mut text = MetricsEncoder::new(Vec::new(), (ic_cdk::api::time() / 1_000_000) as i64);
    let cycles = ic_cdk::api::canister_liquid_cycle_balance();
    text.encode_gauge("cycles", cycles as f64, "Cycles that the index may use")?;
    let pages = DefaultMemoryImpl::default().size();
    text.encode_gauge(
        "stable_pages",
        pages as f64,
        "Stable memory in pages of 64 KiB",
    )?;
    driver::with_fleet(|fleet| of_fleet(&mut text, fleet)).transpose()?;
    Ok(text.into_inner())
}

fn of_fleet(text: &mut MetricsEncoder<Vec<u8>>, fleet: &Fleet) -> std::io::Result<()> {
    let sum = fleet.tally();
    let states = [
        ("waiting", sum.waiting),
        ("active", sum.active),
        ("migrated", sum.migrated),
        ("already", sum.already),
        ("passed", sum.passed),
        ("failed", sum.failed),
        ("called_off", sum.called_off),
    ];
    let mut gauge = text.gauge_vec(
        "fleet_canisters",
        "Canisters of the plan by where they stand",
    )?;
    for (state, count) in states {
        gauge = gauge.value(&[("state", state)], count.into())?;
    }
    let head = fleet.head();
    let mut gauge = |name, value: u64, help| text.encode_gauge(name, value as f64, help);
    gauge(
        "fleet_open_calls",
        fleet.open_calls().count() as u64,
        "Calls without an answer",
    )?;
    gauge("fleet_events", head.events, "Events so far")?;
    gauge(
        "fleet_halted",
        head.halted.into(),
        "1 while too many have failed",
    )?;
    gauge("fleet_paused", head.paused.into(), "1 while it is paused")?;
    gauge(
        "fleet_finished",
        fleet.is_finished().into(),
        "1 when nothing is left to do",
    )
}
