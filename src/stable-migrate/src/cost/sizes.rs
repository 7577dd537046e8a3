//! A list of states of which no more than the length is known.

use super::MAX_CANISTERS;
use crate::image::MAX_BYTES;

/// Reads a list of states: in each line the length of one canister's encoded state, and behind a comma how many
/// canisters have one like it, 1 if it is left out. `#` starts a comment.
///
/// # Errors
/// A sentence naming the line that cannot be read.
pub fn parse_sizes(text: &str) -> Result<Vec<(u64, u64)>, String> {
    let mut sizes = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let (bytes, count) = line.split_once(',').unwrap_or((line, "1"));
        let bytes = crate::quantity::parse_bytes(bytes);
        let count = count.trim().replace('_', "").parse::<u64>();
        match (bytes, count) {
            (Ok(bytes), _) if bytes > MAX_BYTES => {
                return Err(format!(
                    "line {number}: {bytes} bytes are more than a canister can have"
                ));
            }
            (_, Ok(count)) if count > MAX_CANISTERS => {
                return Err(format!("line {number}: {count} canisters are too many"));
            }
            (Ok(bytes), Ok(count)) => sizes.push((bytes, count)),
            (Err(reason), _) => return Err(format!("line {number}: {reason}")),
            (_, Err(_)) => {
                return Err(format!(
                    "line {number}: what stands behind the comma is not a number of canisters"
                ));
            }
        }
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_sizes_is_read_with_its_counts() {
        let text = "# bytes, canisters\n130_123\n2 MiB, 500 # many\n\n1KiB,0\n";
        let sizes = parse_sizes(text).unwrap();
        assert_eq!(sizes, [(130_123, 1), (2 << 20, 500), (1_024, 0)]);
        for (text, wrong) in [
            ("1\nx", "line 2: \"x\""),
            ("1,many", "number of canisters"),
            ("501GiB", "more than a canister"),
            ("1, 1000000001", "too many"),
        ] {
            let reason = parse_sizes(text).unwrap_err();
            assert!(reason.contains(wrong), "{reason}");
        }
    }
}
