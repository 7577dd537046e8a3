//! Sets the size of the module's stack.

/// Bytes of stack of the wasm module. Rust's default is 1 MiB, 16 pages of heap that every canister pays for.
/// What is needed at most is the decoder's: 4 KiB of scratch and about a kilobyte a level of nesting.
const STACK_BYTES: u32 = 64 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK_BYTES}");
    }
}
