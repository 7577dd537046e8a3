//! The fenced blocks of a page in Markdown, in order.

use std::ops::Range;

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub struct Fenced<'a> {
    /// The heading it stands under.
    pub heading: &'a str,
    /// The line of its opening fence, counted from 1.
    pub line: usize,
    /// The words after the fence: the language first.
    pub words: &'a str,
    /// Where its lines are in the page, without the fences, in bytes.
    pub at: Range<usize>,
}

/// The blocks of a page.
///
/// # Errors
/// The line of a fence that is never closed.
pub fn fenced(page: &str) -> Result<Vec<Fenced<'_>>, usize> {
    let mut blocks = Vec::new();
    let mut heading = "";
    let mut offset = 0;
    let lines = page.split_inclusive('\n').map(|line| {
        let at = offset;
        offset += line.len();
        (line, at)
    });
    let mut lines = lines.zip(1..);
    while let Some(((line, at), number)) = lines.next() {
        if let Some(title) = line.strip_prefix('#') {
            heading = title.trim_start_matches('#').trim();
        }
        let Some((fence, words)) = opening(line) else {
            continue;
        };
        let rest = lines.by_ref();
        let ((_, end), _) = rest
            .find(|((line, _), _)| line.trim() == fence)
            .ok_or(number)?;
        blocks.push(Fenced {
            heading,
            line: number,
            words,
            at: at + line.len()..end,
        });
    }
    Ok(blocks)
}

/// The fence of a line that opens a block, and the words after it.
fn opening(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let length = line.find(|c| c != '`').unwrap_or(line.len());
    (length >= 3).then(|| (&line[..length], line[length..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_its_heading_its_line_and_its_place() {
        let page = "# One\n\n```sh run\nfirst\n```\n## Two\n````text\n```\n````\n";
        let blocks = fenced(page).unwrap();
        let told: Vec<_> = blocks
            .iter()
            .map(|block| {
                (
                    block.heading,
                    block.line,
                    block.words,
                    &page[block.at.clone()],
                )
            })
            .collect();
        let expected = [("One", 3, "sh run", "first\n"), ("Two", 7, "text", "```\n")];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_fence_that_is_never_closed_is_named_by_its_line() {
        assert_eq!(fenced("one\n```sh\nx\n"), Err(2));
    }
}
