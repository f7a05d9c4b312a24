//! The report as a table.

use crate::columns::COLUMNS;
use crate::html::escape;
use crate::store::Row;

/// The rows as an HTML table.
pub fn render(rows: &[Row]) -> String {
    let head: String = COLUMNS
        .iter()
        .map(|column| format!("<th>{}</th>", escape(column.title)))
        .collect();
    let body: String = rows.iter().map(line).collect();
    format!("<table>\n<tr>{head}</tr>\n{body}</table>\n")
}

fn line(row: &Row) -> String {
    let cells: String = COLUMNS
        .iter()
        .map(|column| format!("<td>{}</td>", escape(&(column.cell)(row))))
        .collect();
    format!("<tr>{cells}</tr>\n")
}
