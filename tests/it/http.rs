//! What the canister tells over the HTTP gateway: its page and its metrics.

use std::collections::BTreeSet;

use candid::{CandidType, Deserialize, decode_one, encode_one};
use canister_host::Principal;
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2, TINY};
use scenarios::{Subject, sample};

#[derive(CandidType)]
struct Request<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: &'a [u8],
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
struct Response {
    status_code: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    upgrade: Option<bool>,
}

impl Response {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

const CERTIFIED: &str = "rrkah-fqaaa-aaaaa-aaaaq-cai.icp0.io";
const RAW: &str = "rrkah-fqaaa-aaaaa-aaaaq-cai.raw.icp0.io";

fn request(method: &str, url: &str, host: &str) -> Vec<u8> {
    let request = Request {
        method,
        url,
        headers: vec![("accept", "*/*"), ("host", host)],
        body: &[],
    };
    encode_one(request).unwrap()
}

fn query(subject: &mut Subject, method: &str, url: &str, host: &str) -> Response {
    let args = request(method, url, host);
    let reply = subject
        .lone
        .query(Principal::anonymous(), "http_request", &args);
    decode_one(&reply.unwrap()).unwrap()
}

/// What a gateway passes on: what the query answers, or where that asks for it, what the update call does.
fn gateway(subject: &mut Subject, method: &str, url: &str, host: &str) -> Response {
    let response = query(subject, method, url, host);
    if response.upgrade != Some(true) {
        return response;
    }
    let args = request(method, url, host);
    let reply = subject
        .lone
        .update(Principal::anonymous(), "http_request_update", &args);
    decode_one(&reply.unwrap()).unwrap()
}

fn page(subject: &mut Subject) -> String {
    let response = gateway(subject, "GET", "/", CERTIFIED);
    assert_eq!(response.status_code, 200);
    response.text().to_owned()
}

#[test]
fn what_is_certified_comes_from_an_update_call_and_raw_is_answered_at_once() {
    let mut subject = Subject::installed(&RELEASE_2);
    for url in ["/", "/metrics", "/elsewhere"] {
        let asked = query(&mut subject, "GET", url, CERTIFIED);
        assert_eq!((asked.upgrade, asked.body.len()), (Some(true), 0), "{url}");
        let certified = gateway(&mut subject, "GET", url, CERTIFIED);
        let raw = query(&mut subject, "GET", url, RAW);
        assert_eq!((raw.upgrade, certified.upgrade), (None, None));
        assert_eq!(raw.status_code, certified.status_code);
        assert_eq!(raw.headers, certified.headers);
        // The heap may have grown by what the update call did.
        let begins = |response: &Response| response.text().lines().next().map(str::to_owned);
        assert_eq!(begins(&raw), begins(&certified), "{url}");
    }
}

#[test]
fn every_answer_says_what_it_is_and_forbids_what_it_does_not_need() {
    let mut subject = Subject::installed(&RELEASE_2);
    for (method, url, status, kind, says) in [
        (
            "GET",
            "/",
            200,
            "text/html; charset=utf-8",
            "<!doctype html>",
        ),
        (
            "GET",
            "/metrics?x=1",
            200,
            "text/plain; version=0.0.4",
            "icp_migration_",
        ),
        (
            "GET",
            "/favicon.ico",
            404,
            "text/plain; charset=utf-8",
            "/metrics",
        ),
        (
            "POST",
            "/",
            405,
            "text/plain; charset=utf-8",
            "only GET and HEAD",
        ),
        (
            "GET",
            "metrics",
            400,
            "text/plain; charset=utf-8",
            "ask for / or /metrics",
        ),
    ] {
        let response = gateway(&mut subject, method, url, CERTIFIED);
        assert_eq!(response.status_code, status, "{method} {url}");
        assert_eq!(response.header("Content-Type"), Some(kind));
        assert_eq!(response.header("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(response.header("Cache-Control"), Some("no-store"));
        let policy = response.header("Content-Security-Policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"));
        let allow = (status == 405).then_some("GET, HEAD");
        assert_eq!(response.header("Allow"), allow);
        assert!(response.text().contains(says), "{}", response.text());
    }
    let head = gateway(&mut subject, "HEAD", "/", CERTIFIED);
    assert_eq!((head.status_code, head.body.len()), (200, 0));
}

#[test]
fn the_page_follows_a_canister_through_both_stages() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    let legacy = page(&mut subject);
    assert!(legacy.contains("<title>Not adopted: ") && legacy.contains("release-1-adopt.wasm.gz"));
    subject.upgrade(&RELEASE_1).unwrap();
    let adopted = page(&mut subject);
    assert!(adopted.contains("<title>Adopted: ") && adopted.contains("individual-user.wasm.gz"));
    assert!(adopted.contains("the legacy value, "));

    subject.upgrade(&TINY).unwrap();
    subject.run_timers(20);
    let moving = page(&mut subject);
    let canister = subject.lone.id.to_text();
    assert!(moving.contains("<title>Moving: "));
    assert!(moving.contains("3.0 entries and "), "{moving}");
    assert!(moving.contains(" on the heap") && moving.contains(" left</span>"));
    subject.control("migration_pause").unwrap();
    let paused = page(&mut subject);
    assert!(paused.contains("<title>Paused: "));
    assert!(paused.contains(&format!(
        "icp canister call {canister} migration_resume &#39;()&#39;"
    )));
    subject.control("migration_resume").unwrap();
    subject.finish_move();

    let done = page(&mut subject);
    assert!(done.contains("<title>Migrated: ") && done.contains("One more upgrade"));
    subject.upgrade(&RELEASE_2).unwrap();
    let migrated = page(&mut subject);
    assert!(migrated.contains("<title>Migrated: ") && !migrated.contains("id=\"next\""));
    assert!(migrated.contains("Instructions of the pre_upgrade before it"));
    assert!(migrated.contains("the memory of release 2") && migrated.contains("Virtual memories"));
}

#[test]
fn an_answer_that_is_certified_costs_little_whoever_asks() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&TINY).unwrap();
    subject.run_timers(20);
    let (stable, heap) = (subject.stable_pages(), subject.heap_pages());
    for (url, most) in [
        ("/", 3_000_000),
        ("/metrics", 2_000_000),
        ("/elsewhere", 500_000),
    ] {
        for _ in 0..20 {
            let response = gateway(&mut subject, "GET", url, CERTIFIED);
            assert!(
                response.body.len() < 32 << 10,
                "{} bytes",
                response.body.len()
            );
            let [call] = subject.lone.host.executed() else {
                panic!("more than one message");
            };
            assert!(call.instructions < most, "{url}: {}", call.instructions);
            assert_eq!(call.dirty_stable_pages, 0);
        }
    }
    assert_eq!(subject.stable_pages(), stable);
    assert!(
        subject.heap_pages() <= heap + 2,
        "{} pages of heap",
        subject.heap_pages()
    );
}

#[test]
fn metrics_show_the_move_and_the_pages() {
    let mut subject = Subject::filled(&RELEASE_0, &sample());
    subject.upgrade(&RELEASE_1).unwrap();
    subject.upgrade(&TINY).unwrap();
    subject.run_timers(20);
    let moving = gateway(&mut subject, "GET", "/metrics", RAW);
    subject.finish_move();
    subject.upgrade(&RELEASE_2).unwrap();
    let done = gateway(&mut subject, "GET", "/metrics", RAW);
    let (moving, done) = (Figures::of(moving.text()), Figures::of(done.text()));

    assert_eq!(moving.value("entries_per_second", &[]), 3.0);
    assert!(moving.value("bytes_per_second", &[]) > 30.0);
    assert!(moving.value("left_seconds", &[]) > 10.0);
    let ratio = moving.value("done_ratio", &[]);
    assert!(ratio > 0.0 && ratio < 0.5, "{ratio}");
    assert_eq!(moving.value("phase", &[("phase", "moving")]), 1.0);

    assert_eq!(done.value("done_ratio", &[]), 1.0);
    assert_eq!(done.value("left_seconds", &[]), 0.0);
    assert_eq!(done.value("phase", &[("phase", "done")]), 1.0);
    assert_eq!(done.value("phase", &[("phase", "moving")]), 0.0);
    assert_eq!(done.value("heap_entries", &[("collection", "posts")]), 0.0);
    assert!(done.value("stable_entries", &[("collection", "posts")]) > 0.0);
    assert_eq!(done.value("release_info", &[("release", "2")]), 1.0);
    for name in [
        "ceiling_used_ratio",
        "cycles",
        "finished_timestamp_seconds",
        "heap_bytes",
        "moved_entries_total",
        "paused",
        "pre_upgrade_instructions",
        "stable_bytes",
        "started_timestamp_seconds",
        "step_instructions_total",
        "steps_total",
        "upgrade_gives_heap_back",
        "upgrades_total",
        "verified_timestamp_seconds",
        "virtual_memory_bytes",
        "virtual_memory_slack_bytes",
    ] {
        assert!(done.names.contains(name), "{name} is not told");
    }

    // What dashboard and alerts ask for is there, or is told only where a move is stuck.
    let files = [
        include_str!("../../migrations/monitoring/alerts.yml"),
        include_str!("../../migrations/monitoring/dashboard.json"),
    ];
    for file in files {
        let named = file.split("icp_migration_").skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_');
            &rest[..end.unwrap_or(rest.len())]
        });
        for name in named {
            let told = moving.names.contains(name) || done.names.contains(name);
            assert!(told || name == "stuck", "nobody tells {name}");
        }
    }
}

/// Metrics as Prometheus reads them.
struct Figures {
    samples: Vec<prometheus_parse::Sample>,
    names: BTreeSet<String>,
}

impl Figures {
    fn of(text: &str) -> Self {
        let lines = text.lines().map(|line| Ok(line.to_owned()));
        let scrape = prometheus_parse::Scrape::parse(lines).unwrap();
        let mut names = BTreeSet::new();
        for sample in &scrape.samples {
            let name = &sample.metric;
            assert!(name.starts_with("icp_migration_"), "{name}");
            assert!(scrape.docs.contains_key(name), "{name} says what it is");
            let counter = matches!(sample.value, prometheus_parse::Value::Counter(_));
            assert_eq!(counter, name.ends_with("_total"), "{name}");
            names.insert(name.trim_start_matches("icp_migration_").to_owned());
        }
        Self {
            samples: scrape.samples,
            names,
        }
    }

    fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let sample = self.samples.iter().find(|sample| {
            let mut labels = labels.iter();
            sample.metric == format!("icp_migration_{name}")
                && labels.all(|(label, of)| sample.labels.get(label) == Some(of))
        });
        match sample.map(|sample| &sample.value) {
            Some(prometheus_parse::Value::Gauge(value)) => *value,
            other => panic!("{name}: {other:?}"),
        }
    }
}
