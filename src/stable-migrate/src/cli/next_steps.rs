//! The commands that bring a rewritten snapshot back to its canister, and the way back from there.
//!
//! They are to be pasted into a shell as they are: every value is quoted, each command runs only if the one before
//! it went well, and nothing is loaded over a canister that has run since its snapshot was taken.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use candid::Principal;

use super::quote::quoted;

/// What is brought back, and how.
pub struct NextSteps<'a> {
    /// The canister's name or id.
    pub canister: &'a str,
    /// The snapshot that was downloaded.
    pub from: &'a Path,
    /// The one that was made of it.
    pub to: &'a Path,
    /// Whether an upgrade without pre_upgrade was promised before the canister is started.
    pub without_pre_upgrade: bool,
}

/// How a client does what the others do too.
struct Client {
    name: &'static str,
    /// Where it takes the network from.
    network: &'static str,
    /// Creates a snapshot and prints its id alone.
    create: &'static str,
    /// Downloads a snapshot; the directory follows.
    download: &'static str,
    /// Uploads `$TO` and prints the new snapshot's id alone.
    upload: &'static str,
    /// Loads a snapshot; its id follows.
    load: &'static str,
    /// Prints the id of a canister that has a name.
    id: &'static str,
    /// Calls a method of the management canister; the file with the argument follows.
    call: &'static str,
    /// What is to be known of that call.
    of_call: &'static str,
}

const CLIENTS: [Client; 2] = [
    Client {
        name: "icp",
        network: "ICP_ENVIRONMENT says on which network a name is, ICP_NETWORK on which an id",
        create: "icp canister snapshot create \"$CANISTER\" --quiet",
        download: "icp canister snapshot download \"$CANISTER\" \"$NOW\" -o",
        upload: "icp canister snapshot upload \"$CANISTER\" -i \"$TO\" --quiet",
        load: "icp canister snapshot restore \"$CANISTER\"",
        id: "icp canister status \"$CANISTER\" --id-only",
        call: "icp canister call aaaaa-aa install_code --args-file",
        of_call: "icp 1.5 sends it to the address of aaaaa-aa; a network that refuses that takes the one of dfx below.\n\
                  # `stable-migrate upgrade` with the same module makes a snapshot that needs no such upgrade",
    },
    Client {
        name: "dfx",
        network: "DFX_NETWORK says on which network",
        create: "dfx canister snapshot create \"$CANISTER\" 2>&1 | grep -oE '[0-9a-f]{20,}' | tail -n 1",
        download: "dfx canister snapshot download \"$CANISTER\" \"$NOW\" --dir",
        upload: "dfx canister snapshot upload \"$CANISTER\" --dir \"$TO\" 2>&1 | grep -oE '[0-9a-f]{20,}' | tail -n 1",
        load: "dfx canister snapshot load \"$CANISTER\"",
        id: "dfx canister id \"$CANISTER\"",
        call: "dfx canister call aaaaa-aa install_code --argument-file",
        of_call: "a module of more than 2 MiB, packed, does not fit into one call",
    },
];

impl NextSteps<'_> {
    /// The commands, for both clients.
    pub fn commands(&self) -> String {
        let texts = CLIENTS.iter().map(|client| self.of(client));
        texts.collect::<Vec<_>>().join("\n")
    }

    fn of(&self, client: &Client) -> String {
        let Client {
            name,
            network,
            create,
            download,
            upload,
            load,
            ..
        } = client;
        let (stop, start) = (
            format!("{name} canister stop \"$CANISTER\""),
            format!("{name} canister start \"$CANISTER\""),
        );
        let stable = match self.from.join("stable_memory.bin").exists() {
            true => "cmp \"$FROM/stable_memory.bin\" \"$COPY/now/stable_memory.bin\"",
            // dfx leaves the file out where there is nothing in it.
            false => "[ ! -s \"$COPY/now/stable_memory.bin\" ]",
        };
        let mut steps = vec![
            stop.clone(),
            format!("NOW=$({create})"),
            "[ -n \"$NOW\" ]".into(),
            "COPY=$(mktemp -d)".into(),
            format!("{download} \"$COPY/now\""),
            format!(
                "{{ {{ {stable} &&\n    cmp \"$FROM/wasm_memory.bin\" \"$COPY/now/wasm_memory.bin\"; }} ||\n    \
                 {{ echo 'it has run since its snapshot was taken: start it, and begin again with a new one' >&2; false; }}; }}"
            ),
            format!("UPLOADED=$({upload})"),
            "[ -n \"$UPLOADED\" ]".into(),
            format!("{load} \"$UPLOADED\""),
        ];
        if self.without_pre_upgrade {
            steps.extend(self.upgrade(client));
        }
        steps.push(start.clone());
        let upgrade = match self.without_pre_upgrade {
            true => format!(
                "# install_code is the upgrade without pre_upgrade that was promised, here by the same module;\n\
                 # {}.\n",
                client.of_call
            ),
            false => String::new(),
        };
        format!(
            "# With {name}; {network}. NOW is also the way back.\n{upgrade}\
             CANISTER={} FROM={} TO={}\n{}\n\
             # The way back, as long as NOW is kept on the canister:\n{stop} &&\n  {load} \"$NOW\" &&\n  {start}\n",
            quoted(self.canister.as_ref()),
            quoted(&argument(self.from)),
            quoted(&argument(self.to)),
            steps.join(" &&\n  "),
        )
    }

    /// The upgrade without pre_upgrade: the argument of `install_code` as Candid text, and the call.
    fn upgrade(&self, client: &Client) -> [String; 3] {
        let id = match Principal::from_text(self.canister) {
            Ok(_) => "ID=$CANISTER".to_owned(),
            Err(_) => format!("ID=$({})", client.id),
        };
        // The module is the same in both.
        let pack = match is_packed(&self.from.join("wasm_module.bin")) {
            true => "cat",
            false => "gzip -9nc",
        };
        let argument = format!(
            "{{ printf '(record {{ mode = variant {{ upgrade = opt record {{ skip_pre_upgrade = opt true }} }}; \
             canister_id = principal \"%s\"; arg = blob \"DIDL\\\\00\\\\00\"; wasm_module = blob \"' \"$ID\" &&\n    \
             {pack} \"$TO/wasm_module.bin\" | od -An -v -tx1 | tr -d '\\n' | sed 's/ /\\\\/g' &&\n    \
             printf '\" }})'; }} >\"$COPY/install_code\""
        );
        let call = format!("{} \"$COPY/install_code\"", client.call);
        [id, argument, call]
    }
}

/// A path as a command takes it that would read a dash in front as an option.
fn argument(path: &Path) -> OsString {
    match path.as_os_str().as_encoded_bytes() {
        [b'-', ..] => Path::new(".").join(path).into(),
        _ => path.into(),
    }
}

/// Whether a module is packed with gzip.
fn is_packed(module: &Path) -> bool {
    let mut magic = [0; 2];
    let read = File::open(module).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == [0x1f, 0x8b]
}
