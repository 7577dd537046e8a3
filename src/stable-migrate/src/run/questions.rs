//! The questions of a rehearsal: every query without an argument, and the calls of a file.

use candid::Principal;
use serde::Serialize;

use super::answers::{Answer, Comparison, Difference, Question, compare};
use super::calls::parse_calls;
use super::canister::Canister;
use super::interface::{Interface, NO_ARGUMENT};
use super::migration::REPORTS;

/// Questions, and what a canister answered to them first.
pub struct Questionnaire {
    interface: Interface,
    asked: Vec<(Question, Answer)>,
    left_out: Vec<String>,
}

/// How the answers were the second time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Questions asked.
    pub asked: u64,
    /// Answers that say the same with the elements of a list in another order.
    pub in_other_order: u64,
    /// Answers that say something else.
    pub different: Vec<Difference>,
}

impl Questionnaire {
    /// Asks `canister`, whose module says which queries take no argument; of one that does not say, every query
    /// that answers without one is taken. `calls` is the text of a file of calls. Queries of `left_out` and those
    /// that report on memory are not asked.
    ///
    /// # Errors
    /// A sentence for a call that cannot be read.
    pub fn begin(
        canister: &mut Canister,
        sender: Principal,
        calls: Option<&str>,
        left_out: &[String],
    ) -> Result<Self, String> {
        let module = canister.module()?;
        let interface = Interface::of(&module);
        let declared = interface.plain_queries();
        let certain = declared.is_some();
        let all = || module.queries().map(str::to_owned).collect();
        let is_left_out =
            |name: &String| left_out.contains(name) || REPORTS.contains(&name.as_str());
        let (unasked, plain): (Vec<String>, Vec<String>) = declared
            .unwrap_or_else(all)
            .into_iter()
            .partition(is_left_out);
        let question = |method: String| Question {
            sender,
            text: format!("{method} ()"),
            method,
            argument: NO_ARGUMENT.to_vec(),
        };
        let mut asked = Vec::new();
        for question in plain.into_iter().map(question) {
            let answer = canister.ask(&question);
            if certain || matches!(answer, Answer::Reply(_)) {
                asked.push((question, answer));
            }
        }
        for question in parse_calls(calls.unwrap_or_default(), &interface, sender)? {
            let answer = canister.ask(&question);
            asked.push((question, answer));
        }
        Ok(Self {
            interface,
            asked,
            left_out: unasked,
        })
    }

    /// How many questions there are.
    pub fn len(&self) -> u64 {
        self.asked.len() as u64
    }

    /// Queries that are there and are not asked.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Asks again and compares.
    pub fn compare(&self, canister: &mut Canister) -> Compared {
        let mut compared = Compared {
            asked: self.len(),
            ..Compared::default()
        };
        for (question, before) in &self.asked {
            let after = canister.ask(question);
            let decode = |bytes: &[u8]| self.interface.reply(&question.method, bytes);
            match compare(question, before, &after, decode) {
                Comparison::Same => {}
                Comparison::OtherOrder => compared.in_other_order += 1,
                Comparison::Different(difference) => compared.different.push(difference),
            }
        }
        compared
    }
}
