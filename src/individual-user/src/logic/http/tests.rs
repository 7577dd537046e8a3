use super::{Answer, Asked, is_raw};

fn of_host(name: &str, host: &str) -> Vec<(String, String)> {
    vec![("accept".into(), "*/*".into()), (name.into(), host.into())]
}

#[test]
fn the_path_and_the_method_decide_what_is_asked_for() {
    for (method, url, asked) in [
        ("GET", "/", Asked::Overview),
        ("HEAD", "/?x=/metrics", Asked::Overview),
        ("GET", "/metrics?x=1#y", Asked::Metrics),
        ("GET", "/metrics/", Asked::Nothing),
        ("GET", "//", Asked::Nothing),
        ("GET", "", Asked::NoAddress),
        ("GET", "https://example.org/", Asked::NoAddress),
        ("POST", "/", Asked::AnotherMethod),
        ("get", "/", Asked::AnotherMethod),
    ] {
        assert_eq!(Asked::of(method, url), asked, "{method} {url}");
    }
}

#[test]
fn a_raw_domain_is_told_by_the_second_label_of_the_host() {
    assert!(is_raw(&of_host("host", "aaaaa-aa.raw.icp0.io")));
    assert!(is_raw(&of_host("Host", "aaaaa-aa.raw.localhost:4943")));
    for host in ["aaaaa-aa.icp0.io", "raw.example.org", "localhost:4943", ""] {
        assert!(!is_raw(&of_host("host", host)), "{host}");
    }
    assert!(!is_raw(&of_host("referer", "aaaaa-aa.raw.icp0.io")));
    assert!(!is_raw(&[]));
}

#[test]
fn a_refused_method_gets_told_which_ones_are_allowed() {
    let answer = |status_code| Answer {
        status_code,
        content_type: "text/plain",
        body: Vec::new(),
    };
    let allows = |(name, _): (&str, &str)| name == "Allow";
    assert!(answer(405).headers().any(allows));
    assert!(!answer(404).headers().any(allows));
}
