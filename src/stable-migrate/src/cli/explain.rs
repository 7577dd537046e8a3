//! `stable-migrate explain`.

use clap::Args;
use stable_migrate::{Error, explain};

use super::{Verdict, print};

/// Say what a code means and what to do
///
/// Of this tool (T204), of what `check` finds (C101), of the library whose errors a canister traps with (E107).
#[derive(Args)]
#[command(after_help = "Examples:\n  stable-migrate explain T204\n  stable-migrate explain E107")]
pub struct Explain {
    /// The code
    #[arg(value_parser = known)]
    code: Code,
}

/// A code, and what is said of it.
#[derive(Clone)]
struct Code(String, String);

impl Explain {
    pub fn run(self) -> Result<Verdict, Error> {
        let Code(code, text) = self.code;
        print(&format!("{code}: {}\n", plain(&text)))?;
        Ok(Verdict::Held)
    }
}

fn known(code: &str) -> Result<Code, String> {
    let code = code.trim_matches(['[', ']', ':']).to_ascii_uppercase();
    match explain(&code) {
        Some(text) => Ok(Code(code, text)),
        None => Err("no such code: one is a letter and three digits, as T204, C101 or E107".into()),
    }
}

/// Markdown without its marks: links to what they show, headings of paragraphs to their words.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    let mut rest = markdown;
    while let Some((before, link)) = rest.split_once('[') {
        text.push_str(before);
        match link.split_once("](") {
            Some((shown, target)) if !shown.contains('[') => {
                text.push_str(shown);
                rest = target.split_once(')').map_or("", |(_, behind)| behind);
            }
            _ => {
                text.push('[');
                rest = link;
            }
        }
    }
    text.push_str(rest);
    text.replace("**", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_marks_are_gone() {
        let markdown =
            "[`Error::Empty`](crate::Error::Empty): a list `[1]`.\n\n**Cause.** See [there](x).";
        let text = "`Error::Empty`: a list `[1]`.\n\nCause. See there.";
        assert_eq!(plain(markdown), text);
    }
}
