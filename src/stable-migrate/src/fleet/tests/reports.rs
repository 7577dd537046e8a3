//! What is told of a run.

use super::fake::Fault;
use super::*;
use crate::Origin;
use crate::fleet::{Whole, fleet_html, fleet_text, metrics_text};

async fn told() -> (Whole, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.sqlite");
    let plan = plan(12);
    let faults = [Fault::Traps, Fault::OtherModule];
    let network = Arc::new(FakeNetwork::new(&plan, &faults));
    let mut runner = runner(&path, &plan, &network, clock()).unwrap();
    runner.run(&mut Unseen).await.unwrap();
    (
        Whole::of(&plan, runner.fleet()),
        metrics_text(runner.fleet()),
    )
}

#[tokio::test(start_paused = true)]
async fn the_page_has_no_script_and_fetches_nothing() {
    let (mut whole, _) = told().await;
    whole.canisters[0].said = Some("<script src=x>alert('no')</script>".to_owned());
    let page = fleet_html(&whole, &Origin::default());
    for forbidden in [
        "<script", "http:", "https:", "onload", "url(", "<link", "<img",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("prefers-color-scheme:dark") && page.contains("width=device-width"));
    for row in &whole.canisters {
        assert!(page.contains(&row.canister.to_text()));
    }
    // Where `cargo xtask pages` looks at it in a browser.
    if let Some(pages) = std::env::var_os("PAGES") {
        std::fs::write(std::path::Path::new(&pages).join("fleet.html"), page).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn text_and_json_name_what_needs_hands() {
    let (whole, _) = told().await;
    assert!(!whole.held && whole.at == "finished");
    let text = fleet_text(&whole);
    assert!(text.starts_with("12 canisters, finished\n"), "{text}");
    for part in [
        "10  migrated",
        "trapped (unchanged): post_upgrade trapped",
        "unknown-module",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json: serde_json::Value = serde_json::to_value(&whole).unwrap();
    assert_eq!(json["canisters"].as_array().map(Vec::len), Some(12));
    let hands = whole.canisters.iter().filter(|row| row.needs_hands);
    assert_eq!(hands.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_monitor_reads_every_state() {
    let (_, metrics) = told().await;
    for line in [
        "fleet_canisters{state=\"migrated\"} 10",
        "fleet_causes{class=\"trapped\",end=\"unchanged\"} 1",
        "fleet_finished 1",
        "fleet_stopped 0",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line}: {metrics}"
        );
    }
}
