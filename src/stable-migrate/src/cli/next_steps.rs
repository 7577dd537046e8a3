//! The commands that bring a rewritten snapshot back to its canister, and the way back from there.

use std::path::Path;

/// The commands, for both clients. `canister` is its name or id.
pub fn commands(canister: &str, made: &Path) -> String {
    let made = made.display();
    format!(
        "\
To load it, with the canister stopped since its snapshot was taken:
  icp canister stop {canister}
  icp canister snapshot upload {canister} -i {made}
  icp canister snapshot restore {canister} UPLOADED_ID
  icp canister start {canister}
or
  dfx canister stop {canister}
  dfx canister snapshot upload {canister} --dir {made}
  dfx canister snapshot load {canister} UPLOADED_ID
  dfx canister start {canister}
The way back, as long as the snapshot that was downloaded is kept on the canister (DOWNLOADED_ID):
  icp canister stop {canister}
  icp canister snapshot restore {canister} DOWNLOADED_ID
  icp canister start {canister}
or
  dfx canister stop {canister}
  dfx canister snapshot load {canister} DOWNLOADED_ID
  dfx canister start {canister}
"
    )
}
