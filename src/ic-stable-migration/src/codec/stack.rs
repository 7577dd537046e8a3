//! How deep a value may be nested: as deep as the stack that is left allows.
//!
//! Decoders and encoders recurse by the types of the value, with frames whose size the compiler chose. A canister's
//! stack is small (64 KiB in this project), and what overflows it is a trap without a reason. So each level of
//! nesting looks how much stack is left before it goes on, and says so when it is too little.
//!
//! WebAssembly: the stack lies below everything else and grows down to address 0 (`--stack-first`, which rustc asks
//! for), so the address of a local is what is left. Elsewhere the operating system tells.

use super::failure::Failure;

/// Stack that a level of nesting may need without asking again: frames of large structs, an error's text.
const RESERVE_BYTES: usize = if cfg!(target_family = "wasm") {
    8 << 10
} else {
    128 << 10
};

/// Levels of nesting at most, whatever the stack: a WebAssembly engine has a stack of its own, of which a module sees
/// nothing (5 MiB on the Internet Computer).
const MAX_DEPTH: u32 = 4_096;

/// Levels of nesting that types have of themselves. What reading will take is reckoned and not known, and a state whose
/// types are wide but do not contain themselves is not refused for a reckoning.
pub const ORDINARY_DEPTH: u32 = 32;

/// The stack that one decoder or encoder may use.
#[derive(Clone)]
pub struct Stack {
    /// No frame may start below this address.
    floor: usize,
    depth: u32,
}

impl Stack {
    /// All that is left here.
    pub fn left() -> Self {
        Self {
            floor: lowest() + RESERVE_BYTES,
            depth: 0,
        }
    }

    /// Bytes that may still be used.
    pub fn bytes(&self) -> usize {
        here().saturating_sub(self.floor)
    }

    /// Whether the value is nested deeper than types are of themselves.
    pub fn is_deep(&self) -> bool {
        self.depth > ORDINARY_DEPTH
    }

    /// Goes one level deeper. After an error nothing has to be left.
    #[inline]
    pub fn enter(&mut self) -> Result<(), Failure> {
        self.depth += 1;
        if here() < self.floor || self.depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        Ok(())
    }

    #[inline]
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// What is said of a value that is nested too deep.
    #[cold]
    #[inline(never)]
    pub fn too_deep(&self) -> Failure {
        let depth = self.depth;
        Failure::new(if depth > MAX_DEPTH {
            format!("the value is nested more than {MAX_DEPTH} deep, which is the most")
        } else if cfg!(target_family = "wasm") {
            format!(
                "the value is nested {depth} deep and more, and this module's stack is too small for that: link it with a larger one (-C link-arg=-zstack-size=…), or keep the state flatter"
            )
        } else {
            format!(
                "the value is nested {depth} deep and more, and the stack of this thread is too small for that"
            )
        })
    }
}

/// An address in the frame of the function that this becomes part of.
#[inline(always)]
fn here() -> usize {
    let local = 0u8;
    std::hint::black_box(&raw const local).addr()
}

/// The lowest address that a frame can have.
#[cfg(target_family = "wasm")]
fn lowest() -> usize {
    static ABOVE_THE_STACK: u8 = 1;
    let top = here();
    if std::hint::black_box(&raw const ABOVE_THE_STACK).addr() > top {
        0
    } else {
        // Linked in another order: what lies below is not known. Most canisters' stack has as much left.
        top.saturating_sub(32 << 10)
    }
}

#[cfg(not(target_family = "wasm"))]
fn lowest() -> usize {
    // Where the system does not tell, the least that threads have by default.
    here().saturating_sub(stacker::remaining_stack().unwrap_or(512 << 10))
}
