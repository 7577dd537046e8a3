//! Why a value could not be read or written, in one sentence.

use std::fmt::{self, Display};

/// A sentence. Two words wide, because every step of a decoder returns one.
#[derive(Debug)]
pub struct Failure(Box<str>);

impl Failure {
    #[cold]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into().into())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    #[cold]
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl serde::ser::Error for Failure {
    #[cold]
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl From<std::io::Error> for Failure {
    #[cold]
    fn from(error: std::io::Error) -> Self {
        Self::new(super::io_reason(error))
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> Self {
        failure.0.into()
    }
}
