use super::*;

fn blocks(markdown: &str) -> Vec<Block> {
    Runbook::parse(markdown).unwrap().blocks
}

fn refusal(markdown: &str) -> String {
    Runbook::parse(markdown).unwrap_err().to_string()
}

#[test]
fn the_runbooks_of_fleets_run_all_of_their_blocks() {
    for (markdown, blocks) in [
        (include_str!("../../../../../migrations/INDEX.md"), 9),
        (include_str!("../../../../../migrations/FLEET.md"), 5),
    ] {
        let runbook = Runbook::parse(markdown).unwrap();
        assert!(runbook.blocks.len() >= blocks);
        let run = |block: &Block| matches!(block.fate, Fate::Run(_));
        assert!(runbook.blocks.iter().all(run));
    }
}

#[test]
fn a_runbook_is_divided_by_its_headings() {
    let text = ["One", "Two", "Two", "Three"]
        .map(|heading| format!("# {heading}\n```sh run\nx\n```\n"))
        .concat();
    let runbook = Runbook::parse(&text).unwrap();
    let headings = |part: Runbook| -> Vec<String> {
        part.blocks.into_iter().map(|block| block.heading).collect()
    };
    assert_eq!(headings(runbook.under("Two")), ["Two", "Two"]);
    assert_eq!(headings(runbook.up_to("Two")), ["One", "Two", "Two"]);
    assert_eq!(headings(runbook.behind("Two")), ["Three"]);
    assert_eq!(headings(runbook.behind("Three")), [""; 0]);
}

#[test]
fn blocks_come_in_order_with_their_heading_and_line() {
    let found = blocks("# One\n\n```sh run\nfirst\n```\n\n## Two\n```sh run\nsecond\nthird\n```\n");
    let shown: Vec<_> = found
        .iter()
        .map(|block| (block.heading.as_str(), block.line, block.text.as_str()))
        .collect();
    assert_eq!(
        shown,
        [("One", 4, "first\n"), ("Two", 9, "second\nthird\n")]
    );
}

#[test]
fn a_mark_says_what_is_expected() {
    let found =
        blocks("```sh run refused=\"install release 2\" stage=\"1 over 2\" of=COPY\nx\n```\n");
    let Fate::Run(expected) = &found[0].fate else {
        panic!("not run");
    };
    assert_eq!(expected.refused.as_deref(), Some("install release 2"));
    assert_eq!(expected.prints, None);
    let stage = expected.stage.as_ref().unwrap();
    assert_eq!(
        (stage.name.as_str(), stage.canister.as_str()),
        ("1 over 2", "COPY")
    );
}

#[test]
fn a_stage_asks_the_canister_unless_it_says_otherwise() {
    let found = blocks("```sh run stage=0\nx\n```\n");
    let Fate::Run(Expected { stage, .. }) = &found[0].fate else {
        panic!("not run");
    };
    assert_eq!(stage.as_ref().unwrap().canister, "CANISTER");
}

#[test]
fn what_a_command_prints_is_no_block() {
    assert_eq!(blocks("```text\nlooks like this\n```\n"), []);
}

#[test]
fn commands_of_dfx_are_shown_only() {
    let found = blocks(
        "```sh dfx not-run\ndfx canister install x \\\n  --mode upgrade\ndfx canister stop x\n```\n",
    );
    assert_eq!(found[0].fate, Fate::Shown);
}

#[test]
fn nothing_hides_among_the_commands_of_dfx() {
    let said = refusal("```sh dfx not-run\ndfx canister stop x\nicp canister stop x\n```\n");
    assert!(
        said.contains("`icp canister stop x` is no command of dfx"),
        "{said}"
    );
}

#[test]
fn a_block_that_is_neither_run_nor_marked_is_an_error() {
    for words in ["", "sh", "bash", "sh not-run"] {
        let said = refusal(&format!("a\n```{words}\nx\n```\n"));
        assert!(
            said.contains("line 2") && said.contains("is not run"),
            "{said}"
        );
    }
}

#[test]
fn a_mark_that_is_not_known_is_an_error() {
    assert!(refusal("```sh run expects=x\ny\n```\n").contains("there is no mark expects"));
    assert!(refusal("```sh run twice\ny\n```\n").contains("`twice` is no mark"));
    assert!(refusal("```sh run prints=\"x\ny\n```\n").contains("is no mark"));
}

#[test]
fn a_block_without_an_end_is_an_error() {
    assert!(refusal("```sh run\nx\n").contains("has no end"));
}
