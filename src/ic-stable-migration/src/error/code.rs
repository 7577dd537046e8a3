//! A name for every way in which something can go wrong: what a script or a test compares, where texts may change.

use super::Error;
use crate::key::KeyError;
use crate::registry::OwnershipError;
use crate::reverse::ReverseError;
use crate::tree::TreeError;

impl Error {
    /// The code with which the text begins: `E` and three digits, of which the first tells the group. It is that of the
    /// wrapped error where there is one. A code is never given another meaning.
    /// [The index](crate::guide::errors) says of each what it means, why it comes, and what to do.
    ///
    /// ```
    /// use ic_stable_migration::Error;
    ///
    /// assert_eq!(Error::NothingSaved.code(), "E107");
    /// assert!(Error::NothingSaved.to_string().starts_with("E107: "));
    /// ```
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "E101",
            Self::NotEmpty { .. } => "E102",
            Self::Unrecognized { .. } => "E103",
            Self::UnknownMemory0 { .. } => "E104",
            Self::NoForm { .. } => "E105",
            Self::Ambiguous { .. } => "E106",
            Self::NothingSaved => "E107",
            Self::OtherMemories { .. } => "E108",
            Self::SavedElsewhere { .. } => "E109",
            Self::Decode { .. } => "E201",
            Self::DuplicateKeys { .. } => "E202",
            Self::Length { .. } => "E203",
            Self::Trailing { .. } => "E204",
            Self::HeaderDamaged { .. } => "E205",
            Self::HeaderField { .. } => "E206",
            Self::PayloadDamaged { .. } => "E207",
            Self::NewerRelease { .. } => "E301",
            Self::NewerSchema { .. } => "E302",
            Self::MoveBegun { .. } => "E303",
            Self::CeilingRaised { .. } => "E304",
            Self::ReservedMemory { .. } => "E305",
            Self::OtherApplication { .. } => "E306",
            Self::SchemaOfPlan { .. } => "E307",
            Self::Encode { .. } => "E401",
            Self::NotReadBack { .. } => "E402",
            Self::OutOfStableMemory { .. } => "E403",
            Self::Ceiling { .. } => "E404",
            Self::Ownership(error) => error.code(),
            Self::Tree(error) => error.code(),
            Self::Reverse(error) => error.code(),
            Self::MoveDiffers { .. } => "E601",
            Self::NoDifference { .. } => "E602",
            Self::OriginalsGone => "E603",
        }
    }
}

impl OwnershipError {
    /// The code with which the text begins. See [`Error::code`].
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SharedId { .. } => "E501",
            Self::SharedWithOwner { .. } => "E502",
            Self::SharedName { .. } => "E503",
            Self::IdChanged { .. } => "E504",
            Self::IdTaken { .. } => "E505",
            Self::Missing { .. } => "E506",
            Self::Retired { .. } => "E507",
            Self::RetiredTooEarly { .. } => "E508",
            Self::Changed { .. } => "E509",
            Self::InUse { .. } => "E510",
            Self::Foreign { .. } => "E511",
            Self::Misfit { .. } => "E512",
            Self::Unstorable { .. } => "E513",
            Self::Oversized { .. } => "E514",
            Self::Unordered { .. } => "E515",
            Self::DuplicateKeys { .. } => "E516",
            Self::Version { .. } => "E517",
            Self::VersionDuringMove { .. } => "E518",
            Self::NotAsDeclared { .. } => "E519",
        }
    }
}

impl TreeError {
    /// The code with which the text begins. See [`Error::code`].
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SmallPage { .. } => "E701",
            Self::WrongSize { .. } => "E702",
            Self::TooLong { .. } => "E703",
            Self::OutOfMemory { .. } => "E704",
            Self::ForeignRun { .. } => "E705",
            Self::MissingEntries { .. } => "E706",
            Self::Header { .. } => "E707",
            Self::Contradiction { .. } => "E708",
            Self::Damaged { .. } => "E709",
        }
    }
}

impl ReverseError {
    /// The code with which the text begins. See [`Error::code`].
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unpromised { .. } => "E901",
            Self::OtherMemories { .. } => "E902",
            Self::NoManager => "E903",
            Self::Undecided { .. } => "E904",
            Self::CollectionDiffers { .. } => "E905",
            Self::NotTheState { .. } => "E906",
        }
    }
}

impl KeyError {
    /// The code with which the text begins. See [`Error::code`].
    pub const fn code(&self) -> &'static str {
        "E801"
    }
}

/// What an error says behind its code, to be quoted in another error, so that a text has one code.
pub(crate) fn quoted(error: &TreeError) -> String {
    let text = error.to_string();
    match text.split_once(": ") {
        Some((code, rest)) if code == error.code() => rest.into(),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
