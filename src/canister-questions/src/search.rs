//! The search for questions that a canister answers: arguments made of what is known, and of what answers tell.

use std::collections::BTreeMap;

use candid::types::Type;
use candid::{IDLArgs, IDLValue, Principal};

use crate::answers::{Answer, Question, Refusal};
use crate::arguments::{encoded, longest_list, made, page};
use crate::findings::Findings;
use crate::interface::{Interface, NO_ARGUMENT};
use crate::respondent::Respondent;
use crate::words::{cut, one_line};

/// Questions that are made of the interface, for all queries together.
const QUESTIONS: usize = 1_000;

/// Questions that are made for one query, its pages apart.
const FOR_ONE: usize = 16;

/// Pages that one query is asked for.
const PAGES: usize = 100;

/// Entries that a page is asked to have.
const PAGE: u64 = 50;

/// How often one and the same reply to a query is kept.
const ALIKE: usize = 2;

/// Instructions that finding questions may take. What is found is asked again after every upgrade.
const INSTRUCTIONS: u64 = 20_000_000_000;

/// Times the arguments are made anew from what was found by then.
const ROUNDS: usize = 2;

/// Others whom a query is asked as.
const OTHERS: usize = 3;

/// Characters of a made question that are shown.
const SHOWN: usize = 160;

/// The search for questions that a canister answers.
pub struct Search<'a> {
    canister: &'a mut dyn Respondent,
    interface: &'a Interface,
    sender: Principal,
    findings: Findings,
    /// What is kept.
    pub asked: Vec<(Question, Answer)>,
    /// The encoded arguments that were tried, by query.
    pub tried: BTreeMap<String, Vec<Vec<u8>>>,
    instructions: u64,
}

impl<'a> Search<'a> {
    /// Nothing is asked yet.
    pub fn new(
        canister: &'a mut dyn Respondent,
        interface: &'a Interface,
        sender: Principal,
    ) -> Self {
        Self {
            findings: Findings::begin(canister.principals()),
            canister,
            interface,
            sender,
            asked: Vec::new(),
            tried: BTreeMap::new(),
            instructions: 0,
        }
    }

    /// Asks these queries, in rounds: each finds more to ask with. Whether their types are `known` decides what a
    /// query without an argument is.
    ///
    /// # Errors
    /// A sentence, if the canister's memory cannot be read.
    pub fn ask(&mut self, queries: &[&(String, Vec<Type>)], known: bool) -> Result<(), String> {
        let (plain, with_argument): (Vec<_>, Vec<_>) = queries
            .iter()
            .copied()
            .partition(|(_, types)| types.is_empty());
        for (query, _) in plain {
            self.ask_plain(query, known);
        }
        self.findings.search(&self.canister.memory_to_search()?);
        for _ in 0..ROUNDS {
            for (query, types) in &with_argument {
                self.ask_made(query, types);
            }
        }
        for (query, types) in &with_argument {
            self.ask_pages(query, types);
        }
        for (query, _) in queries {
            self.ask_as_others(query);
        }
        Ok(())
    }

    /// Asks a query without an argument. Where that is not known to be its type, only a reply shows that it is.
    fn ask_plain(&mut self, query: &str, known: bool) {
        let question = Question {
            sender: self.sender,
            method: query.to_owned(),
            argument: NO_ARGUMENT.to_vec(),
            text: format!("{query} ()"),
        };
        let answer = self.put(&question);
        if known || matches!(answer, Answer::Reply(_)) {
            self.asked.push((question, answer));
        }
    }

    /// Asks a query with the arguments that can be made now, and keeps what tells something.
    fn ask_made(&mut self, query: &str, types: &[Type]) {
        for argument in made(self.interface.types(), types, &self.findings) {
            if self.of(query).count() >= FOR_ONE || !self.goes_on() {
                return;
            }
            let Some(question) = self.question(query, types, &argument) else {
                continue;
            };
            let answer = self.put(&question);
            let alike = self.of(query).filter(|(_, kept)| *kept == answer).count();
            let keep = match &answer {
                Answer::Reply(_) => alike < ALIKE,
                // It may be refused otherwise, or answered, after an upgrade; once is enough to see that.
                Answer::Refused(Refusal { trapped, .. }) => !trapped && alike == 0,
            };
            if keep {
                self.asked.push((question, answer));
            }
        }
    }

    /// Asks a query that takes two numbers for page after page, to the end, from the argument that got the longest
    /// list: as `from` and `limit`; where that does not lead anywhere, as `from` and `to`.
    fn ask_pages(&mut self, query: &str, types: &[Type]) {
        let entries = |(question, answer): &(Question, Answer)| {
            let Answer::Reply(bytes) = answer else {
                return None;
            };
            let values = self.interface.reply(query, bytes).ok()?.args;
            Some((longest_list(&values), question.argument.clone()))
        };
        let richest = self
            .of(query)
            .filter_map(entries)
            .max_by_key(|(entries, _)| *entries);
        let Some((_, argument)) = richest else {
            return;
        };
        let types_of = self.interface.types();
        let Ok(argument) = IDLArgs::from_bytes_with_types(&argument, types_of, types) else {
            return;
        };
        for ranges in [false, true] {
            // As ranges, the first page is the one that was asked for already.
            let (mut from, mut pages) = if ranges { (PAGE, 1) } else { (0, 0) };
            while pages < PAGES && self.goes_on() {
                let second = if ranges { from + PAGE } else { PAGE };
                let Some(argument) = page(&argument.args, from, second) else {
                    return;
                };
                let Some(question) = self.question(query, types, &argument) else {
                    break;
                };
                let answer = self.put(&question);
                let Answer::Reply(bytes) = &answer else {
                    break;
                };
                let entries = self.interface.reply(query, bytes);
                let entries = entries.map_or(0, |reply| longest_list(&reply.args));
                if self
                    .of(query)
                    .all(|(asked, _)| asked.argument != question.argument)
                {
                    self.asked.push((question, answer));
                }
                if entries == 0 {
                    break;
                }
                pages += 1;
                from += if ranges { PAGE } else { entries };
            }
            if pages > 1 {
                return;
            }
        }
    }

    /// Asks a query what it was asked first, as others whom the state names, and keeps what they are told otherwise.
    fn ask_as_others(&mut self, query: &str) {
        let Some((first, _)) = self.of(query).next() else {
            return;
        };
        let first = first.clone();
        let known = self.canister.principals();
        let others = self.findings.principals.iter().copied();
        let others: Vec<_> = others
            .filter(|other| !known.contains(other))
            .take(OTHERS)
            .collect();
        for sender in others {
            if !self.goes_on() {
                return;
            }
            let question = Question {
                sender,
                text: format!("as {sender} {}", first.text),
                ..first.clone()
            };
            let answer = self.put(&question);
            let trapped = matches!(&answer, Answer::Refused(refusal) if refusal.trapped);
            if !trapped && self.of(query).all(|(_, kept)| *kept != answer) {
                self.asked.push((question, answer));
            }
        }
    }

    /// The questions that are kept for a query.
    fn of<'b>(&'b self, query: &'b str) -> impl Iterator<Item = &'b (Question, Answer)> {
        self.asked
            .iter()
            .filter(move |(question, _)| question.method == query)
    }

    fn goes_on(&self) -> bool {
        self.asked.len() < QUESTIONS && self.instructions < INSTRUCTIONS
    }

    /// A question that was not tried yet.
    fn question(&mut self, query: &str, types: &[Type], argument: &[IDLValue]) -> Option<Question> {
        let bytes = encoded(self.interface, types, argument)?;
        let tried = self.tried.entry(query.to_owned()).or_default();
        if tried.contains(&bytes) {
            return None;
        }
        tried.push(bytes.clone());
        let shown = IDLArgs::new(argument).to_string();
        Some(Question {
            sender: self.sender,
            method: query.to_owned(),
            argument: bytes,
            text: cut(&format!("{query} {}", one_line(&shown)), SHOWN),
        })
    }

    /// Asks, and takes up what the reply names.
    fn put(&mut self, question: &Question) -> Answer {
        let (answer, instructions) = self.canister.ask(question);
        self.instructions += instructions;
        if let Answer::Reply(bytes) = &answer
            && let Ok(reply) = self.interface.reply(&question.method, bytes)
        {
            self.findings.learn(&reply);
        }
        answer
    }
}
