//! A user's canister.

use candid::Principal;
use fleet::ModuleHash;
use serde::{Deserialize, Serialize};

/// A canister that was created here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The canister.
    pub id: Principal,
    /// What it was created with; none if nothing could be installed.
    #[serde(with = "module")]
    pub module: Option<ModuleHash>,
    /// Seconds since 1970.
    pub created: u64,
}

/// A hash as its 32 bytes, instead of as text.
mod module {
    use fleet::ModuleHash;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(
        module: &Option<ModuleHash>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        module.map(|hash| hash.0).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<ModuleHash>, D::Error> {
        Ok(<Option<[u8; 32]>>::deserialize(deserializer)?.map(ModuleHash))
    }
}
