//! What can be asked.

use candid::Principal;
use canister_host::Module;

use crate::answers::{Answer, Question};

/// A canister that can be asked.
pub trait Respondent {
    /// Asks, and says how many instructions the answer took, as far as that is known.
    fn ask(&mut self, question: &Question) -> (Answer, u64);

    /// The module that is installed.
    ///
    /// # Errors
    /// A sentence, if none is.
    fn module(&self) -> Result<Module, String>;

    /// Whom its answers may be about before anything is known of its state.
    fn principals(&self) -> Vec<Principal>;

    /// Its heap and stable memory, the first [`SEARCHED`](crate::SEARCHED) bytes of each, to find words and numbers
    /// in.
    ///
    /// # Errors
    /// A sentence, if they cannot be read.
    fn memory_to_search(&self) -> Result<Vec<u8>, String>;
}
