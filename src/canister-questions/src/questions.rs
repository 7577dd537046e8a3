//! Everything a canister is asked: every query of the interface, and the calls of a file.

use candid::Principal;
use candid::types::Type;
use serde::Serialize;

use crate::answers::{Answer, Comparison, Difference, Question, compare};
use crate::calls::parse_calls;
use crate::interface::Interface;
use crate::respondent::Respondent;
use crate::search::Search;

/// Queries that report on memory itself, and so answer otherwise after every upgrade.
const REPORTS: [&str; 3] = ["migration_status", "migration_differences", "memory_report"];

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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotAsked {
    /// Its name.
    pub query: String,
    /// Why.
    pub reason: String,
}

/// How the answers were the second time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// A sentence naming the line that is no call, whose method is no query of the module, or whose argument is not
    /// one that the interface takes.
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
    /// Those of [`Asking::check`]; a sentence for a canister without a module, or whose memory cannot be read.
    pub fn begin(canister: &mut dyn Respondent, asking: &Asking) -> Result<Self, String> {
        let module = canister.module()?;
        let interface = Interface::of(&module);
        let calls = asking.calls(&module, &interface)?;
        let declared = interface.queries();
        let known = declared.is_some();
        let queries = declared.unwrap_or_else(|| {
            let exported = module.queries().map(|query| (query.to_owned(), Vec::new()));
            exported.collect()
        });
        let is_exported = |query: &str| module.queries().any(|exported| exported == query);
        let not_to_be_asked = |query: &String| match &query[..] {
            _ if asking.left_out.contains(query) => Some("left out"),
            name if REPORTS.contains(&name) => Some("reports on memory"),
            name if !is_exported(name) => Some("not exported"),
            _ => None,
        };
        let open = queries
            .iter()
            .filter(|(query, _)| not_to_be_asked(query).is_none());
        let open: Vec<&(String, Vec<Type>)> = open.collect();
        let mut search = Search::new(canister, &interface, asking.sender);
        search.ask(&open, known)?;
        let Search {
            mut asked, tried, ..
        } = search;
        for question in calls {
            let (answer, _) = canister.ask(&question);
            asked.push((question, answer));
        }
        let mut not_asked = Vec::new();
        for (query, types) in &queries {
            if asked.iter().any(|(question, _)| question.method == *query) {
                continue;
            }
            let tried = tried.get(query).map_or(0, Vec::len);
            let reason = match (not_to_be_asked(query), tried) {
                (Some(reason), _) => reason.to_owned(),
                (None, 0) if types.is_empty() => {
                    "no reply without an argument, and its types are not known".into()
                }
                (None, 0) => "no argument of its types can be made".into(),
                (None, tried) => format!("no reply to any of {tried} calls that were made for it"),
            };
            let query = query.clone();
            not_asked.push(NotAsked { query, reason });
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

    /// The questions that are asked.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.asked.iter().map(|(question, _)| question)
    }

    /// Asks again and compares.
    pub fn compare(&self, canister: &mut dyn Respondent) -> Compared {
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
