//! Tables that become a card for each row where the screen is narrow.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Html, escape};

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column<'a> {
    name: &'a str,
    is_number: bool,
}

impl<'a> Column<'a> {
    /// A column of texts.
    pub const fn text(name: &'a str) -> Self {
        Self {
            name,
            is_number: false,
        }
    }

    /// A column of numbers, which stand one above the other.
    pub const fn number(name: &'a str) -> Self {
        Self {
            name,
            is_number: true,
        }
    }
}

/// A table. The first column names its row.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    caption: &'a str,
    columns: &'a [Column<'a>],
    rows: String,
}

impl<'a> Table<'a> {
    /// A table with these columns, and a caption that says what it shows.
    pub const fn new(caption: &'a str, columns: &'a [Column<'a>]) -> Self {
        Self {
            caption,
            columns,
            rows: String::new(),
        }
    }

    /// The next row: a cell for each column. Cells that are missing stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Html>) {
        let cells: Vec<Html> = cells.into_iter().collect();
        // Roles, because cells that are drawn as blocks would lose them.
        self.rows.push_str("<tr role=\"row\">");
        for (index, column) in self.columns.iter().enumerate() {
            let cell = cells.get(index).map_or("", Html::as_str);
            let class = class(column);
            self.rows.push_str(&match index {
                0 => format!("<th scope=\"row\" role=\"rowheader\"{class}>{cell}</th>"),
                _ => format!(
                    "<td role=\"cell\" data-name=\"{}\"{class}><div>{cell}</div></td>",
                    escape(column.name)
                ),
            });
        }
        self.rows.push_str("</tr>\n");
    }

    /// The table.
    pub fn html(self) -> Html {
        let head: String = (self.columns.iter())
            .map(|column| {
                let (name, class) = (escape(column.name), class(column));
                format!("<th scope=\"col\" role=\"columnheader\"{class}>{name}</th>")
            })
            .collect();
        Html::raw(format!(
            "<table role=\"table\"><caption>{}</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">{head}</tr></thead>\n\
             <tbody role=\"rowgroup\">\n{}</tbody></table>\n",
            escape(self.caption),
            self.rows
        ))
    }
}

const fn class(column: &Column) -> &'static str {
    match column.is_number {
        true => " class=\"number\"",
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_knows_its_column_and_every_row_its_name() {
        let columns = [Column::text("Owner"), Column::number("Size <b>")];
        let mut table = Table::new("Owners", &columns);
        table.row([Html::text("memory 1")]);
        table.row([Html::text("memory 2"), Html::text("4 KiB")]);
        let html = table.html();
        for part in [
            "<caption>Owners</caption>",
            "<th scope=\"row\" role=\"rowheader\">memory 1</th><td role=\"cell\" data-name=\"Size &lt;b&gt;\" class=\"number\"><div></div></td>",
            "<div>4 KiB</div>",
        ] {
            assert!(html.as_str().contains(part), "{part}: {html:?}");
        }
    }
}
