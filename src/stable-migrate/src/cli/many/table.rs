//! What came of many snapshots, as a table.

use stable_migrate::{count_text, table_lines};

use super::line::{Judgement, Line};

/// What a table shows of a sentence, in characters; the lines of JSON have all of it.
const FEW_WORDS: usize = 100;

/// One snapshot.
pub struct Row {
    path: String,
    judgement: Judgement,
    figures: [String; 3],
    wrong: String,
}

impl Row {
    pub fn of<D>(line: &Line<D>) -> Self {
        let wrong = line.wrong.as_deref().unwrap_or_default();
        // The first column has the path already.
        let wrong = wrong.strip_prefix(line.path()).unwrap_or(wrong);
        let wrong = wrong.trim_start_matches([':', ' ']);
        let code = line.code.as_ref().map(|code| format!("[{code}] "));
        let wrong = code.unwrap_or_default() + &in_few_words(wrong);
        Self {
            path: line.path().into(),
            judgement: line.verdict,
            figures: line.figures.clone(),
            wrong,
        }
    }

    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        matches!(self.judgement, Judgement::Held | Judgement::ThereAlready)
    }
}

/// A row each.
pub fn table(figures: [&str; 3], rows: &[Row]) -> String {
    let [one, two, three] = figures;
    let header = ["snapshot", "verdict", one, two, three, "what is wrong"];
    let rows = rows.iter().map(|row| {
        let [one, two, three] = row.figures.clone();
        let verdict = word(row.judgement).to_owned();
        [
            row.path.clone(),
            verdict,
            one,
            two,
            three,
            row.wrong.clone(),
        ]
    });
    table_lines(header, rows, &[0, 1, 4, 5]).join("\n")
}

/// How many there are of each kind.
pub fn summary(rows: &[Row]) -> String {
    const ALL: [Judgement; 5] = [
        Judgement::Held,
        Judgement::ThereAlready,
        Judgement::Different,
        Judgement::Damaged,
        Judgement::Failed,
    ];
    let counts = ALL.into_iter().filter_map(|judgement| {
        let of_it = rows.iter().filter(|row| row.judgement == judgement);
        let number = of_it.count();
        (number > 0).then(|| format!("{number} {}", word(judgement)))
    });
    let counts: Vec<String> = counts.collect();
    let all = count_text(rows.len() as u64, "snapshot");
    format!("{all}: {}", counts.join(", "))
}

fn word(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Held => "held",
        Judgement::ThereAlready => "there already",
        Judgement::Different => "DIFFERENT",
        Judgement::Damaged => "DAMAGED",
        Judgement::Failed => "FAILED",
    }
}

fn in_few_words(sentence: &str) -> String {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let sentence = words.join(" ");
    match sentence.char_indices().nth(FEW_WORDS) {
        None => sentence,
        Some((end, _)) => format!("{}…", sentence[..end].trim_end()),
    }
}
