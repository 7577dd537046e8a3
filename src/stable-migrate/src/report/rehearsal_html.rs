//! A rehearsal as one page that needs nothing else.

use std::fmt::Write;

use super::html::{escape, head};
use super::rehearsal_text::{coverage_lines, facts, parts, verdict};
use crate::run::{Rehearsed, Room, Upgraded};
use crate::units::{bytes_text, count_text, number_text};

/// The page.
pub fn rehearsal_html(path: &str, rehearsed: &Rehearsed) -> String {
    let path = escape(path);
    let upgrades: String = parts(rehearsed)
        .iter()
        .map(|(title, upgraded, room)| section(title, upgraded, *room))
        .collect();
    let not_tried = rehearsed.not_tried.iter();
    let not_tried = not_tried.map(|module| format!("not tried: {module}"));
    let failures = list(rehearsed.failures.iter().cloned().chain(not_tried));
    let coverage = list(coverage_lines(&rehearsed.interface));
    let head = head(&format!("Rehearsal of {path}"));
    format!(
        r#"{head}<main>
<h1>Rehearsal <small>{path}</small></h1>
<dl class="facts">
<div><dt>Result</dt><dd>{verdict}</dd><dd class="more">{questions} asked before and after, of {asked} of {queries} queries</dd></div>
<div><dt>Chain</dt><dd>{count}</dd><dd class="more">as the replica runs them</dd></div>
</dl>
{failures}{upgrades}<h2>Asked</h2>
{coverage}</main>
</html>
"#,
        verdict = verdict(rehearsed),
        questions = count_text(rehearsed.interface.questions, "question"),
        asked = number_text(rehearsed.interface.asked),
        queries = number_text(rehearsed.interface.queries),
        count = count_text(rehearsed.upgrades.len() as u64, "upgrade"),
    )
}

/// A list of sentences; nothing where there are none.
pub fn list(sentences: impl IntoIterator<Item = String>) -> String {
    let items: String = sentences
        .into_iter()
        .map(|sentence| format!("<li>{}</li>\n", escape(&sentence)))
        .collect();
    match items.is_empty() {
        true => items,
        false => format!("<ul>\n{items}</ul>\n"),
    }
}

/// One upgrade.
pub fn section(title: &str, upgraded: &Upgraded, room: Option<&Room>) -> String {
    let mut text = format!(
        "<h2>{}</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Hook</th>\
         <th scope=\"col\" class=\"number\">Instructions</th><th scope=\"col\">of the limit</th>\
         <th scope=\"col\" class=\"number\">Dirtied</th><th scope=\"col\" class=\"number\">Heap pages</th>\
         <th scope=\"col\" class=\"number\">Stable pages</th></tr></thead>\n<tbody>\n",
        escape(title)
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
    for (name, line) in facts(upgraded, room) {
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
    use crate::run::{Compared, Coverage, Difference, NotAsked};

    #[test]
    fn a_difference_is_on_the_page_and_brings_no_markup() {
        let difference = Difference {
            question: "get ()".into(),
            at: "[0]".into(),
            before: "<b>1</b>".into(),
            after: "2".into(),
        };
        let upgraded = Upgraded {
            module: "a.wasm".into(),
            compile_instructions: 5,
            instructions: 5,
            instructions_limit: 10,
            answers: Some(Compared {
                asked: 1,
                different: vec![difference],
                ..Compared::default()
            }),
            ..Upgraded::default()
        };
        let not_asked = NotAsked {
            query: "memory_report".into(),
            reason: "reports on memory".into(),
        };
        let rehearsed = Rehearsed {
            held: false,
            failures: vec!["upgrade 1, <a.wasm>: lost".into()],
            compared: true,
            interface: Coverage {
                questions: 1,
                queries: 2,
                asked: 1,
                not_asked: vec![not_asked],
            },
            upgrades: vec![upgraded],
            not_tried: vec!["b.wasm".into()],
            again: None,
            room: None,
        };
        let page = rehearsal_html("snapshot", &rehearsed);
        for part in [
            "NOT everything held",
            "get () at [0]: &lt;b&gt;1&lt;/b&gt; before, 2 after",
            "0 of 1 the same",
            "not asked, reports on memory: memory_report",
            "upgrade 1, &lt;a.wasm&gt;: lost",
            "not tried: b.wasm",
            "50 % of the limit of 10",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }
}
