//! What the fuzz targets share: a canister, the memories it leaves behind, what an input does to them, and values of
//! every shape.

pub mod canister;
pub mod image;
pub mod memory;
pub mod trap;
pub mod values;
