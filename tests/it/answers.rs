//! What the deployed canister answered is what every release answers.

use candid::{IDLArgs, IDLValue, Principal};
use canister_host::Module;
use scenarios::modules::{RELEASE_0, RELEASE_1, RELEASE_2};
use scenarios::{Subject, fixtures};

/// The owner of the canister that the fixture was taken from, who asked.
const OWNER: &str = "rwlgt-iiaaa-aaaaa-aaaaa-cai";

/// A question and its answer, as `legacy-small.answers.txt` has them: `## method (args)`, then
/// `method -> (values)`.
struct Recorded {
    method: String,
    args: IDLArgs,
    answer: IDLArgs,
}

fn recorded(text: &str) -> Vec<Recorded> {
    let parse = |text: &str| candid_parser::parse_idl_args(text).expect("Candid text");
    let blocks = text.split("## ").skip(1);
    let blocks = blocks.map(|block| {
        let (question, answer) = block.split_once('\n').expect("an answer");
        let (method, args) = question.split_once(' ').expect("an argument");
        let (_, answer) = answer.split_once("->").expect("an arrow");
        Recorded {
            method: method.to_owned(),
            args: numbered(parse(args)),
            answer: settled(parse(answer)),
        }
    });
    blocks.collect()
}

/// The arguments are numbered posts and pages, written without their type: nat64, all of them.
fn numbered(mut args: IDLArgs) -> IDLArgs {
    for value in &mut args.args {
        if let IDLValue::Number(digits) = value {
            *value = IDLValue::Nat64(digits.parse().expect("a number"));
        }
    }
    args
}

/// Lists of principals are sets, and come in no fixed order; an absent option is `null` in text.
fn settled(mut args: IDLArgs) -> IDLArgs {
    fn settle(value: &mut IDLValue) {
        match value {
            IDLValue::None => *value = IDLValue::Null,
            IDLValue::Opt(inner) => settle(inner),
            IDLValue::Record(fields) => fields.iter_mut().for_each(|field| settle(&mut field.val)),
            IDLValue::Variant(variant) => settle(&mut variant.0.val),
            IDLValue::Vec(items) => {
                items.iter_mut().for_each(settle);
                if items
                    .iter()
                    .all(|item| matches!(item, IDLValue::Principal(_)))
                {
                    items.sort_by_key(|item| item.to_string());
                }
            }
            _ => {}
        }
    }
    args.args.iter_mut().for_each(settle);
    args
}

fn answers_as_recorded(subject: &mut Subject, recorded: &[Recorded]) {
    let owner = Principal::from_text(OWNER).unwrap();
    for Recorded {
        method,
        args,
        answer,
    } in recorded
    {
        let args = args.to_bytes().unwrap();
        let reply = subject
            .lone
            .host
            .query(subject.lone.id, owner, method, &args);
        let reply = reply.unwrap_or_else(|reject| panic!("{method}: {reject}"));
        let found = settled(IDLArgs::from_bytes(&reply.bytes).unwrap());
        assert_eq!(&found, answer, "{method}");
    }
}

#[test]
fn every_release_answers_as_the_deployed_canister_did() {
    let (Some(memory), Some(path)) = (
        fixtures::memory("legacy-small"),
        fixtures::path("legacy-small.answers.txt"),
    ) else {
        return;
    };
    let recorded = recorded(&std::fs::read_to_string(path).unwrap());
    assert!(recorded.len() > 40, "{} recorded answers", recorded.len());
    let mut subject = Subject::with_memory(&RELEASE_0, &memory);
    subject.upgrade_skipping(&RELEASE_0).unwrap();
    answers_as_recorded(&mut subject, &recorded);
    let stages: [&Module; 4] = [&RELEASE_1, &RELEASE_1, &RELEASE_2, &RELEASE_2];
    for release in stages {
        subject.upgrade(release).unwrap();
        answers_as_recorded(&mut subject, &recorded);
    }
}

#[test]
fn the_naive_memory_answers_as_the_deployed_canister_did() {
    let (Some(memory), Some(path)) = (
        fixtures::memory("naive-small"),
        fixtures::path("legacy-small.answers.txt"),
    ) else {
        return;
    };
    let recorded = recorded(&std::fs::read_to_string(path).unwrap());
    let mut subject = Subject::with_memory(&RELEASE_2, &memory);
    subject.upgrade_skipping(&RELEASE_2).unwrap();
    answers_as_recorded(&mut subject, &recorded);
}
