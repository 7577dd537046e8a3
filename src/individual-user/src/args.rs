//! The argument of installation and upgrade.
//!
//! Candid takes an optional field of another type for one that is not there. An operator who mistypes an argument
//! would so be told that all went well, and nothing would have changed. Here it is an error.

use std::collections::BTreeMap;

use candid::de::IDLDeserialize;
use candid::{CandidType, Principal, Reserved};
use serde::Deserialize;

use crate::domain::known_principal::KnownPrincipalType;
use crate::state::hot::Hot;

/// What the fleet tells a canister when it installs or upgrades it.
#[derive(CandidType, Deserialize, Clone, Debug, Default)]
pub struct IndividualUserTemplateInitArgs {
    /// Who plays which part in the fleet; on upgrade it takes the place of all that were known.
    pub known_principal_ids: Option<BTreeMap<KnownPrincipalType, Principal>>,
    /// The owner.
    pub profile_owner: Option<Principal>,
    /// The version the fleet counts.
    pub upgrade_version_number: Option<u64>,
    /// Where the canister's metrics go.
    pub url_to_send_canister_metrics_to: Option<String>,
}

impl IndividualUserTemplateInitArgs {
    /// Writes what is given over what `hot` holds; what is not given stays. On a fresh canister this is the
    /// whole of initialization.
    pub fn apply(self, hot: &mut Hot) {
        if let Some(known) = self.known_principal_ids {
            hot.known_principal_ids = known;
        }
        if let Some(owner) = self.profile_owner {
            hot.profile.principal_id = Some(owner);
        }
        if let Some(version) = self.upgrade_version_number {
            hot.version_number = version;
        }
        if let Some(url) = self.url_to_send_canister_metrics_to {
            hot.configuration.url_to_send_canister_metrics_to = Some(url);
        }
    }
}

/// Why an argument was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// It cannot be read.
    #[error(
        "the argument cannot be read ({0}): give (record {{}}), or nothing; nothing was changed"
    )]
    Unreadable(String),
    /// It is something else.
    #[error(
        "the argument is not a record of settings: give (record {{ profile_owner = opt principal \"…\" }}), \
         (record {{}}), or nothing; nothing was changed"
    )]
    NoRecord,
    /// One of its fields is something else.
    #[error(
        "the argument's field {0} is not of the type that the interface declares: correct it; nothing was changed"
    )]
    Field(&'static str),
}

/// What is there, whatever its type.
#[derive(Deserialize, CandidType)]
struct Given {
    known_principal_ids: Option<Reserved>,
    profile_owner: Option<Reserved>,
    upgrade_version_number: Option<Reserved>,
    url_to_send_canister_metrics_to: Option<Reserved>,
}

impl Given {
    fn is_nothing(&self) -> bool {
        let Self {
            known_principal_ids,
            profile_owner,
            upgrade_version_number,
            url_to_send_canister_metrics_to,
        } = self;
        known_principal_ids.is_none()
            && profile_owner.is_none()
            && upgrade_version_number.is_none()
            && url_to_send_canister_metrics_to.is_none()
    }
}

/// Reads the argument as it came over the wire; none if nothing was given.
///
/// # Errors
/// What is not of the declared type.
pub fn read(bytes: &[u8]) -> Result<Option<IndividualUserTemplateInitArgs>, ArgumentError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    // Each decoding parses the types that came with the argument anew; the argument of most upgrades gives nothing.
    let Some(given) = first::<Option<Given>>(bytes)? else {
        return match first::<Option<Reserved>>(bytes)? {
            None => Ok(None),
            Some(_) => Err(ArgumentError::NoRecord),
        };
    };
    if given.is_nothing() {
        return Ok(Some(IndividualUserTemplateInitArgs::default()));
    }
    let Some(args) = first::<Option<IndividualUserTemplateInitArgs>>(bytes)? else {
        return Err(ArgumentError::NoRecord);
    };
    let fields = [
        (
            "known_principal_ids",
            given.known_principal_ids.is_some(),
            args.known_principal_ids.is_some(),
        ),
        (
            "profile_owner",
            given.profile_owner.is_some(),
            args.profile_owner.is_some(),
        ),
        (
            "upgrade_version_number",
            given.upgrade_version_number.is_some(),
            args.upgrade_version_number.is_some(),
        ),
        (
            "url_to_send_canister_metrics_to",
            given.url_to_send_canister_metrics_to.is_some(),
            args.url_to_send_canister_metrics_to.is_some(),
        ),
    ];
    match fields.iter().find(|(_, given, taken)| given != taken) {
        Some((name, _, _)) => Err(ArgumentError::Field(name)),
        None => Ok(Some(args)),
    }
}

/// The first value; one that is not there is null.
fn first<T: for<'de> Deserialize<'de> + CandidType>(bytes: &[u8]) -> Result<T, ArgumentError> {
    let unreadable = |error: candid::Error| ArgumentError::Unreadable(error.to_string());
    IDLDeserialize::new(bytes)
        .and_then(|mut values| values.get_value())
        .map_err(unreadable)
}

#[cfg(test)]
mod tests;
