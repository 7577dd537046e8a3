//! Who takes part in a scenario. Every principal follows from its number alone.

use candid::Principal;

use crate::random::Random;

/// Bytes of a principal derived from a key; the last one tells its kind.
const SELF_AUTHENTICATING_BYTES: usize = 29;
const SELF_AUTHENTICATING: u8 = 2;

/// The person whose canister it is.
pub fn owner() -> Principal {
    visitor(0)
}

/// The operator, who clears posts for viewing and sees them in full.
pub fn operator() -> Principal {
    visitor(u64::MAX)
}

/// The canister that owns the fleet, and hands out rewards.
pub fn user_index() -> Principal {
    canister(u64::from(u32::MAX))
}

/// A person by number: one whose principal is derived from a key. Number 0 is the owner.
pub fn visitor(number: u64) -> Principal {
    let mut random = Random::new(number);
    let mut bytes = [0; SELF_AUTHENTICATING_BYTES];
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&random.number().to_le_bytes()[..chunk.len()]);
    }
    bytes[SELF_AUTHENTICATING_BYTES - 1] = SELF_AUTHENTICATING;
    Principal::from_slice(&bytes)
}

/// The canister of a person, by the person's number, with an id as subnets hand them out.
pub fn canister(number: u64) -> Principal {
    let mut bytes = [1; 10];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Principal::from_slice(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everybody_is_somebody_else() {
        let mut all: BTreeSet<Principal> = (0..1000).map(visitor).collect();
        all.extend((0..1000).map(canister));
        all.extend([operator(), user_index(), Principal::anonymous()]);
        assert_eq!(all.len(), 2003);
    }

    #[test]
    fn canisters_have_ids_as_subnets_hand_them_out() {
        assert_eq!(canister(0).to_text(), "rwlgt-iiaaa-aaaaa-aaaaa-cai");
    }
}
