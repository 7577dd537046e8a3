//! The questions of a rehearsal: every query of the interface, and the calls of a file.

use std::collections::BTreeMap;

use candid::types::Type;
use candid::{IDLArgs, IDLValue, Principal};
use serde::Serialize;

use super::answers::{Answer, Comparison, Difference, Question, Refusal, compare};
use super::arguments::{longest_list, made, page};
use super::calls::parse_calls;
use super::canister::Canister;
use super::findings::Findings;
use super::interface::{Interface, NO_ARGUMENT};
use super::words::{cut, one_line};

/// Queries that report on memory itself, and so answer otherwise after every upgrade.
const REPORTS: [&str; 2] = ["migration_status", "memory_report"];

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

/// What is to be asked.
#[derive(Clone, Debug)]
pub struct Asking {
    /// Who asks.
    pub sender: Principal,
    /// Text of a file of calls to ask beside what the interface offers.
    pub calls: Option<String>,
    /// Queries that are not asked.
    pub left_out: Vec<String>,
}

/// Questions, and what a canister answered to them first.
pub struct Questionnaire {
    interface: Interface,
    asked: Vec<(Question, Answer)>,
    coverage: Coverage,
}

/// How much of an interface is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Questions asked before and after.
    pub questions: u64,
    /// Queries of the interface.
    pub queries: u64,
    /// Queries of it that are asked.
    pub asked: u64,
    /// The others.
    pub not_asked: Vec<NotAsked>,
}

/// A query that is not asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotAsked {
    /// Its name.
    pub query: String,
    /// Why.
    pub reason: String,
}

/// How the answers were the second time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Questions asked.
    pub asked: u64,
    /// Answers that say the same, those in another order included.
    pub same: u64,
    /// Answers that say the same with the elements of a list in another order.
    pub in_other_order: u64,
    /// Questions that were refused both times, for the same reason.
    pub refused_alike: u64,
    /// Questions on which the canister trapped both times, for the same reason.
    pub trapped_alike: u64,
    /// Answers that say something else, refusals and traps included.
    pub different: Vec<Difference>,
}

impl Asking {
    /// Reads the calls, so that a call that cannot be asked is found before anything runs.
    ///
    /// # Errors
    /// Those of [`parse_calls`].
    pub fn check(&self, module: &canister_host::Module) -> Result<(), String> {
        self.calls(module, &Interface::of(module)).map(drop)
    }

    fn calls(
        &self,
        module: &canister_host::Module,
        interface: &Interface,
    ) -> Result<Vec<Question>, String> {
        let queries: Vec<&str> = module.queries().collect();
        let text = self.calls.as_deref().unwrap_or_default();
        parse_calls(text, interface, &queries, self.sender)
    }
}

impl Questionnaire {
    /// Asks `canister` every query of its interface: those without an argument as they are, the others with
    /// arguments made of small numbers and of what its state and its answers hold, page by page where they take two
    /// numbers, and as others whom the state names. Of a module that says nothing of its interface, every query that
    /// answers without an argument is taken. Deterministic; bounded in questions and instructions.
    ///
    /// # Errors
    /// Those of [`Asking::check`]; a sentence for a canister without a module.
    pub fn begin(canister: &mut Canister, asking: &Asking) -> Result<Self, String> {
        let module = canister.module()?;
        let interface = Interface::of(&module);
        let calls = asking.calls(&module, &interface)?;
        let declared = interface.queries();
        let known = declared.is_some();
        let queries = declared.unwrap_or_else(|| {
            let exported = module.queries().map(|query| (query.to_owned(), Vec::new()));
            exported.collect()
        });
        let mut search = Search {
            sender: asking.sender,
            findings: Findings::begin(canister.principals()),
            asked: Vec::new(),
            tried: BTreeMap::new(),
            instructions: 0,
            canister,
            interface: &interface,
        };
        let mut not_asked = Vec::new();
        let mut open = Vec::new();
        for (query, types) in queries.iter() {
            let reason = match &query[..] {
                name if asking.left_out.contains(query) || name.is_empty() => "left out",
                name if REPORTS.contains(&name) => "reports on memory",
                name if !module.queries().any(|exported| exported == name) => "not exported",
                _ => {
                    open.push((query, types));
                    continue;
                }
            };
            not_asked.push(NotAsked::of(query, reason));
        }
        for (query, _) in open.iter().filter(|(_, types)| types.is_empty()) {
            search.ask_plain(query, known);
        }
        search.findings.search(&search.canister.memory_to_search()?);
        let with_argument = || open.iter().filter(|(_, types)| !types.is_empty());
        for _ in 0..ROUNDS {
            for (query, types) in with_argument() {
                search.ask_made(query, types);
            }
        }
        for (query, types) in with_argument() {
            search.ask_pages(query, types);
        }
        for (query, _) in &open {
            search.ask_as_others(query);
        }
        for question in calls {
            let (answer, _) = search.canister.ask(&question);
            search.asked.push((question, answer));
        }
        let Search { asked, tried, .. } = search;
        for (query, types) in &open {
            if asked.iter().any(|(question, _)| question.method == **query) {
                continue;
            }
            let reason = match tried.get(*query).map_or(0, Vec::len) {
                0 if types.is_empty() => {
                    "no reply without an argument, and its types are not known".into()
                }
                0 => "no argument of its types can be made".to_owned(),
                tried => format!("no reply to any of {tried} calls that were made for it"),
            };
            not_asked.push(NotAsked::of(query, &reason));
        }
        not_asked.sort_by(|a, b| a.query.cmp(&b.query));
        let coverage = Coverage {
            questions: asked.len() as u64,
            queries: queries.len() as u64,
            asked: (queries.len() - not_asked.len()) as u64,
            not_asked,
        };
        Ok(Self {
            interface,
            asked,
            coverage,
        })
    }

    /// How much of the interface is asked.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Asks again and compares.
    pub fn compare(&self, canister: &mut Canister) -> Compared {
        let mut compared = Compared {
            asked: self.asked.len() as u64,
            ..Compared::default()
        };
        for (question, before) in &self.asked {
            let (after, _) = canister.ask(question);
            let decode = |bytes: &[u8]| self.interface.reply(&question.method, bytes);
            match compare(question, before, &after, decode) {
                Comparison::Same => compared.same += 1,
                Comparison::OtherOrder => {
                    compared.same += 1;
                    compared.in_other_order += 1;
                }
                Comparison::RefusedAlike => compared.refused_alike += 1,
                Comparison::TrappedAlike => compared.trapped_alike += 1,
                Comparison::Different(difference) => compared.different.push(difference),
            }
        }
        compared
    }
}

impl NotAsked {
    fn of(query: &str, reason: &str) -> Self {
        let (query, reason) = (query.to_owned(), reason.to_owned());
        Self { query, reason }
    }
}

/// The search for questions that a canister answers.
struct Search<'a> {
    canister: &'a mut Canister,
    interface: &'a Interface,
    sender: Principal,
    findings: Findings,
    asked: Vec<(Question, Answer)>,
    /// The encoded arguments that were tried, by query.
    tried: BTreeMap<String, Vec<Vec<u8>>>,
    instructions: u64,
}

impl Search<'_> {
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
        let args = IDLArgs::new(argument);
        let bytes = args
            .to_bytes_with_types(self.interface.types(), types)
            .ok()?;
        let tried = self.tried.entry(query.to_owned()).or_default();
        if tried.contains(&bytes) {
            return None;
        }
        tried.push(bytes.clone());
        Some(Question {
            sender: self.sender,
            method: query.to_owned(),
            argument: bytes,
            text: cut(&format!("{query} {}", one_line(&args.to_string())), SHOWN),
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
