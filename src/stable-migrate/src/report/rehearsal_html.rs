//! A rehearsal as one page that needs nothing else.

use std::fmt::Write;

use super::html::{STYLE, escape};
use super::rehearsal_text::{facts, verdict};
use crate::run::{Rehearsed, Upgraded};
use crate::units::{bytes_text, count_text, number_text};

/// The page.
pub fn rehearsal_html(path: &str, rehearsed: &Rehearsed) -> String {
    let path = escape(path);
    let upgrades: String = (1..)
        .zip(&rehearsed.upgrades)
        .map(|(number, upgraded)| section(number, upgraded))
        .collect();
    let left_out = match &rehearsed.left_out[..] {
        [] => String::new(),
        names => format!(
            "<p class=\"note\">Not asked: {}.</p>",
            escape(&names.join(", "))
        ),
    };
    format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Rehearsal of {path}</title>
<style>
{STYLE}</style>
<main>
<h1>Rehearsal <small>{path}</small></h1>
<dl class="facts">
<div><dt>Result</dt><dd>{verdict}</dd><dd class="more">{questions} asked before and after</dd></div>
<div><dt>Chain</dt><dd>{count}</dd><dd class="more">as the replica runs them</dd></div>
</dl>
{upgrades}{left_out}
</main>
</html>
"#,
        verdict = verdict(rehearsed),
        questions = count_text(rehearsed.questions, "question"),
        count = count_text(rehearsed.upgrades.len() as u64, "upgrade"),
    )
}

fn section(number: u64, upgraded: &Upgraded) -> String {
    let mut text = format!(
        "<h2>Upgrade {number}: {}</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Hook</th>\
         <th scope=\"col\" class=\"number\">Instructions</th><th scope=\"col\">of the limit</th>\
         <th scope=\"col\" class=\"number\">Dirtied</th><th scope=\"col\" class=\"number\">Heap pages</th>\
         <th scope=\"col\" class=\"number\">Stable pages</th></tr></thead>\n<tbody>\n",
        escape(&upgraded.module)
    );
    let limit = upgraded.instructions_limit;
    for hook in &upgraded.hooks {
        let more = [
            bytes_text(hook.dirty_bytes),
            number_text(hook.heap_pages),
            number_text(hook.stable_pages),
        ];
        text.push_str(&row(hook.name, hook.instructions, limit, &more));
    }
    let none = [String::new(), String::new(), String::new()];
    text.push_str(&row("compile", upgraded.compile_instructions, limit, &none));
    text.push_str(&row("together", upgraded.instructions, limit, &none));
    text.push_str("</tbody></table></div>\n<table>\n<tbody>\n");
    for (name, line) in facts(upgraded) {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>",
            escape(&line)
        );
    }
    text.push_str("</tbody></table>\n");
    text
}

fn row(name: &str, instructions: u64, limit: u64, more: &[String; 3]) -> String {
    let [dirtied, heap, stable] = more;
    format!(
        "<tr><th scope=\"row\">{name}</th><td class=\"number\">{}</td>\
         <td><meter max=\"{limit}\" value=\"{instructions}\">{instructions} of {limit}</meter></td>\
         <td class=\"number\">{dirtied}</td><td class=\"number\">{heap}</td><td class=\"number\">{stable}</td></tr>\n",
        number_text(instructions)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Compared, Difference};

    #[test]
    fn a_difference_is_on_the_page_and_brings_no_markup() {
        let difference = Difference {
            question: "get ()".into(),
            at: "[0]".into(),
            before: "<b>1</b>".into(),
            after: "2".into(),
        };
        let rehearsed = Rehearsed {
            held: false,
            questions: 1,
            left_out: vec!["memory_report".into()],
            upgrades: vec![Upgraded {
                module: "a.wasm".into(),
                hooks: Vec::new(),
                compile_instructions: 5,
                instructions: 5,
                instructions_limit: 10,
                heap_pages: 1,
                heap_high_water: 2,
                stable_pages: 3,
                milliseconds: 4,
                settled: None,
                answers: Some(Compared {
                    asked: 1,
                    in_other_order: 0,
                    different: vec![difference],
                }),
                faults: None,
            }],
        };
        let page = rehearsal_html("snapshot", &rehearsed);
        for part in [
            "NOT everything held",
            "get () at [0]: &lt;b&gt;1&lt;/b&gt; before, 2 after",
            "0 of 1 the same",
            "Not asked: memory_report",
            "50 % of the limit of 10",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }
}
