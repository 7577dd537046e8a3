//! canister-host
