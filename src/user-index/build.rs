//! Sets the size of the module's stack.

/// Bytes of stack of the wasm module: decoding a reply of the management canister is the deepest it goes. There is one index
/// for many users, so a few pages are no matter.
const STACK_BYTES: u32 = 512 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-link-arg=-zstack-size={STACK_BYTES}");
    }
}
