use super::*;
use crate::answer::Names;
use crate::call::Call;
use crate::people::owner;
use candid::{CandidType, encode_one};

#[derive(CandidType)]
struct Post {
    id: u64,
    text: Option<String>,
}

fn answers(posts: &[(u64, Option<&str>)]) -> Answers {
    let posts: Vec<Post> = posts
        .iter()
        .map(|(id, text)| Post {
            id: *id,
            text: text.map(str::to_owned),
        })
        .collect();
    let reply: Result<Vec<Post>, String> = Ok(posts);
    let names = Names::of_interface("variant { Ok : record { id : nat64; text : text } }");
    one(names.answer(&encode_one(reply).unwrap()))
}

fn one(answer: Answer) -> Answers {
    Answers {
        asked: vec![(Call::new(owner(), "get_posts", (0_u64,)), answer)],
    }
}

#[test]
fn equal_answers_have_no_difference() {
    let same = [(1, Some("a")), (2, None)];
    assert_eq!(answers(&same).first_difference(&answers(&same)), None);
    assert_eq!(answers(&same).equal(&answers(&same)), 1);
}

#[test]
fn a_difference_is_told_by_question_place_and_values() {
    let before = answers(&[(1, None), (2, Some("a"))]);
    let after = answers(&[(1, None), (2, Some("b"))]);
    let difference = before.first_difference(&after).unwrap();
    assert_eq!(
        difference.to_string(),
        "get_posts (0 : nat64)\n  at [0].Ok[1].text\n  before: \"a\"\n  after:  \"b\""
    );
    assert_eq!(before.equal(&after), 0);
}

#[test]
fn a_missing_item_is_told_by_the_numbers_of_items() {
    let difference = answers(&[(1, None), (2, None)])
        .first_difference(&answers(&[(1, None)]))
        .unwrap();
    assert_eq!(difference.path, "[0].Ok");
    assert_eq!(
        (difference.before, difference.after),
        ("2 items".into(), "1 items".into())
    );
}

#[test]
fn a_value_that_went_away_is_shown_beside_nothing() {
    let difference = answers(&[(1, Some("a"))])
        .first_difference(&answers(&[(1, None)]))
        .unwrap();
    assert_eq!(difference.after, "null");
}

#[test]
fn a_refusal_is_a_difference() {
    let refused = one(Answer::Refused("no such post".to_owned()));
    let difference = answers(&[]).first_difference(&refused).unwrap();
    assert_eq!(difference.before, "a reply of 1 values");
    assert_eq!(difference.after, "refused: no such post");
}

#[test]
fn a_question_asked_only_once_is_a_difference() {
    let none = Answers { asked: Vec::new() };
    assert!(answers(&[]).first_difference(&none).is_some());
    assert!(none.first_difference(&answers(&[])).is_some());
}

#[test]
fn a_long_value_is_shortened() {
    let long = "é".repeat(1000);
    let difference = answers(&[(1, Some(&long))])
        .first_difference(&answers(&[(1, Some("b"))]))
        .unwrap();
    assert_eq!(difference.before.chars().count(), SHOWN + 1);
}
