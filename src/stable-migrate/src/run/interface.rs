//! The Candid interface a module carries: which queries take no argument, and how arguments and answers are typed.

use candid::types::{FuncMode, Function, Type, TypeInner};
use candid::{IDLArgs, TypeEnv};
use candid_parser::syntax::IDLInitArgs;
use candid_parser::typing::check_init_args;
use candid_parser::{IDLProg, check_prog, parse_idl_args};
use canister_host::Module;

use crate::nesting;

/// No argument, in Candid.
pub const NO_ARGUMENT: &[u8] = b"DIDL\0\0";

/// What a module says of its methods; empty for one that says nothing.
#[derive(Clone, Debug, Default)]
pub struct Interface {
    env: TypeEnv,
    service: Option<Type>,
    init: Option<(TypeEnv, Vec<Type>)>,
}

impl Interface {
    /// The interface in the metadata sections `candid:service` and `candid:args`. A section that cannot be read
    /// counts as absent: the interface is only a help here.
    pub fn of(module: &Module) -> Self {
        let section = |name: &str| {
            let found = module
                .metadata()
                .iter()
                .find(|section| section.name == name)?;
            let text = std::str::from_utf8(&found.content).ok()?;
            nesting::check(text).ok().map(|()| text)
        };
        let Some(mut interface) = section("candid:service").and_then(Self::parse) else {
            return Self::default();
        };
        if interface.init.is_none() {
            interface.init = section("candid:args").and_then(|text| interface.parse_init(text));
        }
        interface
    }

    fn parse(text: &str) -> Option<Self> {
        let program: IDLProg = text.parse().ok()?;
        let mut env = TypeEnv::new();
        let actor = check_prog(&mut env, &program).ok()??;
        let actor = env.trace_type(&actor).ok()?;
        let (init, service) = match actor.as_ref() {
            TypeInner::Class(init, service) => (Some((env.clone(), init.clone())), service.clone()),
            _ => (None, actor),
        };
        Some(Self {
            env,
            service: Some(service),
            init,
        })
    }

    fn parse_init(&self, text: &str) -> Option<(TypeEnv, Vec<Type>)> {
        let program: IDLInitArgs = text.parse().ok()?;
        let mut env = TypeEnv::new();
        let types = check_init_args(&mut env, &self.env, &program).ok()?;
        Some((env, types))
    }

    /// The queries that take no argument; none where the module does not say.
    pub fn plain_queries(&self) -> Option<Vec<String>> {
        let methods = self.env.as_service(self.service.as_ref()?).ok()?;
        let is_plain = |function: &Function| {
            let query =
                |mode: &FuncMode| matches!(mode, FuncMode::Query | FuncMode::CompositeQuery);
            function.args.is_empty() && function.modes.iter().any(query)
        };
        let plain = methods
            .iter()
            .filter(|(name, _)| self.method(name).is_some_and(is_plain));
        Some(plain.map(|(name, _)| name.clone()).collect())
    }

    fn method(&self, name: &str) -> Option<&Function> {
        let methods = self.env.as_service(self.service.as_ref()?).ok()?;
        let (_, method) = methods.iter().find(|(declared, _)| declared == name)?;
        self.env.as_func(method).ok()
    }

    /// Encodes the argument of a method, written as Candid text: `(record { id = 1 })`.
    ///
    /// # Errors
    /// A sentence, if the text is not Candid or not of the method's types.
    pub fn method_argument(&self, name: &str, text: &str) -> Result<Vec<u8>, String> {
        let types = self
            .method(name)
            .map(|method| (&self.env, &method.args[..]));
        encode(text, types)
    }

    /// Encodes the argument of an installation, written as Candid text.
    ///
    /// # Errors
    /// A sentence, if the text is not Candid or not of the declared types.
    pub fn init_argument(&self, text: &str) -> Result<Vec<u8>, String> {
        let types = self.init.as_ref().map(|(env, types)| (env, &types[..]));
        encode(text, types)
    }

    /// Decodes a reply as a client that knows this interface does: what was added later is not seen. Without a
    /// type, as it says itself.
    ///
    /// # Errors
    /// A sentence, if the bytes are not such a reply.
    pub fn reply(&self, name: &str, bytes: &[u8]) -> Result<IDLArgs, String> {
        match self.method(name) {
            Some(method) => IDLArgs::from_bytes_with_types(bytes, &self.env, &method.rets),
            None => IDLArgs::from_bytes(bytes),
        }
        .map_err(|error| one_line(&error.to_string()))
    }
}

fn encode(text: &str, types: Option<(&TypeEnv, &[Type])>) -> Result<Vec<u8>, String> {
    nesting::check(text)?;
    let args = parse_idl_args(text).map_err(|error| one_line(&error.to_string()))?;
    let encoded = match types {
        Some((env, types)) => args
            .annotate_types(true, env, types)
            .and_then(|args| args.to_bytes_with_types(env, types)),
        None => args.to_bytes(),
    };
    encoded.map_err(|error| one_line(&error.to_string()))
}

/// A text with its line breaks and runs of blanks taken out.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use candid::IDLValue;

    use super::*;

    fn interface() -> Interface {
        let did = "type Id = nat64; service : (record { owner : opt Id }) -> { get : (Id) -> (text) query; \
                   all : () -> (vec Id) query; put : (Id, text) -> (); whole : () -> (record { a : nat8 }) query }";
        let module = format!("(module (@custom \"icp:public candid:service\" \"{did}\"))");
        Interface::of(&Module::new(&wat::parse_str(module).unwrap()).unwrap())
    }

    #[test]
    fn queries_without_an_argument_are_found() {
        assert_eq!(interface().plain_queries().unwrap(), ["all", "whole"]);
        assert_eq!(Interface::default().plain_queries(), None);
    }

    #[test]
    fn arguments_take_the_declared_types() {
        let interface = interface();
        let bytes = interface.method_argument("put", "(7, \"seven\")").unwrap();
        assert_eq!(bytes, candid::encode_args((7u64, "seven")).unwrap());
        assert!(interface.method_argument("put", "(\"seven\", 7)").is_err());
        assert!(interface.method_argument("put", "(7").is_err());
        assert!(interface.method_argument("put", "(7)").is_err());
        assert!(
            interface
                .init_argument("(record { owner = opt 3 })")
                .is_ok()
        );
        assert!(
            interface
                .init_argument("(record { owner = true })")
                .is_err()
        );
        let untyped = Interface::default().init_argument("(7 : nat8)").unwrap();
        assert_eq!(untyped, candid::encode_args((7u8,)).unwrap());
    }

    #[test]
    fn arguments_apart_from_the_interface_are_read_too() {
        let module =
            "(module (@custom \"icp:public candid:service\" \"type Id = nat64; service : {}\")
                              (@custom \"icp:public candid:args\" \"(opt Id, text)\"))";
        let interface = Interface::of(&Module::new(&wat::parse_str(module).unwrap()).unwrap());
        let bytes = interface.init_argument("(opt 7, \"x\")").unwrap();
        assert_eq!(bytes, candid::encode_args((Some(7u64), "x")).unwrap());
    }

    #[test]
    fn a_reply_is_read_as_an_old_client_does() {
        #[derive(candid::CandidType)]
        struct Newer {
            a: u8,
            b: u8,
        }
        let bytes = candid::encode_args((Newer { a: 1, b: 2 },)).unwrap();
        let reply = interface().reply("whole", &bytes).unwrap();
        let IDLValue::Record(fields) = &reply.args[0] else {
            panic!("{reply}");
        };
        assert_eq!(fields.len(), 1);
        assert_eq!(
            Interface::default()
                .reply("whole", &bytes)
                .unwrap()
                .args
                .len(),
            1
        );
        assert!(interface().reply("all", b"nonsense").is_err());
    }
}
