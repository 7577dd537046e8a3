//! A chain that goes from schema 1 to 3.

use ic_stable_migration::{Schema, Versioned, first_schema};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct One;

#[derive(Serialize, Deserialize)]
struct Three;

first_schema!(One);

impl Schema for Three {
    const NUMBER: u32 = 3;
    type Before = One;

    fn step(_: One) -> Result<Self, String> {
        Ok(Three)
    }
}

fn main() {
    let _ = Versioned::new(Three);
}
