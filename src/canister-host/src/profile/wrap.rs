//! Puts a function around each function of a module: it tells the host, calls the function, and tells again.
//!
//! The wrapper takes the index of what it wraps, so calls, tables and exports reach it without being touched but for
//! the two new imports before them.

use std::collections::HashMap;

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, EntityType, Function, FunctionSection, ImportSection, InstructionSink, Module,
    TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, CompositeInnerType, FunctionSectionReader, ImportSectionReader, KnownCustom,
    Name, Parser, Payload, TypeRef, TypeSectionReader,
};

use super::{ENTER, IMPORTS, LEAVE};

/// Instructions of the wrapper before the function begins for the host: its own beginning, two constants, a call.
pub(crate) const BEFORE: u64 = 1 + 2 + 5;

/// Instructions of the wrapper from there to the function: its parameters and the call.
pub(crate) fn after_enter(parameters: u32) -> u64 {
    u64::from(parameters) + 5
}

/// Instructions of the wrapper from the function's end to where it has ended for the host: a call.
pub(crate) const AFTER: u64 = 5;

/// The functions that were added in front of the others of the module.
const ADDED: u32 = 2;

struct Wrap {
    /// Parameters of each type, by index.
    parameters: Vec<u32>,
    /// The types of the module's own functions.
    types: Vec<u32>,
    imported: u32,
}

type Result<T = (), E = reencode::Error> = std::result::Result<T, E>;

/// The module with a wrapper around each of its own functions, and the functions' names by the index they had.
pub(crate) fn wrap(wasm: &[u8]) -> Result<(Vec<u8>, HashMap<u32, String>)> {
    let mut module = Module::new();
    let mut wrap = Wrap {
        parameters: Vec::new(),
        types: Vec::new(),
        imported: 0,
    };
    wrap.parse_core_module(&mut module, Parser::new(0), wasm)?;
    Ok((module.finish(), names(wasm)?))
}

fn names(wasm: &[u8]) -> wasmparser::Result<HashMap<u32, String>> {
    let mut found = HashMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(custom) = payload? else {
            continue;
        };
        let KnownCustom::Name(sections) = custom.as_known() else {
            continue;
        };
        for section in sections {
            if let Name::Function(functions) = section? {
                for function in functions {
                    let function = function?;
                    found.insert(function.index, function.name.to_owned());
                }
            }
        }
    }
    Ok(found)
}

impl Reencode for Wrap {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32> {
        Ok(match function < self.imported {
            true => function,
            false => function + ADDED,
        })
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result {
        for group in section.clone() {
            for ty in group?.types() {
                self.parameters.push(match &ty.composite_type.inner {
                    CompositeInnerType::Func(function) => function.params().len() as u32,
                    _ => 0,
                });
            }
        }
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32, ValType::I32], []);
        types.ty().function([], []);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result {
        for import in section.clone().into_imports() {
            self.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
        }
        utils::parse_import_section(self, imports, section)?;
        for (name, ty) in [ENTER, LEAVE].into_iter().zip(self.parameters.len()..) {
            imports.import(IMPORTS, name, EntityType::Function(ty as u32));
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result {
        self.types = section.into_iter().collect::<wasmparser::Result<_>>()?;
        for ty in self.types.iter().chain(&self.types) {
            functions.function(*ty);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result {
        let (enter, leave) = (self.imported, self.imported + 1);
        let own = self.types.len() as u32;
        for (at, ty) in (0..).zip(&self.types) {
            let parameters = self.parameters.get(*ty as usize).copied().unwrap_or(0);
            let mut wrapper = Function::new([]);
            let mut body: InstructionSink<'_> = wrapper.instructions();
            body.i32_const((self.imported + at) as i32);
            body.i32_const(parameters as i32).call(enter);
            for parameter in 0..parameters {
                body.local_get(parameter);
            }
            body.call(self.imported + ADDED + own + at);
            body.call(leave).end();
            code.function(&wrapper);
        }
        for body in section {
            self.parse_function_body(code, body?)?;
        }
        Ok(())
    }
}
