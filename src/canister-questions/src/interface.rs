//! The Candid interface a module carries: its methods, and how arguments and answers are typed.

use candid::types::{FuncMode, Function, Type, TypeInner};
use candid::{IDLArgs, IDLValue, TypeEnv};
use candid_parser::syntax::IDLInitArgs;
use candid_parser::typing::check_init_args;
use candid_parser::{IDLProg, check_prog, parse_idl_args};
use canister_host::{Module, candid_pointer};

use crate::nesting;
use crate::words::reason;

/// No argument, in Candid.
pub const NO_ARGUMENT: &[u8] = b"DIDL\0\0";

/// What a module says of its methods; empty for one that says nothing.
#[derive(Clone, Debug, Default)]
pub struct Interface {
    pub(crate) env: TypeEnv,
    pub(crate) service: Option<Type>,
    pub(crate) init: Option<(TypeEnv, Vec<Type>)>,
}

impl Interface {
    /// The interface in the metadata sections `candid:service` and `candid:args`; where there is none, as in a module
    /// that cargo has just built, what `get_candid_pointer` tells. One that cannot be read counts as absent: the
    /// interface is only a help here.
    pub fn of(module: &Module) -> Self {
        let section = |name: &str| {
            let found = module
                .metadata()
                .iter()
                .find(|section| section.name == name)?;
            let text = std::str::from_utf8(&found.content).ok()?;
            nesting::check(text).ok().map(|()| text)
        };
        let told = || {
            let told = candid_pointer(module.bytes()).ok()?;
            nesting::check(&told).ok().map(|()| told)
        };
        let service = section("candid:service").map(str::to_owned).or_else(told);
        let args = section("candid:args");
        let read = service.and_then(|service| Self::read(&service, args).ok());
        read.unwrap_or_default()
    }

    /// The interface that texts say: of the service, and of the arguments of an installation where these stand apart.
    ///
    /// # Errors
    /// A sentence, if the service cannot be read. Arguments that cannot be read count as absent.
    pub fn read(service: &str, args: Option<&str>) -> Result<Self, String> {
        nesting::check(service)?;
        let mut interface = Self::parse(service)
            .ok_or("it cannot be read as an interface, or has no service".to_owned())?;
        if interface.init.is_none() {
            let args = args.filter(|text| nesting::check(text).is_ok());
            interface.init = args.and_then(|text| interface.parse_init(text));
        }
        Ok(interface)
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

    /// The declared queries with the types of their arguments, by name; none where the module does not say.
    pub fn queries(&self) -> Option<Vec<(String, Vec<Type>)>> {
        self.declared(is_query)
    }

    /// The declared updates with the types of their arguments, by name; none where the module does not say.
    pub fn updates(&self) -> Option<Vec<(String, Vec<Type>)>> {
        self.declared(|method| !is_query(method))
    }

    fn declared(&self, wanted: impl Fn(&Function) -> bool) -> Option<Vec<(String, Vec<Type>)>> {
        let methods = self.env.as_service(self.service.as_ref()?).ok()?;
        let wanted = methods.iter().filter_map(|(name, _)| {
            let method = self.method(name)?;
            wanted(method).then(|| (name.clone(), method.args.clone()))
        });
        let mut declared: Vec<_> = wanted.collect();
        declared.sort_by(|(a, _), (b, _)| a.cmp(b));
        Some(declared)
    }

    /// Whether a method is declared as an update.
    pub fn is_update(&self, name: &str) -> bool {
        self.method(name).is_some_and(|method| !is_query(method))
    }

    /// The names of the types.
    pub fn types(&self) -> &TypeEnv {
        &self.env
    }

    pub(crate) fn method(&self, name: &str) -> Option<&Function> {
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

    /// What an installation takes, in Candid; none where the module does not say.
    pub fn init_types(&self) -> Option<String> {
        let (env, types) = self.init.as_ref()?;
        let texts = types.iter().map(|ty| {
            let traced = env.trace_type(ty).unwrap_or_else(|_| ty.clone());
            reason(&traced.to_string())
        });
        Some(format!("({})", texts.collect::<Vec<_>>().join(", ")))
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
        .map_err(|error| reason(&error.to_string()))
    }
}

fn is_query(function: &Function) -> bool {
    let query = |mode: &FuncMode| matches!(mode, FuncMode::Query | FuncMode::CompositeQuery);
    function.modes.iter().any(query)
}

fn encode(text: &str, types: Option<(&TypeEnv, &[Type])>) -> Result<Vec<u8>, String> {
    nesting::check(text)?;
    let args = parse_idl_args(text).map_err(|error| reason(&error.to_string()))?;
    let encoded = match types {
        Some((env, types)) => {
            let (given, wanted) = (args.args.len(), types.len());
            if given > wanted {
                return Err(format!("{given} values, where {wanted} are taken"));
            }
            let pairs = args.args.iter().zip(types);
            if let Some(field) = pairs
                .into_iter()
                .find_map(|(value, ty)| stray(value, ty, env))
            {
                return Err(format!("there is no field {field}"));
            }
            args.annotate_types(true, env, types)
                .and_then(|args| args.to_bytes_with_types(env, types))
        }
        None => args.to_bytes(),
    };
    encoded.map_err(|error| reason(&error.to_string()))
}

/// A field that the type does not have. Candid would drop it without a word, and with it what was meant.
fn stray(value: &IDLValue, ty: &Type, env: &TypeEnv) -> Option<String> {
    let ty = env.trace_type(ty).ok()?;
    match (value, ty.as_ref()) {
        (IDLValue::Record(values), TypeInner::Record(fields)) => values.iter().find_map(|value| {
            match fields.iter().find(|field| *field.id == value.id) {
                Some(field) => stray(&value.val, &field.ty, env),
                None => Some(value.id.to_string()),
            }
        }),
        (IDLValue::Variant(value), TypeInner::Variant(fields)) => {
            let field = fields.iter().find(|field| *field.id == value.0.id)?;
            stray(&value.0.val, &field.ty, env)
        }
        (IDLValue::Opt(value), TypeInner::Opt(ty)) => stray(value, ty, env),
        (IDLValue::Vec(values), TypeInner::Vec(ty)) => {
            values.iter().find_map(|value| stray(value, ty, env))
        }
        _ => None,
    }
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
    fn queries_and_updates_are_found_with_their_arguments() {
        let queries = interface().queries().unwrap();
        let told: Vec<_> = queries
            .iter()
            .map(|(name, args)| (&name[..], args.len()))
            .collect();
        assert_eq!(told, [("all", 0), ("get", 1), ("whole", 0)]);
        assert_eq!(Interface::default().queries(), None);
        let updates = interface().updates().unwrap();
        assert_eq!((&updates[0].0[..], updates[0].1.len()), ("put", 2));
        assert_eq!(updates.len(), 1);
        assert_eq!(Interface::default().updates(), None);
        assert!(interface().is_update("put") && !interface().is_update("get"));
    }

    #[test]
    fn a_module_without_the_section_is_asked_for_its_interface() {
        let module = r#"(module (memory 1)
            (data (i32.const 8) "service : { all : () -> (nat) query }\00")
            (func (export "get_candid_pointer") (result i32) (i32.const 8)))"#;
        let interface = Interface::of(&Module::new(&wat::parse_str(module).unwrap()).unwrap());
        assert_eq!(interface.queries().unwrap()[0].0, "all");
    }

    #[test]
    fn arguments_take_the_declared_types() {
        let interface = interface();
        let bytes = interface.method_argument("put", "(7, \"seven\")").unwrap();
        assert_eq!(bytes, candid::encode_args((7u64, "seven")).unwrap());
        assert!(interface.method_argument("put", "(\"seven\", 7)").is_err());
        assert!(interface.method_argument("put", "(7").is_err());
        assert!(interface.method_argument("put", "(7)").is_err());
        let refused = |argument| interface.method_argument("put", argument).unwrap_err();
        assert!(refused("(7, \"seven\", 7)").contains("3 values, where 2 are taken"));
        let typo = interface
            .init_argument("(record { ovner = opt 3 })")
            .unwrap_err();
        assert_eq!(typo, "there is no field ovner");
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
