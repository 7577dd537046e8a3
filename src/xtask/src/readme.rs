//! The README, held against what its commands print.
//!
//! The language of a fenced block says what becomes of it:
//!
//! ```text
//! console      run, in order, from the checkout: each line with `$ ` in front is a command, and what stands below it
//!              is what it prints; a line of `…` there stands for any lines
//! sh           run by something else: each command stands word for word in the runbook or in .ci/run
//! rust, text   no commands
//! ```

mod example;
mod figures;
mod page;

pub use example::Example;
pub use page::{Readme, elsewhere};
