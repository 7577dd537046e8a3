//! What the rules look at, read from a module in one pass.

use wasmparser::{DataKind, ExternalKind, FuncType, Operator, Parser, Payload, TypeRef};

use super::complexity;
use crate::module::ModuleError;

/// A module as far as the rules look at it.
#[derive(Default)]
pub(super) struct Outline<'a> {
    types: Vec<FuncType>,
    /// The types of the functions that are imported.
    imported: Vec<u32>,
    /// The types of the module's own functions.
    pub(super) functions: Vec<u32>,
    /// The names of the globals' types.
    pub(super) globals: Vec<String>,
    pub(super) tables: u64,
    pub(super) memories: u64,
    /// The pages a 64-bit heap starts with, or may have if the module says.
    pub(super) wide_heap_pages: u64,
    /// Names, and the indices of those that are functions.
    pub(super) exports: Vec<(&'a str, Option<u32>)>,
    pub(super) code_bytes: u64,
    pub(super) bodies: Vec<Body>,
    /// The first data segment whose place is not a constant.
    pub(super) computed_segment: Option<u64>,
    /// Names and sizes of custom sections.
    pub(super) sections: Vec<(&'a str, u64)>,
}

#[derive(Default)]
pub(super) struct Body {
    pub(super) instructions: u64,
    pub(super) complexity: u64,
}

pub(super) fn outline(wasm: &[u8]) -> Result<Outline<'_>, ModuleError> {
    let mut outline = Outline::default();
    for payload in Parser::new(0).parse_all(wasm) {
        payload
            .and_then(|payload| outline.read(payload))
            .map_err(ModuleError::invalid)?;
    }
    Ok(outline)
}

impl<'a> Outline<'a> {
    fn read(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                for kind in types.into_iter_err_on_gc_types() {
                    self.types.push(kind?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Func(kind) = import?.ty {
                        self.imported.push(kind);
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for kind in functions {
                    self.functions.push(kind?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    self.globals.push(global?.ty.content_type.to_string());
                }
            }
            Payload::TableSection(tables) => self.tables += u64::from(tables.count()),
            Payload::MemorySection(memories) => {
                self.memories += u64::from(memories.count());
                for memory in memories {
                    let memory = memory?;
                    if memory.memory64 {
                        self.wide_heap_pages = memory.maximum.unwrap_or(0).max(memory.initial);
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    let function = matches!(export.kind, ExternalKind::Func);
                    self.exports
                        .push((export.name, function.then_some(export.index)));
                }
            }
            Payload::CodeSectionStart { size, .. } => self.code_bytes = size.into(),
            Payload::CodeSectionEntry(code) => {
                let mut body = Body::default();
                for operator in code.get_operators_reader()? {
                    body.instructions += 1;
                    body.complexity += complexity::of(&operator?);
                }
                self.bodies.push(body);
            }
            Payload::DataSection(segments) => {
                for (index, segment) in (0..).zip(segments) {
                    if let DataKind::Active { offset_expr, .. } = segment?.kind {
                        let mut place = offset_expr.get_operators_reader().into_iter();
                        let constant = matches!(
                            place.next(),
                            Some(Ok(Operator::I32Const { .. } | Operator::I64Const { .. }))
                        );
                        let alone = matches!(place.next(), None | Some(Ok(Operator::End)));
                        if !(constant && alone) && self.computed_segment.is_none() {
                            self.computed_segment = Some(index);
                        }
                    }
                }
            }
            Payload::CustomSection(section) => self
                .sections
                .push((section.name(), section.data().len() as u64)),
            _ => {}
        }
        Ok(())
    }

    /// The type of a function, as `(i32, i32) -> (i64)`.
    pub(super) fn type_of(&self, function: u32) -> Result<String, ModuleError> {
        let all = self.imported.iter().chain(&self.functions);
        let kind = all.copied().nth(function as usize);
        let kind = kind.and_then(|kind| self.types.get(kind as usize));
        let kind = kind.ok_or_else(|| {
            ModuleError::invalid(format!(
                "function {function}, which is exported, is not there"
            ))
        })?;
        let list = |types: &[wasmparser::ValType]| {
            let names: Vec<String> = types.iter().map(ToString::to_string).collect();
            format!("({})", names.join(", "))
        };
        Ok(format!(
            "{} -> {}",
            list(kind.params()),
            list(kind.results())
        ))
    }
}
