//! What a canister pays for its module.

use wasmparser::{Parser, Payload};

use super::{invalid, unpack};

/// Custom sections that the network keeps beside the module, and counts once more.
const METADATA: [&str; 2] = ["icp:public ", "icp:private "];

/// Bytes that a global counts.
const GLOBAL: u64 = 8;

/// What a module weighs on the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModuleWeight {
    /// Bytes as it was submitted: packed, if it was.
    pub submitted_bytes: u64,
    /// Bytes of its metadata sections, unpacked, which are counted once more.
    pub section_bytes: u64,
    /// Bytes of its globals.
    pub global_bytes: u64,
    /// Instructions in its functions: what compiling is charged by.
    pub instructions: u64,
    /// Bytes of heap that it begins with.
    pub first_heap_bytes: u64,
    /// Whether its heap is of 64 bits: its instructions cost twice as much.
    pub wide_heap: bool,
}

impl ModuleWeight {
    /// Weighs a module as it was submitted, plain or packed with gzip.
    ///
    /// # Errors
    /// A sentence, if the bytes are not a module.
    pub fn of(module: &[u8]) -> Result<Self, String> {
        let unpacked = unpack(module)?;
        let mut weight = Self {
            submitted_bytes: module.len() as u64,
            ..Self::default()
        };
        for payload in Parser::new(0).parse_all(&unpacked) {
            match payload.map_err(invalid)? {
                Payload::CustomSection(section)
                    if METADATA.iter().any(|kind| section.name().starts_with(kind)) =>
                {
                    weight.section_bytes += section.data().len() as u64;
                }
                Payload::GlobalSection(globals) => {
                    weight.global_bytes += GLOBAL * u64::from(globals.count());
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        let memory = memory.map_err(invalid)?;
                        weight.wide_heap |= memory.memory64;
                        let page = 1 << memory.page_size_log2.unwrap_or(16).min(16);
                        weight.first_heap_bytes = memory.initial.saturating_mul(page);
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    for operator in body.get_operators_reader().map_err(invalid)? {
                        operator.map_err(invalid)?;
                        weight.instructions += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(weight)
    }

    /// Bytes that a canister pays for beside heap and stable memory.
    pub fn paid_bytes(&self) -> u64 {
        self.submitted_bytes + self.section_bytes + self.global_bytes
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const MODULE: &str = "(module
        (memory (export \"memory\") 3) (global (mut i32) (i32.const 1)) (global i64 (i64.const 2))
        (func (nop)) (func (drop (i32.const 1)))
        (@custom \"icp:public candid:service\" \"12345\") (@custom \"icp:private x\" \"67\") (@custom \"name\" \"\"))";

    #[test]
    fn a_module_counts_as_submitted_and_its_metadata_once_more() {
        let wasm = wat::parse_str(MODULE).unwrap();
        let weight = ModuleWeight::of(&wasm).unwrap();
        let expected = ModuleWeight {
            submitted_bytes: wasm.len() as u64,
            section_bytes: 7,
            global_bytes: 16,
            // With the end of each function.
            instructions: 5,
            first_heap_bytes: 3 * 65_536,
            wide_heap: false,
        };
        assert_eq!(weight, expected);
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&wasm).unwrap();
        let packed = packed.finish().unwrap();
        let expected = ModuleWeight {
            submitted_bytes: packed.len() as u64,
            ..expected
        };
        assert_eq!(ModuleWeight::of(&packed), Ok(expected));
    }

    #[test]
    fn a_heap_of_64_bits_is_noticed_and_what_is_no_module_refused() {
        let wide = wat::parse_str("(module (memory i64 1))").unwrap();
        assert!(ModuleWeight::of(&wide).unwrap().wide_heap);
        assert!(ModuleWeight::of(b"hello").is_err());
    }
}
