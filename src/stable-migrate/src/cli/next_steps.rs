//! The commands that bring a rewritten snapshot back to its canister, and the way back from there.

use std::path::Path;

/// A client's commands, with NAME, FROM and TO to be filled in.
const CLIENTS: [(&str, [&str; 6]); 2] = [
    (
        "icp",
        [
            "icp canister stop NAME",
            "icp canister snapshot create NAME",
            "icp canister snapshot download NAME DOWNLOADED_ID -o FROM",
            "icp canister snapshot upload NAME -i TO",
            "icp canister snapshot restore NAME ID",
            "icp canister start NAME",
        ],
    ),
    (
        "dfx",
        [
            "dfx canister stop NAME",
            "dfx canister snapshot create NAME",
            "dfx canister snapshot download NAME DOWNLOADED_ID --dir FROM",
            "dfx canister snapshot upload NAME --dir TO",
            "dfx canister snapshot load NAME ID",
            "dfx canister start NAME",
        ],
    ),
];

/// The commands, for both clients. `canister` is its name or id, `from` the snapshot that was downloaded, `to` the
/// one that was made of it.
pub fn commands(canister: &str, from: &Path, to: &Path) -> String {
    let mut text = String::from(
        "The canister must not have run since its snapshot was taken. DOWNLOADED_ID is what `create` prints,\n\
         UPLOADED_ID what `upload` prints; `icp` wants -e ENVIRONMENT with a name, -n URL with an id.\n",
    );
    for (client, [stop, create, download, upload, restore, start]) in CLIENTS {
        let fill = |command: &str, id: &str| {
            let filled = command
                .replace("NAME", canister)
                .replace("FROM", &from.display().to_string())
                .replace("TO", &to.display().to_string());
            match filled.strip_suffix(" ID") {
                Some(filled) => format!("  {filled} {id}\n"),
                None => format!("  {filled}\n"),
            }
        };
        text.push_str(&format!("\nWith {client}, before this:\n"));
        for command in [stop, create, download] {
            text.push_str(&fill(command, ""));
        }
        text.push_str("now:\n");
        for command in [upload, restore, start] {
            text.push_str(&fill(command, "UPLOADED_ID"));
        }
        text.push_str("the way back, as long as the first snapshot is kept on the canister:\n");
        for command in [stop, restore, start] {
            text.push_str(&fill(command, "DOWNLOADED_ID"));
        }
    }
    text
}
