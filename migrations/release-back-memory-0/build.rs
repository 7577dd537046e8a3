//! Sets the size of the module's stack.

/// Bytes of stack of the wasm module: as much as the canister of today has, see its build script.
const STACK_BYTES: u32 = 60 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK_BYTES}");
    }
}
