//! Tables in a terminal: columns side by side, no lines.

use comfy_table::{CellAlignment, Table, presets};

/// Lines of a table under `header`. Columns whose number is in `left` stand at their left edge, the others, which
/// hold numbers, at their right.
pub fn table_lines<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    left: &[usize],
) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows);
    for (number, column) in table.column_iter_mut().enumerate() {
        if !left.contains(&number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}
