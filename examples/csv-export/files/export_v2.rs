//! A report as CSV (RFC 4180), page by page: never more than one page of rows is in memory.

use std::io::{self, Write};

use crate::columns::COLUMNS;
use crate::filter_params::FilterParams;
use crate::store::Store;

/// Rows that are read, and written, at a time.
const PAGE: usize = 500;

/// Writes the rows that the filters accept, below the titles of the columns.
pub fn write(store: &Store, filters: &FilterParams, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = line(COLUMNS.iter().map(|column| column.title.to_owned()));
    let mut after = None;
    loop {
        let rows = store.page(filters, after, PAGE);
        for row in &rows {
            csv.push_str(&line(COLUMNS.iter().map(|column| (column.cell)(row))));
        }
        out.write_all(csv.as_bytes())?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.id);
        csv.clear();
    }
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(quoted).collect();
    fields.join(",") + "\r\n"
}

fn quoted(field: String) -> String {
    if field.contains(['"', ',', '\r', '\n']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field
}
