//! What can be asked.

use candid::Principal;
use canister_host::{HostError, LoneCanister, Module};

use crate::answers::{Answer, Question, Refusal};
use crate::findings::SEARCHED;

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

impl Respondent for LoneCanister {
    fn ask(&mut self, question: &Question) -> (Answer, u64) {
        let Question {
            sender,
            method,
            argument,
            ..
        } = question;
        match self.host.query(self.id, *sender, method, argument) {
            Ok(reply) => (Answer::Reply(reply.bytes), reply.instructions),
            Err(reject) => (Answer::Refused(Refusal::of(&reject)), 0),
        }
    }

    fn module(&self) -> Result<Module, String> {
        let module = self.host.module(self.id).cloned();
        module.map_err(|error| error.to_string())
    }

    fn principals(&self) -> Vec<Principal> {
        let (nobody, management) = (Principal::anonymous(), Principal::management_canister());
        vec![self.controller, self.id, nobody, management]
    }

    fn memory_to_search(&self) -> Result<Vec<u8>, String> {
        let told = |error: HostError| error.to_string();
        let mut memory = self.host.heap(self.id).map_err(told)?;
        memory.truncate(SEARCHED);
        let stable = self.memory().map_err(told)?;
        let heap = memory.len();
        let bytes = usize::try_from(stable.size())
            .unwrap_or(usize::MAX)
            .min(SEARCHED);
        memory.resize(heap + bytes, 0);
        stable
            .read(0, &mut memory[heap..])
            .map_err(|error| error.to_string())?;
        Ok(memory)
    }
}
