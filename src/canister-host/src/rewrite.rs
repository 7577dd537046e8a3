//! Rewrites a module so that the host can see all the state it must save and undo.
//!
//! Every global, the memory, the table and the start function are exported under reserved
//! names, and the start section is dropped: the host calls the function itself, once, when
//! the module is installed, and not when an instance is brought back from saved state.
//! Function indices and code stay as they are.

use wasm_encoder::{ExportKind, ExportSection, RawSection};
use wasmparser::{
    ExternalKind, FunctionBody, GlobalType, Operator, Parser, Payload, SectionLimited, TypeRef,
};

use crate::module::ModuleError;

const GLOBAL: &str = "canister-host:global ";
pub(crate) const MEMORY: &str = "canister-host:memory";
pub(crate) const TABLE: &str = "canister-host:table";
pub(crate) const START: &str = "canister-host:start";
const RESERVED: &str = "canister-host:";

/// The export name the global at `index` got.
pub(crate) fn global_name(index: u32) -> String {
    format!("{GLOBAL}{index}")
}

/// What is known about a module from its sections.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// The globals' types, by index.
    pub(crate) globals: Vec<GlobalType>,
    /// The indices of the globals a snapshot records, in the network's order: the exported
    /// ones in the order of the export section, then the mutable ones that are not exported.
    pub(crate) snapshot_order: Vec<u32>,
    /// The names of the exported functions, in the order of the export section.
    pub(crate) functions: Vec<String>,
    /// Custom sections `icp:public NAME` and `icp:private NAME`.
    pub(crate) metadata: Vec<MetadataSection>,
    /// How many instructions there are in the code section.
    pub(crate) instructions: u64,
    /// Whether the memory has 64-bit addresses.
    pub(crate) wide_heap: bool,
    /// Whether code changes tables or drops segments. Such changes do not last longer than
    /// a message on the network, so each message needs a new instance.
    pub(crate) changes_tables: bool,
}

/// A metadata section of a canister module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataSection {
    /// The name without the `icp:public ` in front, as `candid:service`.
    pub name: String,
    /// Whether everybody may read it, or only the canister's controllers.
    pub public: bool,
    /// What it holds.
    pub content: Vec<u8>,
}

#[derive(Default)]
struct Exposed {
    exports: ExportSection,
    exported_globals: Vec<u32>,
    memories: u32,
    tables: u32,
    start: Option<u32>,
}

/// Returns the rewritten module and what it is like.
pub(crate) fn rewrite(wasm: &[u8]) -> Result<(Vec<u8>, Shape), ModuleError> {
    let mut shape = Shape::default();
    let mut exposed = Exposed::default();
    let mut before = Vec::new(); // sections before the export section,
    let mut after = Vec::new(); // and those after it
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(ModuleError::invalid)?;
        read(&payload, &mut shape, &mut exposed).map_err(ModuleError::invalid)?;
        if let Payload::ImportSection(imports) = &payload {
            only_functions(imports.clone())?;
        }
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        let data = wasm
            .get(range)
            .ok_or_else(|| ModuleError::invalid("unexpected end of a section"))?;
        let section = RawSection { id, data };
        match &payload {
            Payload::ExportSection(_) | Payload::StartSection { .. } => {}
            Payload::CustomSection(custom) if custom.name() != "name" => {}
            Payload::CustomSection(_) => after.push(section),
            Payload::ElementSection(_)
            | Payload::DataCountSection { .. }
            | Payload::CodeSectionStart { .. }
            | Payload::DataSection(_) => after.push(section),
            _ => before.push(section),
        }
    }
    if let Some(name) = shape
        .functions
        .iter()
        .find(|name| name.starts_with(RESERVED))
    {
        return Err(ModuleError::Invalid {
            reason: format!("the export name {name} is reserved"),
        });
    }
    expose(&mut shape, &mut exposed);
    let mut module = wasm_encoder::Module::new();
    before.iter().for_each(|section| {
        module.section(section);
    });
    module.section(&exposed.exports);
    after.iter().for_each(|section| {
        module.section(section);
    });
    Ok((module.finish(), shape))
}

fn read(payload: &Payload, shape: &mut Shape, exposed: &mut Exposed) -> wasmparser::Result<()> {
    match payload {
        Payload::GlobalSection(globals) => {
            for global in globals.clone() {
                shape.globals.push(global?.ty);
            }
        }
        Payload::MemorySection(memories) => {
            exposed.memories += memories.count();
            for memory in memories.clone() {
                shape.wide_heap |= memory?.memory64;
            }
        }
        Payload::TableSection(tables) => exposed.tables += tables.count(),
        Payload::StartSection { func, .. } => exposed.start = Some(*func),
        Payload::ExportSection(exports) => {
            for export in exports.clone() {
                let export = export?;
                let kind = match export.kind {
                    ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
                    ExternalKind::Table => ExportKind::Table,
                    ExternalKind::Memory => ExportKind::Memory,
                    ExternalKind::Global => ExportKind::Global,
                    ExternalKind::Tag => ExportKind::Tag,
                };
                exposed.exports.export(export.name, kind, export.index);
                match kind {
                    ExportKind::Func => shape.functions.push(export.name.to_owned()),
                    ExportKind::Global => exposed.exported_globals.push(export.index),
                    _ => {}
                }
            }
        }
        Payload::CodeSectionEntry(body) => read_code(body, shape)?,
        Payload::CustomSection(custom) => {
            let named = |prefix| custom.name().strip_prefix(prefix);
            let public = named("icp:public ");
            if let Some(name) = public.or_else(|| named("icp:private ")) {
                shape.metadata.push(MetadataSection {
                    name: name.to_owned(),
                    public: public.is_some(),
                    content: custom.data().to_vec(),
                });
            }
        }
        _ => {}
    }
    Ok(())
}

fn read_code(body: &FunctionBody, shape: &mut Shape) -> wasmparser::Result<()> {
    for operator in body.get_operators_reader()? {
        shape.instructions += 1;
        shape.changes_tables |= matches!(
            operator?,
            Operator::TableSet { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. }
                | Operator::ElemDrop { .. }
                | Operator::DataDrop { .. }
        );
    }
    Ok(())
}

fn only_functions(imports: SectionLimited<wasmparser::Imports>) -> Result<(), ModuleError> {
    for import in imports.into_imports() {
        let import = import.map_err(ModuleError::invalid)?;
        if !matches!(import.ty, TypeRef::Func(_)) {
            return Err(ModuleError::UnknownImport {
                module: import.module.to_owned(),
                name: import.name.to_owned(),
            });
        }
    }
    Ok(())
}

fn expose(shape: &mut Shape, exposed: &mut Exposed) {
    for index in 0..shape.globals.len() as u32 {
        exposed
            .exports
            .export(&global_name(index), ExportKind::Global, index);
    }
    if exposed.memories > 0 {
        exposed.exports.export(MEMORY, ExportKind::Memory, 0);
    }
    if exposed.tables > 0 {
        exposed.exports.export(TABLE, ExportKind::Table, 0);
    }
    if let Some(start) = exposed.start {
        exposed.exports.export(START, ExportKind::Func, start);
    }
    let hidden = shape.globals.iter().zip(0..).filter_map(|(global, index)| {
        (global.mutable && !exposed.exported_globals.contains(&index)).then_some(index)
    });
    shape.snapshot_order = exposed
        .exported_globals
        .iter()
        .copied()
        .chain(hidden)
        .collect();
}
