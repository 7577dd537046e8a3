//! Whether those who know one interface are served by another, by Candid's rules of subtyping.

use candid::TypeEnv;
use candid::types::subtype::{Gamma, OptReport, subtype_check_all, subtype_with_config};
use candid::types::{Function, Type, TypeInner};

use crate::interface::Interface;
use crate::words::reason;

/// A method, or the argument of an installation, that does not serve those who know it as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The method's name; none for the argument of an installation.
    pub method: Option<String>,
    /// How it breaks.
    pub how: Broken,
    /// What of its type does not fit, in words.
    pub what: String,
}

/// How a method breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It is not there.
    Missing,
    /// Arguments are not decoded, answers not understood, or it is called another way.
    Type,
    /// An optional part is of another type: it is read as absent, and nobody is told.
    Silent,
}

impl Interface {
    /// In what this interface would not serve those who know `old`, method by method: none where it is a subtype. Methods that
    /// `old` does not have are nobody's business. None, too, where one of them is not known.
    pub fn breaks(&self, old: &Self) -> Vec<Break> {
        let Some(methods) = old.methods() else {
            return Vec::new();
        };
        if self.service.is_none() {
            return Vec::new();
        }
        let mut breaks = Vec::new();
        for name in methods {
            let Some(was) = old.method(&name) else {
                continue;
            };
            let broken = match self.method(&name) {
                None => Some((Broken::Missing, "it is gone".to_owned())),
                Some(is) => broken((&self.env, is), (&old.env, was)),
            };
            breaks.extend(broken.map(|(how, what)| Break {
                method: Some(name),
                how,
                what,
            }));
        }
        breaks
    }

    /// Whether an installation takes the arguments that one of `old` took; none if it does, or if either does not say what it
    /// takes.
    pub fn breaks_installation(&self, old: &Self) -> Option<Break> {
        let ((new_env, new), (old_env, old)) = (self.init.as_ref()?, old.init.as_ref()?);
        let taking = |args: &[Type]| Function {
            modes: Vec::new(),
            args: args.to_vec(),
            rets: Vec::new(),
        };
        let (how, what) = broken((new_env, &taking(new)), (old_env, &taking(old)))?;
        Some(Break {
            method: None,
            how,
            what,
        })
    }

    /// How many arguments an installation takes; none where it is not said.
    pub fn installation_arguments(&self) -> Option<usize> {
        self.init.as_ref().map(|(_, types)| types.len())
    }

    /// The names of all methods, in order; none where the module does not say.
    pub fn methods(&self) -> Option<Vec<String>> {
        let methods = self.env.as_service(self.service.as_ref()?).ok()?;
        let mut names: Vec<String> = methods.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        Some(names)
    }
}

/// How a function does not serve those who know it as it was, if so.
fn broken(
    (env, is): (&TypeEnv, &Function),
    (old_env, was): (&TypeEnv, &Function),
) -> Option<(Broken, String)> {
    let mut env = env.clone();
    let is = TypeInner::Func(is.clone()).into();
    let was = TypeInner::Func(was.clone()).into();
    let was = env.merge_type(old_env.clone(), was);
    let found = subtype_check_all(&mut Gamma::new(), &env, &is, &was);
    if !found.is_empty() {
        let found: Vec<String> = found.iter().map(|one| reason(&one.to_string())).collect();
        return Some((Broken::Type, found.join("; ")));
    }
    let silent = subtype_with_config(OptReport::Error, &mut Gamma::new(), &env, &is, &was);
    silent
        .err()
        .map(|error| (Broken::Silent, reason(&error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(text: &str) -> Interface {
        Interface::read(text, None).unwrap()
    }

    fn told(new: &str, old: &str) -> Vec<(String, Broken)> {
        let breaks = interface(new).breaks(&interface(old)).into_iter();
        breaks
            .map(|one| (one.method.unwrap_or_default(), one.how))
            .collect()
    }

    #[test]
    fn what_is_added_breaks_nothing() {
        let old = "service : { get : (nat) -> (record { a : nat }) query }";
        let new = "service : { get : (nat, opt text) -> (record { a : nat; b : text }) query; put : () -> () }";
        assert_eq!(told(new, old), []);
        // But who knows the new one does not understand the old one's answer.
        assert_eq!(
            told(old, new),
            [
                ("get".into(), Broken::Type),
                ("put".into(), Broken::Missing)
            ]
        );
    }

    #[test]
    fn what_is_taken_away_or_changed_is_named_with_its_method() {
        let old = "service : { a : () -> (nat) query; b : (nat) -> (); c : () -> (opt nat) query }";
        for (new, method, how) in [
            (
                "service : { b : (nat) -> (); c : () -> (opt nat) query }",
                "a",
                Broken::Missing,
            ),
            (
                "service : { a : () -> (nat); b : (nat) -> (); c : () -> (opt nat) query }",
                "a",
                Broken::Type,
            ),
            (
                "service : { a : () -> (nat) query; b : (nat, nat) -> (); c : () -> (opt nat) query }",
                "b",
                Broken::Type,
            ),
            (
                "service : { a : () -> (nat) query; b : (nat) -> (); c : () -> (opt text) query }",
                "c",
                Broken::Silent,
            ),
        ] {
            assert_eq!(told(new, old), [(method.into(), how)], "{new}");
        }
        assert_eq!(told(old, old), []);
    }

    #[test]
    fn types_of_one_name_are_not_mixed_up() {
        let old = "type T = record { a : nat }; service : { get : () -> (T) query }";
        let new = "type T = record { a : text }; service : { get : () -> (T) query }";
        assert_eq!(told(new, old), [("get".into(), Broken::Type)]);
    }

    #[test]
    fn an_installation_takes_what_the_one_before_took_or_does_not() {
        let of = |args: &str| interface(&format!("service : ({args}) -> {{}}"));
        let broken =
            |new: &str, old: &str| of(new).breaks_installation(&of(old)).map(|one| one.how);
        assert_eq!(broken("record { a : opt nat }", "record {}"), None);
        assert_eq!(
            broken("record { a : nat }", "record {}"),
            Some(Broken::Type)
        );
        assert_eq!(broken("", "nat"), None);
        assert_eq!(broken("nat", ""), Some(Broken::Type));
        let silent = interface("service : {}");
        assert_eq!(silent.breaks_installation(&of("nat")), None);
        let counts = [&silent, &of(""), &of("nat")].map(Interface::installation_arguments);
        assert_eq!(counts, [None, Some(0), Some(1)]);
    }
}
