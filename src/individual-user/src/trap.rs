//! Errors as traps.

use std::fmt::Display;

/// Ends the message with the text of an error. Everything the message did is rolled back; in a hook, that is the
/// whole upgrade.
pub trait OrTrap<T> {
    /// The value, or no return.
    fn or_trap(self) -> T;
}

impl<T, E: Display> OrTrap<T> for Result<T, E> {
    fn or_trap(self) -> T {
        self.unwrap_or_else(|error| ic_cdk::trap(error.to_string()))
    }
}
