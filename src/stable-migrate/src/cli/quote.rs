//! Values as words of a shell.

use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

/// One word of a shell that is this value to the byte. What is plain stays as it is; what holds line breaks, control
/// characters or bytes that are no UTF-8 is written as bash, zsh and ksh read it: `$'…'`.
pub fn quoted(value: &OsStr) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) if !text.is_empty() && text.chars().all(plain) => text.to_owned(),
        Ok(text) if !text.chars().any(char::is_control) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => escaped(value.as_bytes()),
    }
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::from("$'");
    for &byte in bytes {
        match byte {
            b'\'' | b'\\' => text.extend(['\\', char::from(byte)]),
            b' '..=b'~' => text.push(char::from(byte)),
            // Three octal digits: a hexadecimal escape would take in digits that follow it. Writing to a string
            // does not fail.
            _ => drop(write!(text, "\\{byte:03o}")),
        }
    }
    text + "'"
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn plain_words_stay_as_they_are() {
        assert_eq!(quoted("/tmp/a-b_c.d".as_ref()), "/tmp/a-b_c.d");
        assert_eq!(quoted("my canister".as_ref()), "'my canister'");
        assert_eq!(quoted("".as_ref()), "''");
    }

    #[test]
    fn a_shell_reads_back_every_byte() {
        let all: Vec<u8> = (1..=255).collect();
        for value in [
            &all[..],
            b"it's",
            b"$(touch x)",
            b"a\nb 0\x1b1",
            "caf\u{e9} \u{2028}".as_bytes(),
            b"\xff'9\\",
            b"~",
            b"-x",
            b"!!",
            b"{a,b}*?[c]",
        ] {
            let word = quoted(OsStr::from_bytes(value));
            let mut bash = Command::new("bash");
            let output = bash.arg("-c").arg(format!("printf %s {word}")).output();
            assert_eq!(output.unwrap().stdout, value, "{word}");
        }
    }
}
