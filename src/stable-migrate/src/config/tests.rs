use std::path::Path;

use canister_host::{Prices, QUOTED_NODES};

use super::*;

const PATH: &str = "prices.toml";

fn parse(text: &str) -> std::result::Result<Config, String> {
    Config::parse(text, Path::new(PATH))
}

#[test]
fn the_defaults_are_those_of_the_host_and_have_a_source_and_a_date() {
    let config = Config::default();
    assert_eq!(config.prices(), Prices::default());
    assert_eq!(config.prices().nodes, QUOTED_NODES);
    let assumptions = config.assumptions();
    assert_eq!(assumptions.len(), KEYS.len() - 2, "all but the cache");
    for assumption in assumptions {
        let ValueSource::Default { source, date } = assumption.origin else {
            panic!("{} is no default", assumption.key);
        };
        assert!(!source.is_empty() && date.len() == "2026-11".len());
    }
}

#[test]
fn a_file_comes_before_the_default_and_an_argument_before_the_file() {
    let mut config =
        parse("[prices]\ngib-second = 317_500\nmessage = 7\n[network]\nnodes = 28").unwrap();
    config.set_price("message=9").unwrap();
    config.set_nodes(34).unwrap();
    let prices = config.prices();
    assert_eq!(
        (prices.gib_second, prices.message, prices.nodes),
        (317_500, 9, 34)
    );
    assert_eq!(prices.installation, Prices::default().installation);
    let origin = |key: &str| {
        let mut found = config.assumptions().into_iter();
        found.find(|one| one.key == key).unwrap().origin.text()
    };
    assert_eq!(origin("prices.gib-second"), "from \"prices.toml\"");
    assert_eq!(origin("prices.message"), "argument");
    assert!(origin("prices.installation").starts_with("default, "));
}

#[test]
fn what_is_printed_is_a_file_that_says_the_same() {
    let mut config = parse("[cache]\nfolder = \"/a \\\"b\\\"\"\nsize = \"1GiB\"").unwrap();
    config.set_price("gib-second=1").unwrap();
    let again = parse(&config.to_toml()).unwrap();
    assert_eq!(again.prices(), config.prices());
    assert_eq!(again.network(), config.network());
    assert_eq!(again.cache_folder(), Some(Path::new("/a \"b\"")));
    assert_eq!(again.cache_bytes(), 1 << 30);
    assert_eq!(
        parse(&Config::default().to_toml()).unwrap().cache_folder(),
        None
    );
}

#[test]
fn a_key_that_is_not_known_is_refused_with_the_nearest() {
    for (text, nearest) in [
        ("[prices]\ngib-secnd = 1", "prices.gib-second"),
        ("[prices]\nmesage = 1", "prices.message"),
        (
            "[network]\ninstal-instructions = 1",
            "network.install-instructions",
        ),
        ("[prcies]\nmessage = 1", "prices."),
        ("nodes = 13", "network.nodes"),
        ("[cahce]", "cache."),
    ] {
        let reason = parse(text).unwrap_err();
        assert!(reason.contains("there is no key"), "{text}: {reason}");
        assert!(reason.contains(nearest), "{text}: {reason}");
    }
    let reason = parse("[prices]\nzzz = 1").unwrap_err();
    assert!(reason.contains("stable-migrate config"), "{reason}");
}

#[test]
fn a_value_that_cannot_be_is_refused() {
    for (text, wrong) in [
        ("[network]\nnodes = 0", "from 1 to 10000"),
        ("[network]\nnodes = -3", "from 1 to 10000"),
        ("[network]\nround-instructions = 0", "from 1 to"),
        ("[prices]\nmessage = 1.5", "a whole number"),
        ("[prices]\nmessage = \"many\"", "a whole number"),
        ("[cache]\nsize = -1", "negative"),
        ("[cache]\nsize = \"much\"", "not a number of bytes"),
        ("[cache]\nfolder = 7", "the path of a folder"),
        ("prices = 7", "there is no key"),
        ("[prices]\n\nmessage = ", "line 3"),
        ("[prices]\nmessage = 1\nmessage = 2", "line 3"),
    ] {
        let reason = parse(text).unwrap_err();
        assert!(reason.contains(wrong), "{text}: {reason}");
    }
    let mut config = Config::default();
    for text in ["message", "message=", "message=-1", "message=x", "folder=1"] {
        assert!(config.set_price(text).is_err(), "{text}");
    }
    assert_eq!(config, Config::default(), "nothing was taken over");
}
