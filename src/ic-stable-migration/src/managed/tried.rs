//! What comes of a reading of memory 0 that leads to no value.

use crate::error::{Error, Glimpse, Place, shortened};
use crate::form::Form;

/// A form that was tried, and why it is not the one.
pub struct Tried {
    form: Form,
    /// Bytes of memory 0 up to where it failed.
    offset: u64,
    reason: String,
}

impl Tried {
    pub fn new(form: Form, offset: u64, reason: String) -> Self {
        Self {
            form,
            offset,
            reason,
        }
    }

    /// The error of a memory 0 that starts with `first` and holds a value in no form.
    pub fn none_read(mut tried: Vec<Self>, pages: u64, first: &[u8]) -> Error {
        let found = Glimpse::of(first);
        match (tried.pop(), tried.is_empty()) {
            (None, _) => Error::unknown_memory0(pages, first),
            (Some(only), true) => {
                let Form { format, .. } = only.form;
                Error::decode(format, Place::Memory0, only.offset, only.reason)
            }
            (Some(last), false) => {
                tried.push(last);
                let tried = tried.into_iter().map(
                    |Self {
                         form,
                         offset,
                         reason,
                     }| {
                        let reason = shortened(reason);
                        format!("{form} fails {offset} bytes from the start: {reason}")
                    },
                );
                let tried = tried.collect::<Vec<_>>().join("; ");
                Error::NoForm {
                    pages,
                    found,
                    tried,
                }
            }
        }
    }
}
