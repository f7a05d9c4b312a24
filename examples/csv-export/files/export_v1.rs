//! A report as CSV (RFC 4180).

use std::io::{self, Write};

use crate::columns::COLUMNS;
use crate::filter_params::FilterParams;
use crate::store::{Row, Store};

/// Writes the rows that the filters accept, below the titles of the columns.
pub fn write(store: &Store, filters: &FilterParams, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Row> = store.page(filters, None, usize::MAX);
    let mut csv = line(COLUMNS.iter().map(|column| column.title.to_owned()));
    for row in &rows {
        csv.push_str(&line(COLUMNS.iter().map(|column| (column.cell)(row))));
    }
    out.write_all(csv.as_bytes())
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
