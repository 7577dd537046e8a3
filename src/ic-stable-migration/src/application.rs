//! The application that a memory belongs to, by name.

use std::fmt;

/// Bytes that a name can have, which are those that the header has for it.
pub(crate) const NAME_BYTES: usize = 32;

/// The name of an application as it stands in the header: UTF-8 without control characters, padded with zeros; none where
/// nobody said one.
///
/// A release says it with [`Plan::application`](crate::Plan::application).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Application([u8; NAME_BYTES]);

impl Application {
    /// None said.
    pub const NONE: Self = Self([0; NAME_BYTES]);

    /// The application of this name, of 1 to 32 bytes.
    ///
    /// ```
    /// use ic_stable_migration::Application;
    ///
    /// const TODO: Application = Application::named("todo");
    /// assert_eq!(TODO.name(), Some("todo"));
    /// assert_eq!(Application::NONE.name(), None);
    /// ```
    ///
    /// # Panics
    /// For a name that is empty, longer, or has a control character in it. In a `const`, that is a compile error.
    pub const fn named(name: &str) -> Self {
        let name = name.as_bytes();
        assert!(
            !name.is_empty() && name.len() <= NAME_BYTES,
            "the name of an application has 1 to 32 bytes"
        );
        let mut bytes = [0; NAME_BYTES];
        let mut at = 0;
        while at < name.len() {
            assert!(
                name[at] >= b' ' && name[at] != 0x7f,
                "the name of an application has no control characters"
            );
            bytes[at] = name[at];
            at += 1;
        }
        Self(bytes)
    }

    /// The name as it stands in a header; none if no header can have it.
    pub(crate) fn from_bytes(bytes: [u8; NAME_BYTES]) -> Option<Self> {
        let end = bytes.iter().position(|&byte| byte == 0);
        let (name, padding) = bytes.split_at(end.unwrap_or(NAME_BYTES));
        let text = std::str::from_utf8(name).ok()?;
        let plain = !text.bytes().any(|byte| byte.is_ascii_control());
        (plain && padding.iter().all(|&byte| byte == 0)).then_some(Self(bytes))
    }

    pub(crate) const fn to_bytes(self) -> [u8; NAME_BYTES] {
        self.0
    }

    /// The name, if there is one.
    pub const fn name(&self) -> Option<&str> {
        let mut end = 0;
        while end < NAME_BYTES && self.0[end] != 0 {
            end += 1;
        }
        if end == 0 {
            return None;
        }
        match std::str::from_utf8(self.0.split_at(end).0) {
            Ok(name) => Some(name),
            Err(_) => None,
        }
    }

    /// This one, or the other where none is said.
    pub(crate) fn or(self, other: Self) -> Self {
        match self {
            Self::NONE => other,
            said => said,
        }
    }
}

impl Default for Application {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?}", self.name())
    }
}
