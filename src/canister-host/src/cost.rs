//! What instructions and system calls cost, in instructions of the network's meter.

use wasmtime::OperatorCost;

/// Charged for compiling one instruction of an installed module.
pub(crate) const COMPILE: u64 = 6_000;
/// The same, where the subnet has compiled the module since its last checkpoint: by pull
/// request 4506 of dfinity/ic, 2025.
pub(crate) const COMPILE_AGAIN: u64 = COMPILE / 100;
/// Charged for loading a snapshot: this, and 1 for each byte of memory in it.
pub(crate) const LOAD_SNAPSHOT: u64 = 2_000_000_000;
/// Charged for the first write to a 4 KiB page of stable memory in a message.
pub(crate) const DIRTY_STABLE_PAGE: u64 = 1_000;
/// The same for a module with a 64-bit heap, by the replica's configuration.
pub(crate) const DIRTY_STABLE_PAGE_OF_WIDE_HEAP: u64 = 4 * DIRTY_STABLE_PAGE;
/// Most system calls: this, and a byte's cost for each byte copied.
pub(crate) const SYSTEM_CALL: u64 = 500;
pub(crate) const BYTE_COPIED: u64 = 1;
pub(crate) const BYTE_LOGGED: u64 = 50;
pub(crate) const BYTE_REPLIED: u64 = 50;
pub(crate) const DEBUG_PRINT: u64 = 100;
pub(crate) const PERFORMANCE_COUNTER: u64 = 200;
pub(crate) const IS_CONTROLLER: u64 = 1_000;
pub(crate) const CALL_NEW: u64 = 1_500;
pub(crate) const CALL_PERFORM: u64 = 5_000;
pub(crate) const CYCLES_BURN: u64 = 100;
pub(crate) const STABLE_READ: u64 = 20;
pub(crate) const STABLE_WRITE: u64 = 20;
pub(crate) const STABLE_GROW: u64 = 100;

/// `memory.grow` and `table.grow`; the operator table holds at most 255 for an operator.
const GROW: u64 = 300;
const GROW_IN_TABLE: u8 = 255;
/// What is still to be charged when a memory or a table was asked to grow.
pub(crate) const GROW_REST: u64 = GROW - GROW_IN_TABLE as u64;

/// Sets a cost for each of the operators named.
macro_rules! price {
    ($table:ident: $($cost:literal for $($op:ident)+;)+) => { $($($table.$op = $cost;)+)+ };
}

/// The cost of each WebAssembly operator. What is not named costs 1, and a function 1 more.
pub(crate) fn operators() -> OperatorCost {
    let mut table = OperatorCost::new();
    price! { table:
        0 for Block Loop Else End;
        1 for Nop Drop Return Unreachable;
        2 for If Br BrIf BrTable GlobalGet GlobalSet;
        3 for ReturnCall;
        5 for Call TableGet TableSet RefIsNull;
        10 for CallIndirect;
        60 for ReturnCallIndirect;
        130 for RefFunc;
        10 for I32DivS I32DivU I32RemS I32RemU I64DivS I64DivU I64RemS I64RemU;
        20 for MemorySize;
        100 for TableSize MemoryFill MemoryCopy MemoryInit TableFill TableCopy TableInit;
        255 for DataDrop ElemDrop;
        2 for F32Add F32Sub F32Mul F32Ceil F32Floor F32Trunc F32Nearest F32Copysign;
        2 for F64Add F64Sub F64Mul F64Ceil F64Floor F64Trunc F64Nearest;
        3 for F32Div F64Copysign;
        5 for F64Div F32Sqrt;
        8 for F64Sqrt;
        18 for F32Min F32Max F64Min F64Max;
        3 for F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F64Eq F64Ne F64Lt F64Gt F64Le F64Ge;
        3 for F32ConvertI32S F32ConvertI64S F64ConvertI32S F64ConvertI64S;
        16 for F32ConvertI32U F32ConvertI64U F64ConvertI32U F64ConvertI64U;
        20 for I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U;
        20 for I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U;
        20 for I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U;
        20 for I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U;
    }
    table.MemoryGrow = GROW_IN_TABLE;
    table.TableGrow = GROW_IN_TABLE;
    table
}
