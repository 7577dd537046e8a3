//! The network's registry, which knows the subnet of every canister.

use candid::{CandidType, Principal};
use serde::Deserialize;

use crate::management::{self, Patience, read};

/// `rwlgt-iiaaa-aaaaa-aaaaa-cai`.
const REGISTRY: Principal = Principal::from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);

const METHOD: &str = "get_subnet_for_canister";

#[derive(CandidType)]
struct Asked {
    principal: Option<Principal>,
}

#[derive(CandidType, Deserialize)]
struct Told {
    subnet_id: Option<Principal>,
}

/// The subnet of a canister. `None` where there is no registry, as on a local network, or it does not know.
pub async fn subnet(canister: Principal) -> Option<Principal> {
    let asked = Asked {
        principal: Some(canister),
    };
    let answer = management::call(REGISTRY, METHOD, &(asked,), Patience::Short).await;
    let told: Result<Told, String> = read(METHOD, &answer.ok()?).ok()?;
    told.ok()?.subnet_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_where_the_network_has_it() {
        assert_eq!(REGISTRY.to_text(), "rwlgt-iiaaa-aaaaa-aaaaa-cai");
    }
}
