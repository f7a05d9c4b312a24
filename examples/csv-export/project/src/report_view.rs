//! The report as a table.

use crate::html::escape;
use crate::store::Row;

/// The rows as an HTML table.
pub fn render(rows: &[Row]) -> String {
    let titles = ["Id", "Day", "Customer", "Status", "Amount", "Note"];
    let head: String = titles.iter().map(|title| format!("<th>{title}</th>")).collect();
    let body: String = rows.iter().map(line).collect();
    format!("<table>\n<tr>{head}</tr>\n{body}</table>\n")
}

fn line(row: &Row) -> String {
    let amount = format!("{}.{:02}", row.amount_cents / 100, row.amount_cents % 100);
    let id = row.id.to_string();
    let fields = [&id, &row.day, &row.customer, &row.status, &amount, &row.note];
    let cells: String = fields
        .iter()
        .map(|field| format!("<td>{}</td>", escape(field)))
        .collect();
    format!("<tr>{cells}</tr>\n")
}
