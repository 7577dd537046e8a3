//! Which request gets which answer.

use super::memory::Vitals;
use super::{metrics, overview};
use crate::release::Release;
use crate::state::Store;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The canister's page.
    Overview,
    /// The metrics.
    Metrics,
    /// An address that has nothing.
    Nothing,
    /// By a method that reads nothing.
    AnotherMethod,
    /// No address at all.
    NoAddress,
}

impl Asked {
    /// By the method and the url of the request. What stands behind the path does not count.
    pub fn of(method: &str, url: &str) -> Self {
        if !matches!(method, "GET" | "HEAD") {
            return Self::AnotherMethod;
        }
        match url.split(['?', '#']).next() {
            Some("/") => Self::Overview,
            Some("/metrics") => Self::Metrics,
            Some(path) if path.starts_with('/') => Self::Nothing,
            _ => Self::NoAddress,
        }
    }
}

/// An answer, without its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 200 and the like.
    pub status_code: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// What it says.
    pub body: Vec<u8>,
}

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4";

/// The answer to a request, and where there is none, a sentence that says what to do.
pub fn answer(asked: Asked, release: Option<Release>, store: &mut Store, vitals: Vitals) -> Answer {
    let told = match asked {
        Asked::Overview => match overview::html(release, store, vitals) {
            Ok(page) => Ok((HTML, page.into_bytes())),
            Err(error) => Err((500, error.to_string())),
        },
        Asked::Metrics => match metrics::text(release, store, vitals) {
            Ok(text) => Ok((PROMETHEUS, text)),
            Err(error) => Err((500, error.to_string())),
        },
        Asked::Nothing => Err((
            404,
            "there is nothing at this address: / has the page of the canister, /metrics its figures for Prometheus".into(),
        )),
        Asked::AnotherMethod => Err((
            405,
            "only GET and HEAD are answered here; call the methods of the canister to change something".into(),
        )),
        Asked::NoAddress => Err((
            400,
            "the address of a request begins with a slash: ask for / or /metrics".into(),
        )),
    };
    match told {
        Ok((content_type, body)) => Answer {
            status_code: 200,
            content_type,
            body,
        },
        Err((status_code, sentence)) => Answer {
            status_code,
            content_type: TEXT,
            body: format!("{sentence}\n").into_bytes(),
        },
    }
}

impl Answer {
    /// Its headers. Whatever it says, it fetches nothing, runs nothing, is framed nowhere and kept by nobody.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let allow = (self.status_code == 405).then_some(("Allow", "GET, HEAD"));
        let always = [
            ("Content-Type", self.content_type),
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ];
        always.into_iter().chain(allow)
    }
}

/// Whether the request came over a `raw` domain, as `CANISTER-ID.raw.icp0.io`, where the gateway checks no certificate.
pub fn is_raw(headers: &[(String, String)]) -> bool {
    let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("host");
    let host = headers.iter().find(named);
    host.is_some_and(|(_, host)| host.split('.').nth(1) == Some("raw"))
}

#[cfg(test)]
mod tests;
