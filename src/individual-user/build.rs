//! Sets the size of the module's stack.

/// Bytes of stack of the wasm module. Rust's default is 1 MiB, 16 pages of heap that every canister pays for.
/// Found by looking for the deepest byte written: 41 448 in post_upgrade of a state of 1.9 MB, and as much of one
/// of 120 KB, since the depth is that of the decoders; 17 968 where only the legacy value is read. The stack lies
/// below the data, so that one that is too small traps and overwrites nothing. With 64 KiB, stack and data would take a few
/// bytes more than three pages.
const STACK_BYTES: u32 = 60 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-link-arg=-zstack-size={STACK_BYTES}");
    }
}
